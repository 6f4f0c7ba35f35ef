//! Encrypting, as identity providers do it: for tests.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot encrypt has failed"
)]

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use rsa::oaep::EncryptingKey as OaepKey;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::traits::RandomizedEncryptor as _;
use rustls_pki_types::CertificateDer;
use sha2::Sha256;

use super::envelope::{BLOCK, ELEMENT, GCM_NONCE};
use super::oaep::{Random, Sha1};
use super::{Cipher, Hash, Oaep, XENC, XENC11};
use crate::random;
use crate::saml::SAML;
use crate::signature::{DS, VerifyingKey, base64};
use crate::xml::Writer;

/// How an identity provider encrypts. Default: AES-GCM with 256 bits and `rsa-oaep-mgf1p` with
/// SHA-1, the encrypted key beside the content's `EncryptionMethod`.
#[derive(Clone, Debug)]
pub struct Encryption {
    cipher: Cipher,
    place: KeyPlace,
    oaep: Oaep,
    recipients: Vec<CertificateDer<'static>>,
}

impl Encryption {
    /// Encrypts to the key of `certificate`.
    #[must_use]
    pub fn to(certificate: &CertificateDer<'static>) -> Self {
        Self {
            cipher: Cipher::Aes256Gcm,
            place: KeyPlace::Inside,
            oaep: Oaep {
                digest: Hash::Sha1,
                mask: Hash::Sha1,
            },
            recipients: vec![certificate.clone()],
        }
    }

    /// Encrypts to one more key.
    #[must_use]
    pub fn and_to(mut self, certificate: &CertificateDer<'static>) -> Self {
        self.recipients.push(certificate.clone());
        self
    }

    /// Encrypts the content with `cipher`.
    #[must_use]
    pub fn with_cipher(self, cipher: Cipher) -> Self {
        Self { cipher, ..self }
    }

    /// Encrypts the key with `oaep`: by the identifier of XML Encryption 1.1, except for the mask
    /// SHA-1.
    #[must_use]
    pub fn with_oaep(self, oaep: Oaep) -> Self {
        Self { oaep, ..self }
    }

    /// Puts the encrypted keys at `place`.
    #[must_use]
    pub fn with_key_at(self, place: KeyPlace) -> Self {
        Self { place, ..self }
    }

    /// `plaintext` in a `saml:EncryptedAssertion`.
    #[must_use]
    pub fn assertion(&self, plaintext: &str) -> String {
        self.encrypt("saml:EncryptedAssertion", plaintext)
    }

    /// `plaintext` in a `saml:EncryptedID`.
    #[must_use]
    pub fn name_id(&self, plaintext: &str) -> String {
        self.encrypt("saml:EncryptedID", plaintext)
    }

    fn encrypt(&self, name: &'static str, plaintext: &str) -> String {
        let key = random::bytes::<32>();
        let key = &key[..self.cipher.key_length()];
        let mut writer = Writer::new();
        writer
            .start(name)
            .namespace("saml", SAML)
            .namespace("xenc", XENC)
            .namespace("ds", DS);
        writer.start("xenc:EncryptedData").attr("Type", ELEMENT);
        writer
            .start("xenc:EncryptionMethod")
            .attr("Algorithm", self.cipher.uri())
            .end();
        self.write_key_info(&mut writer, key);
        write_cipher_data(&mut writer, &seal(self.cipher, key, plaintext));
        writer.end();
        if self.place != KeyPlace::Inside {
            self.write_keys(&mut writer, key);
        }
        writer.finish()
    }

    fn write_key_info(&self, writer: &mut Writer, key: &[u8]) {
        match self.place {
            KeyPlace::Beside => {}
            KeyPlace::Inside => {
                writer.start("ds:KeyInfo");
                self.write_keys(writer, key);
                writer.end();
            }
            KeyPlace::Referred => {
                writer.start("ds:KeyInfo");
                for index in 0..self.recipients.len() {
                    writer
                        .start("ds:RetrievalMethod")
                        .attr("Type", "http://www.w3.org/2001/04/xmlenc#EncryptedKey")
                        .attr("URI", &format!("#_key{index}"))
                        .end();
                }
                writer.end();
            }
        }
    }

