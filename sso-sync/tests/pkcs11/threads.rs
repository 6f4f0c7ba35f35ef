//! Whoever uses a token in a process uses the same one.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::{Arc, Barrier};
use std::thread;

use sso_core::signature::Signer as _;
use sso_sync::keeper::pkcs11::{
    PinSource, Token, TokenError, TokenKey, TokenSealer, TokenSettings,
};
use sso_sync::keeper::{Label, Sealer as _};

use crate::token::{Kind, MODULE, TestToken, in_a_process_of_its_own};

#[test]
fn a_token_is_the_same_for_all_who_open_it() {
    let token = TestToken::new();
    let [one, other] = [token.open(), token.open()];
    assert!(Arc::ptr_eq(&one, &other));
    assert!(!Arc::ptr_eq(&one, &TestToken::new().open()));
}

#[test]
fn a_refused_pin_is_not_tried_by_the_next_who_opens_the_token() {
    let token = TestToken::new();
    token.set_pin("wrong");
    for _ in 0..20 {
        let refused = TokenKey::with_certificate_of_token(token.open(), "saml");
        assert!(
            matches!(refused, Err(TokenError::PinRefused { .. })),
            "{refused:?}"
        );
    }
    token.set_pin(crate::token::PIN);
    let found = TokenKey::with_certificate_of_token(token.open(), "saml");
    assert!(
        matches!(found, Err(TokenError::NoObject { .. })),
        "{found:?}"
    );
}

#[test]
fn a_library_of_several_names_is_one_library() {
    let test = "threads::a_library_of_several_names_is_one_library";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let folder = tempfile::tempdir().unwrap();
        let other_name = folder.path().join("token.so");
        symlink(MODULE, &other_name).unwrap();
        let pin = PinSource::File(token.pin.path().into());
        let settings = TokenSettings::new(&other_name, &token.label, Some(pin));
        let by_other_name = Token::open(&settings).unwrap();
        fs::remove_file(&other_name).unwrap();

        let sealer = TokenSealer::new(token.open(), "node");
        let sealed = sealer.seal(&Label::new("x"), b"secret").await.unwrap();
        by_other_name.alone(|library| library.clone().finalize().unwrap());
        let again = TokenSealer::new(by_other_name, "node");
        for sealer in [&again, &sealer, &again] {
            let opened = sealer.unseal(&Label::new("x"), &sealed).await.unwrap();
            assert_eq!(*opened, b"secret");
        }
    });
}

#[test]
fn sealers_signers_and_losses_in_many_threads_do_not_harm_each_other() {
    let test = "threads::sealers_signers_and_losses_in_many_threads_do_not_harm_each_other";
    in_a_process_of_its_own(test, async || {
        // Whoever fails leaves all others at the barrier.
        std::panic::set_hook(Box::new(|panic| {
            eprintln!("{panic}");
            std::process::abort();
        }));
        let tokens = [TestToken::new(), TestToken::new()];
        let certificate = tokens[0].make_key("saml", Kind::P256);
        // A loss a round: nobody promises to survive any number of them in one call.
        let round = Barrier::new(THREADS + 1);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let (token, certificate) = (&tokens[number % 2], certificate.clone());
                let round = &round;
                scope.spawn(move || {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    for _ in 0..ROUNDS {
                        round.wait();
                        match number % 4 {
                            0 => runtime.block_on(sign(token, certificate.clone())),
                            _ => runtime.block_on(seal(token)),
                        }
                    }
                });
            }
            scope.spawn(|| {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                for _ in 0..ROUNDS {
                    round.wait();
                    tokens[1].session().logout().unwrap();
                    // The next round begins logged in.
                    runtime.block_on(seal(&tokens[1]));
                }
            });
        });
    });
}

async fn sign(token: &TestToken, certificate: rustls::pki_types::CertificateDer<'static>) {
    let key = TokenKey::open(token.open(), "saml", vec![certificate]).unwrap();
    assert_eq!(key.sign(b"message").await.unwrap().len(), 64);
}

async fn seal(token: &TestToken) {
    let sealer = TokenSealer::new(token.open(), "node");
    let sealed = sealer.seal(&Label::new("x"), b"secret").await.unwrap();
    let opened = sealer.unseal(&Label::new("x"), &sealed).await.unwrap();
    assert_eq!(*opened, b"secret");
}

const THREADS: usize = 24;

const ROUNDS: usize = 8;
