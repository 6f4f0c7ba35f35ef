//! Keys, made once in a process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256,
    RsaKeySize,
};
use rustls_pki_types::CertificateDer;

use crate::signature::SoftSigner;

/// A kind of signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyKind {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits; takes seconds to make.
    Rsa4096,
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    AnotherProvider,
    Impostor,
    Provider,
}

/// A private key and its self-signed certificate.
pub(super) struct Key {
    pkcs8: Vec<u8>,
    certificate: CertificateDer<'static>,
}

impl Key {
    /// The key of this kind that `owner` has in this process.
    pub(super) fn of(kind: KeyKind, owner: Owner) -> Arc<Self> {
        let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            keys.entry((kind, owner))
                .or_insert_with(|| Arc::new(Self::generate(kind))),
        )
    }

    fn generate(kind: KeyKind) -> Self {
        let rsa = |size| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size);
        let key = match kind {
            KeyKind::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            KeyKind::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            KeyKind::Rsa2048 => rsa(RsaKeySize::_2048),
            KeyKind::Rsa3072 => rsa(RsaKeySize::_3072),
            KeyKind::Rsa4096 => rsa(RsaKeySize::_4096),
        };
        let key = key.expect("no key was made");
        let certificate = CertificateParams::default().self_signed(&key);
        Self {
            pkcs8: key.serialize_der(),
            certificate: certificate.expect("no certificate was made").der().clone(),
        }
    }

    pub(super) fn signer(&self) -> SoftSigner {
        SoftSigner::from_pkcs8_der(&self.pkcs8, self.certificate.clone()).expect("own key")
    }

    pub(super) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }
}

impl fmt::Debug for Key {
    /// Without the key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

static KEYS: Mutex<BTreeMap<(KeyKind, Owner), Arc<Key>>> = Mutex::new(BTreeMap::new());
