//! What was lost is opened again.

use std::fs;
use std::path::PathBuf;

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use rustls::SignatureScheme;
use rustls::pki_types::CertificateDer;
use rustls::sign::SigningKey as _;
use sso_core::saml::encryption::{Decrypter as _, Hash, Oaep};
use sso_core::signature::{Signer as _, VerifyingKey};
use sso_sync::keeper::pkcs11::{TokenKey, TokenSealer};
use sso_sync::keeper::{KeeperError, Label, Sealer as _};

use tempfile::TempDir;

use crate::token::{Kind, TestToken, in_a_process_of_its_own, library};

#[tokio::test]
async fn a_login_that_was_lost_is_repeated() {
    let token = TestToken::new();
    let sealer = TokenSealer::new(token.open(), "node");
    let sealed = seal(&sealer).await.unwrap();
    for _ in 0..3 {
        // All sessions of a process share one login.
        token.session().logout().unwrap();
        assert_eq!(unseal(&sealer, &sealed).await.unwrap(), b"secret");
    }
}

#[tokio::test]
async fn a_login_that_was_lost_before_the_first_search_is_repeated() {
    let token = TestToken::new();
    let certificate = token.make_key("tls", Kind::P256);
    let open = token.open();
    let sealer = TokenSealer::new(open.clone(), "node");
    seal(&sealer).await.unwrap();
    token.session().logout().unwrap();
    // The session is known, the key is looked for the first time, and hidden.
    TokenKey::open(open, "tls", vec![certificate]).unwrap();
}

#[test]
fn sessions_that_were_closed_behind_its_back_are_opened_again() {
    let test = "loss::sessions_that_were_closed_behind_its_back_are_opened_again";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let sealer = TokenSealer::new(token.open(), "node");
        let sealed = seal(&sealer).await.unwrap();
        for _ in 0..3 {
            // This is the end of every session of the process, and of the library.
            library().finalize().unwrap();
            assert_eq!(unseal(&sealer, &sealed).await.unwrap(), b"secret");
            // Likewise, and somebody else was faster to start the library again.
            library().finalize().unwrap();
            library();
            assert_eq!(unseal(&sealer, &sealed).await.unwrap(), b"secret");
        }
    });
}

#[test]
fn a_key_on_a_token_signs_again_after_a_loss() {
    let test = "loss::a_key_on_a_token_signs_again_after_a_loss";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let certificate = token.make_key("saml", Kind::P256);
        let key = TokenKey::open(token.open(), "saml", vec![certificate]).unwrap();
        library().finalize().unwrap();
        assert_eq!(key.sign(b"message").await.unwrap().len(), 64);
        token.session().logout().unwrap();
        assert_eq!(key.sign(b"message").await.unwrap().len(), 64);
    });
}

#[test]
fn a_key_for_tls_shakes_hands_again_after_a_loss() {
    let test = "loss::a_key_for_tls_shakes_hands_again_after_a_loss";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let certificate = token.make_key("tls", Kind::P256);
        let key = TokenKey::open(token.open(), "tls", vec![certificate]).unwrap();
        library().finalize().unwrap();
        shake_hands(&key).unwrap();
        token.session().logout().unwrap();
        shake_hands(&key).unwrap();

        let away = Away::take(&token);
        assert!(shake_hands(&key).is_err());
        away.bring_back();
        shake_hands(&key).unwrap();
    });
}

#[test]
fn a_key_that_decrypts_opens_again_after_a_loss() {
    let test = "loss::a_key_that_decrypts_opens_again_after_a_loss";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let certificate = token.make_key("decryption", Kind::Rsa);
        let octets = encrypt(&certificate);
        let key = TokenKey::open_to_decrypt(token.open(), "decryption", certificate).unwrap();
        let opened = || key.decrypt(SHA1, &octets).map(|opened| opened.to_vec());
        library().finalize().unwrap();
        assert_eq!(opened().unwrap(), b"secret");
        token.session().logout().unwrap();
        assert_eq!(opened().unwrap(), b"secret");

        let away = Away::take(&token);
        assert_eq!(opened(), None);
        away.bring_back();
        assert_eq!(opened().unwrap(), b"secret");
    });
}

