//! A program that asks for the secret of a user.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey, HpkePublicKey};

/// A client with a key pair for one request.
pub(crate) struct Client {
    public: HpkePublicKey,
    private: HpkePrivateKey,
}

impl Client {
    /// A client with a new key pair.
    pub(crate) fn new() -> Self {
        let (public, private) = DH_KEM_X25519_HKDF_SHA256_AES_256
            .generate_key_pair()
            .unwrap();
        Self { public, private }
    }

    /// The parameter `key`.
    pub(crate) fn key(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.public.0)
    }

    /// Opens an answer of the service at `base_url`.
    pub(crate) fn open(&self, base_url: &str, enc: &str, ciphertext: &str, user: &str) -> Vec<u8> {
        let decode = |text| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
        let info = format!("sso-connect user secret 1\0{base_url}/sso-connect");
        let (enc, ciphertext) = (EncapsulatedSecret(decode(enc)), decode(ciphertext));
        DH_KEM_X25519_HKDF_SHA256_AES_256
            .open(
                &enc,
                info.as_bytes(),
                user.as_bytes(),
                &ciphertext,
                &self.private,
            )
            .unwrap()
    }
}
