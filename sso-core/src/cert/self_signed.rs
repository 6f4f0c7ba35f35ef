//! Certificates of our own making.

use std::fmt;
use std::time::Duration;

use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize,
};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::UnixTime;

/// A new key with a certificate that it signed itself.
///
/// `Debug` shows no key, and the key is wiped when the value is dropped.
pub struct SelfSigned {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key_pem: Zeroizing<String>,
}

impl SelfSigned {
    /// A TLS server certificate for `names` (DNS names and IP addresses): ECDSA P-256, valid for
    /// one year. Browsers warn of it until it is replaced by one of a known authority.
    ///
    /// # Errors
    ///
    /// [`SelfSignedError`] if a name is neither a DNS name nor an IP address.
    pub fn for_tls(names: &[&str], now: UnixTime) -> Result<Self, SelfSignedError> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let common_name = names.first().cloned().unwrap_or_default();
        let mut params = CertificateParams::new(names)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        Self::sign(params, &common_name, &key, now, TLS_LIFETIME)
    }

    /// A certificate for SAML signatures or encryption: RSA with 3072 bits, valid for ten years.
    /// Its name and its end mean nothing to identity providers, which trust the key as such
    /// (SAML Metadata Interoperability Profile 1.0, 2.6.1); replacing it is a deliberate step, not a
    /// deadline.
    ///
    /// # Errors
    ///
    /// [`SelfSignedError`] if the name cannot stand in a certificate.
    pub fn for_saml(common_name: &str, now: UnixTime) -> Result<Self, SelfSignedError> {
        let mut params = CertificateParams::default();
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ];
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072)?;
        Self::sign(params, common_name, &key, now, SAML_LIFETIME)
    }

    /// What answers an authority that asks for `name` by TLS (RFC 8737, 3): `digest` is the SHA-256
    /// of the key authorization. It is of no use for anything else.
    ///
    /// # Errors
    ///
    /// [`SelfSignedError`] if the name is neither a DNS name nor an IP address.
    pub fn for_acme(name: &str, digest: &[u8; 32]) -> Result<Self, SelfSignedError> {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key as PKCS#8 PEM. Every call deserves a look.
    #[must_use]
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    fn sign(
        mut params: CertificateParams,
        common_name: &str,
        key: &KeyPair,
        now: UnixTime,
        lifetime: Duration,
    ) -> Result<Self, SelfSignedError> {
        params.distinguished_name = DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, cut(common_name));
        // A client whose clock is a little behind must accept it too.
        params.not_before = date(now.earlier(Duration::from_hours(24)))?;
        params.not_after = date(now.later(lifetime))?;
        let certificate = params.self_signed(key)?;
        Ok(Self {
            certificate: certificate.der().clone(),
            certificate_pem: certificate.pem(),
            key_pem: Zeroizing::new(key.serialize_pem()),
        })
    }
}

impl fmt::Debug for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfSigned")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Why no certificate could be made.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum SelfSignedError {
    /// The date has no place in a certificate.
    #[error("the clock says {0}, which no certificate can express")]
    Clock(UnixTime),
    /// A name is neither a DNS name nor an IP address, or the key could not be made.
    #[error("cannot make the certificate")]
    Refused(#[from] rcgen::Error),
}

fn date(moment: UnixTime) -> Result<OffsetDateTime, SelfSignedError> {
    let seconds = i64::try_from(moment.as_secs()).map_err(|_| SelfSignedError::Clock(moment))?;
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| SelfSignedError::Clock(moment))
}

/// The first 64 characters: a common name takes no more (RFC 5280, appendix A, `ub-common-name`).
fn cut(common_name: &str) -> String {
    common_name.chars().take(64).collect()
}

const TLS_LIFETIME: Duration = Duration::from_hours(365 * 24);
const SAML_LIFETIME: Duration = Duration::from_hours(3653 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::{Validity, certificates, private_key};

    #[test]
    fn a_tls_certificate_lasts_a_year_and_a_saml_certificate_ten() {
        let tls = SelfSigned::for_tls(&["sso.example.com"], NOON).unwrap();
        let saml = SelfSigned::for_saml("https://sso.example.com/sso-connect", NOON).unwrap();
        let days = |made: &SelfSigned| {
            let validity = Validity::of(made.certificate()).unwrap();
            assert!(validity.contains(NOON));
            validity.until.since(NOON).as_secs() / 86_400
        };
        assert_eq!((days(&tls), days(&saml)), (365, 3653));
    }

    #[test]
    fn certificate_and_key_can_be_read_back() {
        let made = SelfSigned::for_tls(&["sso.example.com"], NOON).unwrap();
        assert_eq!(
            certificates(made.certificate_pem()).unwrap(),
            [made.certificate().clone()]
        );
        assert!(private_key(made.key_pem()).is_ok());
    }

    #[test]
    fn debug_shows_no_key() {
        let made = SelfSigned::for_tls(&["sso.example.com"], NOON).unwrap();
        let body = made.key_pem().lines().nth(1).unwrap();
        assert!(!format!("{made:?}").contains(body));
    }

    #[test]
    fn refuses_what_no_certificate_can_say() {
        assert!(matches!(
            SelfSigned::for_tls(&["bücher"], NOON),
            Err(SelfSignedError::Refused(_))
        ));
        let end_of_time = UnixTime::from_secs(u64::MAX);
        let made = SelfSigned::for_tls(&["sso.example.com"], end_of_time);
        assert!(matches!(made, Err(SelfSignedError::Clock(_))));
    }

    const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);
}
