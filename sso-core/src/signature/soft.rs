//! A private key in memory.

use std::fmt;

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair as _, RsaSignatureEncoding};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::{SignError, SignatureAlgorithm, Signer, VerifyingKey};

/// A [`Signer`] whose private key is in the memory of this process.
///
/// The key is kept by the crypto library only, which clears its memory on drop.
pub struct SoftSigner {
    algorithm: SignatureAlgorithm,
    certificate: CertificateDer<'static>,
    key: Key,
}

impl SoftSigner {
    /// A signer from a private key in PKCS #8 and its certificate, both in DER.
    ///
    /// RSA signs with SHA-256, P-256 with SHA-256, P-384 with SHA-384.
    ///
    /// # Errors
    ///
    /// [`SignError::Key`] or [`SignError::Certificate`] if one of them cannot be used, and
    /// [`SignError::NotAPair`] if they do not belong together.
    pub fn from_pkcs8_der(
        pkcs8: &[u8],
        certificate: CertificateDer<'static>,
    ) -> Result<Self, SignError> {
        let (key, algorithm) = Key::parse(pkcs8).ok_or(SignError::Key)?;
        let verifying_key = VerifyingKey::from_certificate_der(&certificate)?;
        let signer = Self {
            algorithm,
            certificate,
            key,
        };
        match signer.is_pair(&verifying_key) {
            true => Ok(signer),
            false => Err(SignError::NotAPair),
        }
    }

    /// A signer from a private key in PKCS #8 (`PRIVATE KEY`) and its certificate, both in PEM.
    ///
    /// # Errors
    ///
    /// As [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pem(pkcs8: &str, certificate: &str) -> Result<Self, SignError> {
        // `PrivatePkcs8KeyDer` clears its memory on drop.
        let key =
            PrivatePkcs8KeyDer::from_pem_slice(pkcs8.as_bytes()).map_err(|_| SignError::Key)?;
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes())
            .map_err(|_| super::KeyError::Malformed)?;
        Self::from_pkcs8_der(key.secret_pkcs8_der(), certificate)
    }

    /// Signs with `algorithm` from now on.
    ///
    /// # Errors
    ///
    /// [`SignError::Key`] if it is for another kind of key.
    pub fn with_algorithm(self, algorithm: SignatureAlgorithm) -> Result<Self, SignError> {
        match (rsa_encoding(self.algorithm), rsa_encoding(algorithm)) {
            (Some(_), Some(_)) => Ok(Self { algorithm, ..self }),
            _ if algorithm == self.algorithm => Ok(self),
            _ => Err(SignError::Key),
        }
    }

    /// The public key.
    ///
    /// # Errors
    ///
    /// None in practice: the certificate was read when the signer was made.
    pub fn verifying_key(&self) -> Result<VerifyingKey, super::KeyError> {
        VerifyingKey::from_certificate_der(&self.certificate)
    }

    fn is_pair(&self, verifying_key: &VerifyingKey) -> bool {
        let point_or_rsa = match &self.key {
            Key::Ecdsa(key) => key.public_key().as_ref(),
            Key::Rsa(key) => key.public_key().as_ref(),
        };
        // A `SubjectPublicKeyInfo` ends with the octets of the key itself (RFC 5280, 4.1.2.7).
        verifying_key.as_spki_der().ends_with(point_or_rsa)
    }
}

#[async_trait]
impl Signer for SoftSigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let random = SystemRandom::new();
        let failed = |error: aws_lc_rs::error::Unspecified| SignError::Unavailable(error.into());
        match &self.key {
            Key::Ecdsa(key) => Ok(key
                .sign(&random, message)
                .map_err(failed)?
                .as_ref()
                .to_vec()),
            Key::Rsa(key) => {
                let encoding = rsa_encoding(self.algorithm).ok_or(SignError::Key)?;
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(encoding, &random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for SoftSigner {
    /// Without the key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SoftSigner")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

enum Key {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl Key {
    fn parse(pkcs8: &[u8]) -> Option<(Self, SignatureAlgorithm)> {
        if let Ok(key) = RsaKeyPair::from_pkcs8(pkcs8) {
            return Some((Self::Rsa(key), SignatureAlgorithm::RsaSha256));
        }
        if let Ok(key) = EcdsaKeyPair::from_pkcs8(&aws::ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8) {
            return Some((Self::Ecdsa(key), SignatureAlgorithm::EcdsaSha256));
        }
        let key = EcdsaKeyPair::from_pkcs8(&aws::ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8).ok()?;
        Some((Self::Ecdsa(key), SignatureAlgorithm::EcdsaSha384))
    }
}

fn rsa_encoding(algorithm: SignatureAlgorithm) -> Option<&'static RsaSignatureEncoding> {
    match algorithm {
        SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::EcdsaSha384 => None,
        SignatureAlgorithm::RsaSha256 => Some(&aws::RSA_PKCS1_SHA256),
        SignatureAlgorithm::RsaSha384 => Some(&aws::RSA_PKCS1_SHA384),
        SignatureAlgorithm::RsaSha512 => Some(&aws::RSA_PKCS1_SHA512),
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::super::test_keys::{OTHER_RSA, P256, P384, RSA};
    use super::super::{Algorithms, verify_octets};
    use super::*;

    #[test]
    fn a_signer_signs_what_its_certificate_verifies() {
        let rsa = |algorithm| RSA.signer().with_algorithm(algorithm).unwrap();
        let signers = [
            RSA.signer(),
            rsa(SignatureAlgorithm::RsaSha384),
            rsa(SignatureAlgorithm::RsaSha512),
            P256.signer(),
            P384.signer(),
        ];
        for signer in signers {
            let signature = block_on(signer.sign(b"message")).unwrap();
            let keys = [signer.verifying_key().unwrap()];
            verify_octets(
                signer.algorithm().uri(),
                b"message",
                &signature,
                &keys,
                &Algorithms::new(),
            )
            .unwrap();
        }
    }

    #[test]
    fn a_certificate_of_another_key_is_refused() {
        let mixed = |pkcs8: &[u8], certificate: &CertificateDer<'static>| {
            SoftSigner::from_pkcs8_der(pkcs8, certificate.clone())
                .unwrap_err()
                .to_string()
        };
        insta::assert_snapshot!(mixed(&RSA.pkcs8, &OTHER_RSA.certificate), @"the certificate is not for this private key");
        assert_eq!(
            mixed(&P256.pkcs8, &RSA.certificate),
            mixed(&RSA.pkcs8, &P384.certificate)
        );
    }

    #[test]
    fn an_algorithm_for_another_kind_of_key_is_refused() {
        assert!(
            RSA.signer()
                .with_algorithm(SignatureAlgorithm::EcdsaSha256)
                .is_err()
        );
        assert!(
            P256.signer()
                .with_algorithm(SignatureAlgorithm::EcdsaSha384)
                .is_err()
        );
        assert!(
            P256.signer()
                .with_algorithm(SignatureAlgorithm::RsaSha256)
                .is_err()
        );
        assert!(
            P256.signer()
                .with_algorithm(SignatureAlgorithm::EcdsaSha256)
                .is_ok()
        );
    }

    #[test]
    fn keys_are_read_from_pem() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default()
            .self_signed(&key)
            .unwrap();
        assert!(SoftSigner::from_pem(&key.serialize_pem(), &certificate.pem()).is_ok());
        assert!(matches!(
            SoftSigner::from_pem("", &certificate.pem()),
            Err(SignError::Key)
        ));
        assert!(matches!(
            SoftSigner::from_pem(&key.serialize_pem(), ""),
            Err(SignError::Certificate(_))
        ));
    }
}
