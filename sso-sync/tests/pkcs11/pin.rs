//! No token is ever locked by us.

use sso_sync::keeper::pkcs11::{PinSource, Token, TokenError, TokenSealer, TokenSettings};
use sso_sync::keeper::{KeeperError, Label, Sealer as _};

use crate::token::{MODULE, PIN, TestToken, in_a_process_of_its_own};

#[tokio::test]
async fn a_pin_that_was_refused_is_not_tried_again() {
    let token = TestToken::new();
    let sealer = TokenSealer::new(token.open(), "node");
    token.set_pin("wrong");
    assert!(is_refused(&seal(&sealer).await));

    // Were it tried again, it would be the right one now.
    let of_the_token = token.session();
    let (from, to) = (PIN.into(), "wrong".into());
    of_the_token.set_pin(&from, &to).unwrap();
    drop(of_the_token);
    assert!(is_refused(&seal(&sealer).await));
}

#[tokio::test]
async fn of_many_calls_one_tries_the_pin() {
    let token = TestToken::new();
    let sealer = TokenSealer::new(token.open(), "node");
    token.set_pin("wrong");
    let calls = (0..8).map(|_| {
        let sealer = sealer.clone();
        tokio::spawn(async move { is_refused(&seal(&sealer).await) })
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap());
    }
}

#[tokio::test]
async fn another_pin_counts_at_once() {
    let token = TestToken::new();
    let sealer = TokenSealer::new(token.open(), "node");
    token.set_pin("wrong");
    assert!(is_refused(&seal(&sealer).await));
    token.set_pin(PIN);
    seal(&sealer).await.unwrap();
}

#[tokio::test]
async fn a_pin_that_is_missing_is_explained() {
    let token = TestToken::new();
    let pin = PinSource::Environment("SSO_TEST_NO_SUCH_PIN".into());
    let settings = TokenSettings::new(MODULE, &token.label, Some(pin));
    let sealer = TokenSealer::new(Token::open(&settings).unwrap(), "node");
    let missing = seal(&sealer).await.unwrap_err();
    assert!(missing.to_string().contains("SSO_TEST_NO_SUCH_PIN"));
    assert!(missing.fix().unwrap().contains("pin_file"));
}

#[test]
fn a_token_that_is_missing_is_named_with_those_that_are_there() {
    let test = "pin::a_token_that_is_missing_is_named_with_those_that_are_there";
    in_a_process_of_its_own(test, async || {
        let token = TestToken::new();
        let settings = TokenSettings::new(MODULE, "no such token", None);
        let sealer = TokenSealer::new(Token::open(&settings).unwrap(), "node");
        let missing = seal(&sealer).await.unwrap_err();
        assert!(missing.is_worth_retrying());
        let text = missing.to_string();
        assert!(text.starts_with("there is no token labelled no such token; there are: "));
        assert!(text.contains(&token.label), "{text}");
    });
}

#[test]
fn a_library_that_is_none_is_named() {
    for path in ["/no/such/library.so", "/etc/hostname"] {
        let refused = Token::open(&TokenSettings::new(path, "x", None)).unwrap_err();
        assert!(refused.to_string().contains(path), "{refused}");
        assert!(!refused.is_worth_retrying());
    }
}

async fn seal(sealer: &TokenSealer) -> Result<Vec<u8>, KeeperError> {
    sealer.seal(&Label::new("x"), b"secret").await
}

fn is_refused(result: &Result<Vec<u8>, KeeperError>) -> bool {
    matches!(
        result,
        Err(KeeperError::Token(TokenError::PinRefused { .. }))
    )
}