    fn write_keys(&self, writer: &mut Writer, key: &[u8]) {
        for (index, recipient) in self.recipients.iter().enumerate() {
            writer
                .start("xenc:EncryptedKey")
                .attr("Id", &format!("_key{index}"));
            self.write_oaep(writer);
            write_cipher_data(writer, &wrap(self.oaep, recipient, key));
            writer.end();
        }
    }

    fn write_oaep(&self, writer: &mut Writer) {
        let uri = match self.oaep.mask {
            Hash::Sha1 => Oaep::MGF1P,
            Hash::Sha256 => Oaep::ANY_MASK,
        };
        writer
            .start("xenc:EncryptionMethod")
            .attr("Algorithm", uri)
            .start("ds:DigestMethod")
            .attr("Algorithm", self.oaep.digest.digest_uri())
            .end();
        if self.oaep.mask != Hash::Sha1 {
            writer
                .start("xenc11:MGF")
                .namespace("xenc11", XENC11)
                .attr("Algorithm", self.oaep.mask.mask_uri())
                .end();
        }
        writer.end();
    }
}

/// Where the encrypted keys of an [`Encryption`] stand; providers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPlace {
    /// Behind the `EncryptedData`.
    Beside,
    /// In the `KeyInfo` of the `EncryptedData`.
    Inside,
    /// Behind the `EncryptedData`, with references to them in its `KeyInfo`.
    Referred,
}

fn write_cipher_data(writer: &mut Writer, octets: &[u8]) {
    writer
        .start("xenc:CipherData")
        .element("xenc:CipherValue", &base64::encode(octets))
        .end();
}

/// Encrypts `key` to the key of `recipient`.
fn wrap(oaep: Oaep, recipient: &CertificateDer<'_>, key: &[u8]) -> Vec<u8> {
    let recipient = VerifyingKey::from_certificate_der(recipient).unwrap();
    let public = rsa::PublicKey::from_public_key_der(recipient.as_spki_der()).unwrap();
    let random = &mut Random;
    let wrapped = match (oaep.digest, oaep.mask) {
        (Hash::Sha1, Hash::Sha1) => {
            OaepKey::<Sha1, Sha1>::new(public).encrypt_with_rng(random, key)
        }
        (Hash::Sha1, Hash::Sha256) => {
            OaepKey::<Sha1, Sha256>::new(public).encrypt_with_rng(random, key)
        }
        (Hash::Sha256, Hash::Sha1) => {
            OaepKey::<Sha256, Sha1>::new(public).encrypt_with_rng(random, key)
        }
        (Hash::Sha256, Hash::Sha256) => {
            OaepKey::<Sha256, Sha256>::new(public).encrypt_with_rng(random, key)
        }
    };
    wrapped.unwrap()
}

fn seal(cipher: Cipher, key: &[u8], plaintext: &str) -> Vec<u8> {
    match cipher {
        Cipher::Aes128Cbc | Cipher::Aes256Cbc => seal_cbc(key, plaintext),
        Cipher::Aes128Gcm | Cipher::Aes256Gcm => seal_gcm(key, plaintext),
    }
}

fn seal_gcm(key: &[u8], plaintext: &str) -> Vec<u8> {
    let algorithm = match key.len() {
        16 => &AES_128_GCM,
        _ => &AES_256_GCM,
    };
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap());
    let nonce = random::bytes::<GCM_NONCE>();
    let mut sealed = plaintext.as_bytes().to_vec();
    let once = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(once, Aad::empty(), &mut sealed)
        .unwrap();
    [&nonce[..], &sealed].concat()
}

fn seal_cbc(key: &[u8], plaintext: &str) -> Vec<u8> {
    let algorithm = match key.len() {
        16 => &AES_128,
        _ => &AES_256,
    };
    let key = EncryptingKey::cbc(UnboundCipherKey::new(algorithm, key).unwrap()).unwrap();
    let vector = random::bytes::<BLOCK>();
    let mut blocks = padded(plaintext);
    let context = EncryptionContext::Iv128(FixedLength::from(vector));
    key.less_safe_encrypt(&mut blocks, context).unwrap();
    [&vector[..], &blocks].concat()
}

/// With as many bytes as the last one says; the others are random.
fn padded(plaintext: &str) -> Vec<u8> {
    let padding = BLOCK - plaintext.len() % BLOCK;
    let mut bytes = random::bytes::<BLOCK>();
    bytes[padding - 1] = u8::try_from(padding).unwrap();
    [plaintext.as_bytes(), &bytes[..padding]].concat()
}
