//! Opens what was handed over as an application would, with other code than the one that sealed it.

use std::sync::LazyLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk};
use aws_lc_rs::rsa::{KeySize, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use rsa::pkcs8::DecodePrivateKey as _;
use sha2::Sha256;

use super::*;

const ENTITY: &str = "https://sso.example.com/sso-connect";

#[test]
fn an_rsa_client_opens_its_secret() {
    let (secret, user) = (UserSecret::random(), UserId::random());

    let sealed = seal(&rsa_text(), RsaPadding::Oaep, &secret, &user);

    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&*RSA_KEY).unwrap();
    let client = rsa::PrivateKey::from_pkcs8_der(der.as_ref()).unwrap();
    let opened = client
        .oaep_decrypt::<Sha256>(&bytes(&sealed.ciphertext))
        .unwrap();
    assert_eq!(opened, secret.expose());
    assert_eq!((sealed.alg, sealed.enc), ("RSA-OAEP-256", None));
    assert_eq!(sealed.user, user.as_str());
}

#[test]
fn an_old_rsa_client_opens_its_secret_only_if_the_setting_allows_it() {
    let (secret, user) = (UserSecret::random(), UserId::random());
    let client = Pkcs1PrivateDecryptingKey::new(RSA_KEY.clone()).unwrap();
    let mut buffer = [0; 256];

    let allowed = seal(&rsa_text(), RsaPadding::DangerousPkcs1v15, &secret, &user);
    assert_eq!(allowed.alg, "RSA1_5");
    assert_eq!(
        client
            .decrypt(&bytes(&allowed.ciphertext), &mut buffer)
            .unwrap(),
        secret.expose()
    );

    let default = seal(&rsa_text(), RsaPadding::default(), &secret, &user);
    let garbage = client.decrypt(&bytes(&default.ciphertext), &mut buffer);
    assert!(garbage.map_or(true, |bytes| bytes != secret.expose()));
}

#[test]
fn an_hpke_client_opens_its_secret() {
    let (secret, user, client) = (UserSecret::random(), UserId::random(), X25519Client::new());

    let sealed = seal(&client.text(), RsaPadding::Oaep, &secret, &user);

    assert_eq!(sealed.alg, "HPKE-X25519-HKDF-SHA256-AES-256-GCM");
    let info = [b"sso-connect user secret 1\0", ENTITY.as_bytes()].concat();
    let aad = user.as_str().as_bytes();
    assert_eq!(client.open(&sealed, &info, aad).unwrap(), secret.expose());
}

#[test]
fn an_answer_for_another_user_or_service_does_not_open() {
    let (secret, user, client) = (UserSecret::random(), UserId::random(), X25519Client::new());
    let sealed = seal(&client.text(), RsaPadding::Oaep, &secret, &user);

    let (aad, stranger) = (user.as_str().as_bytes(), UserId::random());
    assert!(
        client
            .open(&sealed, &hpke_info(ENTITY), stranger.as_str().as_bytes())
            .is_err()
    );
    assert!(
        client
            .open(&sealed, &hpke_info("https://other.example"), aad)
            .is_err()
    );
    assert!(client.open(&sealed, &hpke_info(ENTITY), aad).is_ok());
}

#[test]
fn every_answer_is_sealed_anew() {
    let (secret, user, client) = (UserSecret::random(), UserId::random(), X25519Client::new());
    let one = seal(&client.text(), RsaPadding::Oaep, &secret, &user);
    let two = seal(&client.text(), RsaPadding::Oaep, &secret, &user);
    assert_ne!(one.enc, two.enc);
    assert_ne!(one.ciphertext, two.ciphertext);
}

#[test]
fn a_key_that_is_none_is_refused_with_the_reason() {
    let check = |text: &str, reason| {
        assert_eq!(
            ClientKey::parse(text, RsaPadding::Oaep).unwrap_err(),
            reason,
            "{text}"
        );
    };
    check("", ClientKeyError::Empty);
    check("====", ClientKeyError::Empty);
    check("AAA+", ClientKeyError::NotBase64Url);
    check("AA AA", ClientKeyError::NotBase64Url);
    check("AA=AA", ClientKeyError::NotBase64Url);
    check(&text(&[0; 31]), ClientKeyError::NotAKey);
    check(&text(&[0; 33]), ClientKeyError::NotAKey);
    check(&"A".repeat(MAX_CHARS), ClientKeyError::NotAKey);
    check(
        &"A".repeat(MAX_CHARS + 1),
        ClientKeyError::TooLong {
            chars: MAX_CHARS + 1,
        },
    );
}

#[test]
fn a_key_with_padding_is_read_like_one_without() {
    let client = X25519Client::new();
    assert!(ClientKey::parse(&format!("{}=", client.text()), RsaPadding::Oaep).is_ok());
}

#[test]
fn rsa_keys_from_2048_to_4096_bits_are_accepted() {
    for bits in [2048, 3072, 4096] {
        assert!(
            ClientKey::parse(&text(&rsa_der(bits)), RsaPadding::Oaep).is_ok(),
            "{bits}"
        );
    }
    let refused = |bits| ClientKey::parse(&text(&rsa_der(bits)), RsaPadding::Oaep).unwrap_err();
    assert_eq!(refused(1024), ClientKeyError::NotAKey);
    assert_eq!(refused(2040), ClientKeyError::NotAKey);
    assert_eq!(refused(4104), ClientKeyError::RsaSize { bits: 4104 });
}

