//! The sealer on a token keeps the promises of a sealer.

use cryptoki::object::{Attribute, AttributeType};
use sso_sync::keeper::pkcs11::{TokenError, TokenSealer};
use sso_sync::keeper::{KeeperError, KeyFile, Label, Sealer as _};
use sso_sync::testkit::Place;

use crate::token::TestToken;

mod suite {
    sso_sync::sealer_tests!(super::OnToken);
}

#[tokio::test]
async fn the_key_cannot_be_read_out_of_the_token() {
    let token = TestToken::new();
    let sealer = TokenSealer::new(token.open(), "node");
    sealer.seal(&Label::new("x"), b"secret").await.unwrap();

    let promised = [
        (AttributeType::Token, Attribute::Token(true)),
        (AttributeType::Private, Attribute::Private(true)),
        (AttributeType::Sensitive, Attribute::Sensitive(true)),
        (
            AttributeType::AlwaysSensitive,
            Attribute::AlwaysSensitive(true),
        ),
        (AttributeType::Extractable, Attribute::Extractable(false)),
        (
            AttributeType::NeverExtractable,
            Attribute::NeverExtractable(true),
        ),
        (AttributeType::Local, Attribute::Local(true)),
        (AttributeType::Label, Attribute::Label(b"node".to_vec())),
    ];
    let (asked, promised): (Vec<_>, Vec<_>) = promised.into_iter().unzip();
    assert_eq!(token.sealing_keys(&asked), [promised]);
    assert_eq!(token.sealing_keys(&[AttributeType::Value]), [[]]);
}

#[tokio::test]
async fn one_key_is_made_and_kept() {
    let token = TestToken::new();
    for _ in 0..3 {
        let sealer = TokenSealer::new(token.open(), "node");
        sealer.seal(&Label::new("x"), b"secret").await.unwrap();
    }
    assert_eq!(token.sealing_keys(&[]).len(), 1);
}

#[tokio::test]
async fn a_key_that_is_gone_is_named_and_not_made_to_unseal() {
    let token = TestToken::new();
    let sealer = TokenSealer::new(token.open(), "node");
    let label = Label::new("x");
    let sealed = sealer.seal(&label, b"secret").await.unwrap();
    let elsewhere = TestToken::new();
    let sealer = TokenSealer::new(elsewhere.open(), "node");
    let refused = sealer.unseal(&label, &sealed).await.unwrap_err();
    assert!(
        matches!(refused, KeeperError::Token(TokenError::NoObject { .. })),
        "{refused:?}"
    );
    let text = format!("the token {} has no AES key labelled node", elsewhere.label);
    assert_eq!(refused.to_string(), text);
    assert!(elsewhere.sealing_keys(&[]).is_empty());
}

#[tokio::test]
async fn what_a_token_sealed_is_refused_by_a_key_file_by_name() {
    let token = TestToken::new();
    let sealer = TokenSealer::new(token.open(), "node");
    let sealed = sealer.seal(&Label::new("x"), b"secret").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::new(&folder.path().join("keeper.key"));
    let refused = file.unseal(&Label::new("x"), &sealed).await.unwrap_err();
    let text = format!(
        "it was sealed by PKCS#11 token {}, key node, but the settings say {}",
        token.label,
        file.protection()
    );
    assert_eq!(refused.to_string(), text);
}

/// A token with a key that is made when it is needed.
#[derive(Debug)]
struct OnToken(TestToken);

impl Place for OnToken {
    type Store = TokenSealer;

    async fn fresh() -> Self {
        Self(TestToken::new())
    }

    async fn open(&self) -> TokenSealer {
        TokenSealer::new(self.0.open(), "node")
    }
}