#[test]
fn a_key_signs_again_when_its_token_comes_back() {
    let test = "loss::a_key_signs_again_when_its_token_comes_back";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let certificate = token.make_key("saml", Kind::P256);
        let key = TokenKey::open(token.open(), "saml", vec![certificate]).unwrap();
        let away = Away::take(&token);
        assert!(key.sign(b"message").await.is_err());
        away.bring_back();
        assert_eq!(key.sign(b"message").await.unwrap().len(), 64);
    });
}

#[tokio::test]
async fn many_calls_at_once_survive_losses() {
    let token = TestToken::new();
    let sealer = TokenSealer::new(token.open(), "node");
    let sealed = seal(&sealer).await.unwrap();
    let other = token.session();
    for round in 0..5 {
        let calls = (0..16).map(|_| {
            let (sealer, sealed) = (sealer.clone(), sealed.clone());
            tokio::spawn(async move { unseal(&sealer, &sealed).await.unwrap() })
        });
        let calls = calls.collect::<Vec<_>>();
        for call in calls {
            assert_eq!(call.await.unwrap(), b"secret", "round {round}");
        }
        other.logout().unwrap();
    }
}

#[test]
fn a_token_that_comes_back_is_used_again() {
    let test = "loss::a_token_that_comes_back_is_used_again";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let sealer = TokenSealer::new(token.open(), "node");
        let sealed = seal(&sealer).await.unwrap();
        let (folder, aside) = (token.folder(), tempfile::tempdir().unwrap());
        let aside = aside.path().join("token");

        fs::rename(&folder, &aside).unwrap();
        library().finalize().unwrap();
        let away = unseal(&sealer, &sealed).await.unwrap_err();
        assert!(away.is_worth_retrying(), "{away:?}");
        let away = unseal(&sealer, &sealed).await.unwrap_err();
        assert!(away.to_string().contains(&token.label), "{away}");

        fs::rename(&aside, &folder).unwrap();
        assert_eq!(unseal(&sealer, &sealed).await.unwrap(), b"secret");
    });
}

#[test]
fn a_token_that_was_initialised_anew_has_no_key_and_says_so() {
    let test = "loss::a_token_that_was_initialised_anew_has_no_key_and_says_so";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let sealer = TokenSealer::new(token.open(), "node");
        let sealed = seal(&sealer).await.unwrap();
        for file in fs::read_dir(token.folder()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.starts_with("token") && name != "generation" {
                fs::remove_file(path).unwrap();
            }
        }
        library().finalize().unwrap();
        let gone = unseal(&sealer, &sealed).await.unwrap_err();
        assert!(
            gone.to_string().contains("no AES key labelled node"),
            "{gone}"
        );
        assert!(!gone.is_worth_retrying());
    });
}

/// A token that was taken out, and the library started anew without it.
#[derive(Debug)]
struct Away {
    folder: PathBuf,
    aside: TempDir,
}

impl Away {
    fn take(token: &TestToken) -> Self {
        let (folder, aside) = (token.folder(), tempfile::tempdir().unwrap());
        fs::rename(&folder, aside.path().join("token")).unwrap();
        library().finalize().unwrap();
        Self { folder, aside }
    }

    fn bring_back(self) {
        fs::rename(self.aside.path().join("token"), self.folder).unwrap();
    }
}

fn shake_hands(key: &TokenKey) -> Result<Vec<u8>, rustls::Error> {
    let offered = [SignatureScheme::ECDSA_NISTP256_SHA256];
    key.choose_scheme(&offered).unwrap().sign(b"handshake")
}

fn encrypt(certificate: &CertificateDer<'_>) -> Vec<u8> {
    let key = VerifyingKey::from_certificate_der(certificate).unwrap();
    let key = PublicEncryptingKey::from_der(key.as_spki_der()).unwrap();
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    let mut octets = vec![0; key.ciphertext_size()];
    let written = key.encrypt(&OAEP_SHA1_MGF1SHA1, b"secret", &mut octets, None);
    written.unwrap().to_vec()
}

const SHA1: Oaep = Oaep {
    digest: Hash::Sha1,
    mask: Hash::Sha1,
};

async fn seal(sealer: &TokenSealer) -> Result<Vec<u8>, KeeperError> {
    sealer.seal(&Label::new("x"), b"secret").await
}

async fn unseal(sealer: &TokenSealer, sealed: &[u8]) -> Result<Vec<u8>, KeeperError> {
    let opened = sealer.unseal(&Label::new("x"), sealed).await;
    opened.map(|secret| secret.to_vec())
}
