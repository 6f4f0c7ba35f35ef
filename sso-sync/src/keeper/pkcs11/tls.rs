//! TLS with a key on a token.

use std::sync::Arc;

use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{Error, OtherError, SignatureAlgorithm as TlsAlgorithm, SignatureScheme};
use sso_core::signature::SignatureAlgorithm;

use super::TokenKey;
use super::scheme::Scheme;
use crate::keeper::blocking::beside_workers;

impl TokenKey {
    /// What a [`rustls::ServerConfig`] takes: the chain, and this key.
    #[must_use]
    pub fn certified(&self) -> Arc<CertifiedKey> {
        let key = Arc::new(self.clone());
        Arc::new(CertifiedKey::new(self.chain().to_vec(), key))
    }
}

impl SigningKey for TokenKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let ours = Scheme::of_tls(self.0.algorithm).iter();
        let chosen = ours.copied().find(|(name, _)| offered.contains(name));
        chosen.map(|(name, scheme)| -> Box<dyn Signer> {
            Box::new(TlsSigner {
                key: self.clone(),
                name,
                scheme,
            })
        })
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.0.public.as_spki_der().into())
    }

    fn algorithm(&self) -> TlsAlgorithm {
        match self.0.algorithm {
            SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::EcdsaSha384 => {
                TlsAlgorithm::ECDSA
            }
            _ => TlsAlgorithm::RSA,
        }
    }
}

/// One signature of one handshake.
#[derive(Debug)]
struct TlsSigner {
    key: TokenKey,
    name: SignatureScheme,
    scheme: Scheme,
}

impl Signer for TlsSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        // rustls asks in the middle of a handshake and cannot wait.
        let signed = beside_workers(|| self.key.sign_blocking(self.scheme, message));
        let signature = signed.map_err(|error| Error::Other(OtherError(Arc::new(error))))?;
        match self.key.algorithm() {
            TlsAlgorithm::ECDSA => Ok(ecdsa_der(&signature)),
            _ => Ok(signature),
        }
    }

    fn scheme(&self) -> SignatureScheme {
        self.name
    }
}

/// `r` and `s` as TLS writes them (RFC 3279, 2.2.3): a sequence of two integers, in DER.
fn ecdsa_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    tagged(0x30, [integer(r), integer(s)].concat())
}

/// Without zeros in front, except one where the number would look negative.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = bytes.get(zeros..).unwrap_or_default();
    let sign = match digits.first() {
        Some(0..0x80) => [].as_slice(),
        _ => &[0],
    };
    tagged(0x02, [sign, digits].concat())
}

/// Up to 127 bytes, which is more than two numbers of 48 bytes need.
fn tagged(tag: u8, content: Vec<u8>) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [vec![tag, length], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_no_needless_zero_and_no_sign() {
        assert_eq!(integer(&[0, 0, 1]), [2, 1, 1]);
        assert_eq!(integer(&[0x7f]), [2, 1, 0x7f]);
        assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[0, 0]), [2, 1, 0]);
    }

    #[test]
    fn the_longest_signature_has_a_short_length() {
        let der = ecdsa_der(&[0xff; 96]);
        assert_eq!(der.len(), 2 + 2 * (2 + 49));
        assert_eq!(der[..2], [0x30, 102]);
    }
}