#[test]
fn nothing_is_sealed_to_a_point_of_small_order() {
    let key = ClientKey::parse(&text(&[0; 32]), RsaPadding::Oaep).unwrap();
    let sealed = key.seal(&UserSecret::random(), &UserId::random(), ENTITY);
    assert_eq!(sealed.unwrap_err(), SealError);
}

#[test]
fn the_json_is_the_documented_one() {
    let sealed = SealedSecret {
        alg: "RSA-OAEP-256",
        enc: None,
        ciphertext: "Yw".into(),
        user: "0123456789abcdef0123456789abcdef".into(),
    };
    let json = serde_json::to_string(&sealed).unwrap();
    insta::assert_snapshot!(json, @r#"{"alg":"RSA-OAEP-256","ciphertext":"Yw","user":"0123456789abcdef0123456789abcdef"}"#);
    let json = serde_json::to_string(&SealedSecret {
        enc: Some("ZQ".into()),
        ..sealed
    })
    .unwrap();
    insta::assert_snapshot!(json, @r#"{"alg":"RSA-OAEP-256","enc":"ZQ","ciphertext":"Yw","user":"0123456789abcdef0123456789abcdef"}"#);
}

static RSA_KEY: LazyLock<PrivateDecryptingKey> =
    LazyLock::new(|| PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap());

fn seal(text: &str, padding: RsaPadding, secret: &UserSecret, user: &UserId) -> SealedSecret {
    ClientKey::parse(text, padding)
        .unwrap()
        .seal(secret, user, ENTITY)
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn rsa_text() -> String {
    let der = AsDer::<PublicKeyX509Der<'_>>::as_der(&RSA_KEY.public_key()).unwrap();
    text(der.as_ref())
}

/// An RSA public key whose modulus is all ones but for the lowest bits.
fn rsa_der(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; bits / 8];
    modulus.insert(0, 0);
    let numbers = [der(0x02, &modulus), der(0x02, &[1, 0, 1])].concat();
    let key = [vec![0], der(0x30, &numbers)].concat();
    let rsa_encryption = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    let algorithm = [der(0x06, &rsa_encryption), der(0x05, &[])].concat();
    der(0x30, &[der(0x30, &algorithm), der(0x03, &key)].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let header = match length {
        [0, short @ 0..128] => vec![tag, short],
        [0, long] => vec![tag, 0x81, long],
        [high, low] => vec![tag, 0x82, high, low],
    };
    [header, content.to_vec()].concat()
}

/// The receiving side of RFC 9180 for one suite, written from the text of the standard.
struct X25519Client(PrivateKey);

impl X25519Client {
    fn new() -> Self {
        Self(PrivateKey::generate(&X25519).unwrap())
    }

    fn text(&self) -> String {
        text(self.0.compute_public_key().unwrap().as_ref())
    }

    /// `SetupBaseR` and `Open` (RFC 9180, 5.1 and 5.2).
    fn open(&self, sealed: &SealedSecret, info: &[u8], aad: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let enc = bytes(sealed.enc.as_ref().unwrap());
        let shared_secret = self.decapsulate(&enc);
        let psk_id_hash = labeled_extract(SUITE, b"", b"psk_id_hash", b"");
        let info_hash = labeled_extract(SUITE, b"", b"info_hash", info);
        let context = [&[0], &psk_id_hash[..], &info_hash].concat();
        let secret = labeled_extract(SUITE, &shared_secret, b"secret", b"");
        let key: [u8; 32] = labeled_expand(SUITE, &secret, b"key", &context);
        let nonce: [u8; 12] = labeled_expand(SUITE, &secret, b"base_nonce", &context);

        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
        let mut message = bytes(&sealed.ciphertext);
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.open_in_place(nonce, Aad::from(aad), &mut message)
            .map(|plain| plain.to_vec())
    }

    /// `Decap` (RFC 9180, 4.1).
    fn decapsulate(&self, enc: &[u8]) -> [u8; 32] {
        let own = self.0.compute_public_key().unwrap();
        let context = [enc, own.as_ref()].concat();
        let peer = UnparsedPublicKey::new(&X25519, enc);
        agree(&self.0, peer, Unspecified, |dh| {
            let prk = labeled_extract(KEM, b"", b"eae_prk", dh);
            Ok(labeled_expand(KEM, &prk, b"shared_secret", &context))
        })
        .unwrap()
    }
}

/// `LabeledExtract` (RFC 9180, 4).
fn labeled_extract(suite: &[u8], salt: &[u8], label: &[u8], ikm: &[u8]) -> [u8; 32] {
    let labeled = [b"HPKE-v1", suite, label, ikm].concat();
    // HKDF-Extract is an HMAC with the salt as key (RFC 5869, 2.2).
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, salt);
    aws_lc_rs::hmac::sign(&key, &labeled)
        .as_ref()
        .try_into()
        .unwrap()
}

/// `LabeledExpand` (RFC 9180, 4).
fn labeled_expand<const N: usize>(suite: &[u8], prk: &[u8], label: &[u8], info: &[u8]) -> [u8; N] {
    let length = u16::try_from(N).unwrap().to_be_bytes();
    let mut output = [0; N];
    Prk::new_less_safe(HKDF_SHA256, prk)
        .expand(&[&length, b"HPKE-v1", suite, label, info], Length(N))
        .unwrap()
        .fill(&mut output)
        .unwrap();
    output
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// DHKEM(X25519, HKDF-SHA256).
const KEM: &[u8] = b"KEM\x00\x20";

/// That KEM with HKDF-SHA256 and AES-256-GCM.
const SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x02";
