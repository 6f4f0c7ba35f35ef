//! Certificate and key of the public address, if all servers of a domain share them.

use std::fmt;
use std::time::Duration;

use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::Service;
use crate::UnixTime;
use crate::cert::{self, CertificateError, Coverage, KnownKey, PemError, Validity};

/// A chain of certificates and the private key of the first one, unless each server holds that.
pub struct TlsKeyPair {
    chain: Vec<CertificateDer<'static>>,
    key: Option<PrivateKeyDer<'static>>,
}

impl TlsKeyPair {
    /// A key and its certificate, with those of the authorities behind it, both in PEM.
    ///
    /// # Errors
    ///
    /// A [`TlsKeyPairError`] if one of them is missing, or they do not belong together.
    pub fn from_pem(key: &str, certificates: &str) -> Result<Self, TlsKeyPairError> {
        let (chain, key) = (cert::certificates(certificates)?, cert::private_key(key)?);
        let first = chain.first().ok_or(PemError::NoCertificate)?;
        let known = KnownKey::read(&key).ok_or(TlsKeyPairError::Key)?;
        if cert::public_key(first)? != known.public() {
            return Err(TlsKeyPairError::NotAPair);
        }
        let key = Some(key);
        Ok(Self { chain, key })
    }

    /// A certificate in PEM whose key each server holds by itself, with those of the authorities
    /// behind it.
    ///
    /// # Errors
    ///
    /// A [`TlsKeyPairError`] if there is no certificate.
    pub fn certificates_alone(certificates: &str) -> Result<Self, TlsKeyPairError> {
        let chain = cert::certificates(certificates)?;
        cert::public_key(chain.first().ok_or(PemError::NoCertificate)?)?;
        Ok(Self { chain, key: None })
    }

    /// The certificates as clients get them: our own first; at least one.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The private key; nothing if each server holds it by itself.
    #[must_use]
    pub const fn key(&self) -> Option<&PrivateKeyDer<'static>> {
        self.key.as_ref()
    }

    /// Whether clients accept the certificate at `host`.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let answer = self.chain.first().map(|first| cert::covers(first, host));
        matches!(answer, Some(Ok(Coverage::Covered)))
    }

    /// What browsers that go to `service` will object to at `now`, one line each.
    #[must_use]
    pub fn advice(&self, service: &Service, now: UnixTime) -> Vec<String> {
        let Some(certificate) = self.chain.first() else {
            return Vec::new();
        };
        let host = service.host().map(|host| host.ascii()).unwrap_or_default();
        let objections = [of_name(certificate, &host), of_time(certificate, now)];
        objections.into_iter().flatten().collect()
    }
}

impl fmt::Debug for TlsKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsKeyPair({} certificates, …)", self.chain.len())
    }
}

/// Why a certificate and a key cannot serve.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TlsKeyPairError {
    /// The first certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The private key is of a kind that nobody uses for TLS.
    #[error("the private key is neither RSA, nor ECDSA, nor Ed25519")]
    Key,
    /// The certificate is for another key.
    #[error("the private key does not belong to the (first) certificate")]
    NotAPair,
    /// A text does not hold what it should.
    #[error(transparent)]
    Pem(#[from] PemError),
}

fn of_name(certificate: &CertificateDer<'_>, host: &str) -> Option<String> {
    match cert::covers(certificate, host).ok()? {
        Coverage::NotCovered { names } => Some(format!(
            "The certificate in tls is for {}, not for {host}: replace tls.certificate and tls.key.",
            names.join(", ")
        )),
        Coverage::Covered | Coverage::NotAHostName => None,
    }
}

fn of_time(certificate: &CertificateDer<'_>, now: UnixTime) -> Option<String> {
    let Validity { from, until, .. } = Validity::of(certificate).ok()?;
    if now < from {
        Some(format!("The certificate in tls is valid from {from} only."))
    } else if until < now {
        Some(format!("The certificate in tls has expired on {until}."))
    } else if until.since(now) < SOON {
        Some(format!("The certificate in tls expires on {until}."))
    } else {
        None
    }
}

/// When an administrator should hear of the end of a certificate.
const SOON: Duration = Duration::from_hours(14 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::SelfSigned;

    #[test]
    fn a_key_and_its_certificate_are_a_pair() {
        let made = SelfSigned::for_tls(&["sso.example.com"], NOW).unwrap();
        let pair = TlsKeyPair::from_pem(made.key_pem(), made.certificate_pem()).unwrap();
        assert_eq!(pair.chain(), [made.certificate().clone()]);
        assert_eq!(format!("{pair:?}"), "TlsKeyPair(1 certificates, …)");
        let saml = SelfSigned::for_saml("sso.example.com", NOW).unwrap();
        assert!(TlsKeyPair::from_pem(saml.key_pem(), saml.certificate_pem()).is_ok());
    }

    #[test]
    fn keys_of_every_usual_kind_and_form_are_read() {
        for algorithm in [
            &rcgen::PKCS_ED25519,
            &rcgen::PKCS_ECDSA_P256_SHA256,
            &rcgen::PKCS_ECDSA_P384_SHA384,
            &rcgen::PKCS_ECDSA_P521_SHA512,
        ] {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let certificate = rcgen::CertificateParams::new(["sso.example.com".to_owned()])
                .and_then(|parameters| parameters.self_signed(&key))
                .unwrap();
            let pair = TlsKeyPair::from_pem(&key.serialize_pem(), &certificate.pem());
            assert!(pair.is_ok(), "{algorithm:?}: {pair:?}");
        }
    }

    #[test]
    fn another_certificate_is_no_pair_and_noise_is_no_key() {
        let [one, other] = [(); 2].map(|()| SelfSigned::for_tls(&["a.example"], NOW).unwrap());
        let refused = |key: &str, certificate: &str| {
            let refused = TlsKeyPair::from_pem(key, certificate);
            refused.unwrap_err().to_string()
        };
        insta::assert_snapshot!(refused(one.key_pem(), other.certificate_pem()), @"the private key does not belong to the (first) certificate");
        assert!(TlsKeyPair::from_pem("x", one.certificate_pem()).is_err());
        assert!(TlsKeyPair::from_pem(one.key_pem(), "x").is_err());
    }

    #[test]
    fn advice_names_another_host_and_the_end_two_weeks_ahead() {
        let days = |days: u64| NOW.later(Duration::from_hours(days * 24));
        assert_eq!(advised("https://sso.example.com", days(350)), "");
        assert!(advised("https://sso.example.com", days(352)).contains("expires on 20"));
        assert!(advised("https://sso.example.com", days(366)).contains("has expired on 20"));
        insta::assert_snapshot!(advised("https://b.example", NOW), @"The certificate in tls is for sso.example.com, not for b.example: replace tls.certificate and tls.key.");
    }

    fn advised(base_url: &str, now: UnixTime) -> String {
        let made = SelfSigned::for_tls(&["sso.example.com"], NOW).unwrap();
        let pair = TlsKeyPair::from_pem(made.key_pem(), made.certificate_pem()).unwrap();
        pair.advice(&Service::new(base_url).unwrap(), now)
            .join("\n")
    }

    const NOW: UnixTime = UnixTime::from_secs(1_800_014_400);
}
