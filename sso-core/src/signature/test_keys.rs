//! Keys for tests, made once a process.

use std::sync::LazyLock;

use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256,
};
use rustls_pki_types::CertificateDer;

use super::{SoftSigner, VerifyingKey};

/// A private key in PKCS #8, and its self-signed certificate.
#[derive(Debug)]
pub(crate) struct TestKey {
    pub(crate) pkcs8: Vec<u8>,
    pub(crate) certificate: CertificateDer<'static>,
}

impl TestKey {
    fn new(key: &KeyPair) -> Self {
        let certificate = CertificateParams::default().self_signed(key).unwrap();
        Self {
            pkcs8: key.serialize_der(),
            certificate: certificate.der().clone(),
        }
    }

    pub(crate) fn signer(&self) -> SoftSigner {
        SoftSigner::from_pkcs8_der(&self.pkcs8, self.certificate.clone()).unwrap()
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::from_certificate_der(&self.certificate).unwrap()
    }
}

pub(crate) static RSA: LazyLock<TestKey> = LazyLock::new(|| rsa(rcgen::RsaKeySize::_2048));
/// The key of somebody else.
pub(crate) static OTHER_RSA: LazyLock<TestKey> = LazyLock::new(|| rsa(rcgen::RsaKeySize::_2048));
pub(crate) static P256: LazyLock<TestKey> =
    LazyLock::new(|| TestKey::new(&KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()));
pub(crate) static P384: LazyLock<TestKey> =
    LazyLock::new(|| TestKey::new(&KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap()));

fn rsa(size: rcgen::RsaKeySize) -> TestKey {
    TestKey::new(&KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap())
}
