//! PEM texts (RFC 7468), as administrators have them.

use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Every certificate in `text`, in its order; other sections are passed over.
///
/// # Errors
///
/// [`PemError::NoCertificate`] if there is none, [`PemError::Malformed`] if a section is damaged.
pub fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let sections = CertificateDer::pem_slice_iter(text.as_bytes());
    let certificates = sections
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| PemError::malformed(&error))?;
    if certificates.is_empty() {
        Err(PemError::NoCertificate)
    } else {
        Ok(certificates)
    }
}

/// The private key in `text`: PKCS#8, PKCS#1 or SEC 1, not encrypted.
///
/// # Errors
///
/// [`PemError::NoPrivateKey`] if there is none, [`PemError::EncryptedPrivateKey`] if it needs a
/// password, [`PemError::SeveralPrivateKeys`] if it is not clear which one is meant,
/// [`PemError::Malformed`] if a section is damaged.
pub fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, PemError> {
    let mut sections = PrivateKeyDer::pem_slice_iter(text.as_bytes());
    let key = sections
        .next()
        .transpose()
        .map_err(|error| PemError::malformed(&error))?;
    if sections.next().is_some() {
        return Err(PemError::SeveralPrivateKeys);
    }
    match key {
        Some(key) => Ok(key),
        None if is_encrypted(text) => Err(PemError::EncryptedPrivateKey),
        None => Err(PemError::NoPrivateKey),
    }
}

/// Why a PEM text could not be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// The key is protected by a password.
    #[error("the private key is encrypted; decrypt it first: openssl pkey -in KEY -out PLAIN")]
    EncryptedPrivateKey,
    /// A section is cut off or not base64.
    #[error("a PEM section is damaged: {reason}")]
    Malformed {
        /// What the parser met.
        reason: String,
    },
    /// No `-----BEGIN CERTIFICATE-----`.
    #[error("there is no certificate in it (no line -----BEGIN CERTIFICATE-----)")]
    NoCertificate,
    /// No `-----BEGIN PRIVATE KEY-----`.
    #[error("there is no private key in it (no line -----BEGIN PRIVATE KEY-----)")]
    NoPrivateKey,
    /// More than one private key.
    #[error("there are several private keys in it, and one is expected")]
    SeveralPrivateKeys,
}

impl PemError {
    // The parser quotes the text it met, which may be part of a key.
    fn malformed(error: &pem::Error) -> Self {
        let reason = match error {
            pem::Error::MissingSectionEnd { .. } => "its END line is missing",
            pem::Error::IllegalSectionStart { .. } => "its BEGIN line is malformed",
            pem::Error::Base64Decode(_) => "it is not base64",
            _ => "it cannot be read",
        };
        Self::Malformed {
            reason: reason.into(),
        }
    }
}

fn is_encrypted(text: &str) -> bool {
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_certificates_among_other_things() {
        let read = certificates(&format!("# ours\n{KEY}{CERTIFICATE}{CERTIFICATE}")).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].as_ref(), b"\0\x01\x02");
    }

    #[test]
    fn reads_the_private_key_among_other_things() {
        let read = private_key(&format!("{CERTIFICATE}{KEY}")).unwrap();
        assert_eq!(read.secret_der(), b"\0\x01\x02");
    }

    #[test]
    fn names_what_is_wrong() {
        let encrypted = KEY.replace("PRIVATE", "ENCRYPTED PRIVATE");
        let cut = KEY.split("-----END").next().unwrap();
        let odd = KEY.replace("AAEC", "A*EC");
        let errors = [
            certificates("").unwrap_err(),
            private_key(CERTIFICATE).unwrap_err(),
            private_key(&encrypted).unwrap_err(),
            private_key(&format!("{KEY}{KEY}")).unwrap_err(),
            private_key(cut).unwrap_err(),
            private_key(&odd).unwrap_err(),
        ];
        insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @"
        there is no certificate in it (no line -----BEGIN CERTIFICATE-----)
        there is no private key in it (no line -----BEGIN PRIVATE KEY-----)
        the private key is encrypted; decrypt it first: openssl pkey -in KEY -out PLAIN
        there are several private keys in it, and one is expected
        a PEM section is damaged: its END line is missing
        a PEM section is damaged: it is not base64
        ");
    }

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n";
}
