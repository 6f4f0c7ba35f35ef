//! Signing in.

use sso_sync::admin::client::SignInError;
use sso_sync::admin::second_factor::SecondFactorCode;
use sso_sync::administration::{AdministrationError, CodePrompt, NoCode};
use sso_sync::chain::Permissions;

use crate::world::{World, alice, bob, password, save, typed, who};

#[tokio::test]
async fn who_signs_in_has_the_domain() {
    let (world, mut founder) = World::founded().await;
    save(&mut founder, 0, &[("host", "sso.example.com")]).await;
    let signed_in = world
        .sign_in(alice(), Some(&founder.known()))
        .await
        .unwrap();
    assert_eq!(signed_in.domain(), founder.domain());
    assert_eq!(signed_in.permissions(), Permissions::ALL);
    let (number, document) = signed_in.current().unwrap();
    assert_eq!(
        (number, document.value("host").unwrap()),
        (1, b"sso.example.com".as_slice())
    );
    assert_eq!(signed_in.statements().len(), 2);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_the_same_answer() {
    let (world, _) = World::founded().await;
    for name in [alice(), bob()] {
        let office = world.office();
        let typed = typed("incorrect horse battery");
        let refused = office
            .sign_in(who("example", name), typed, None, &mut NoCode)
            .await;
        let Err(AdministrationError::SignIn(error)) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(error, SignInError::WrongPassword);
    }
}

#[tokio::test]
async fn who_guesses_is_told_how_long_to_wait() {
    let (world, _) = World::founded().await;
    for tries in 1.. {
        let office = world.office();
        let typed = typed("incorrect horse battery");
        let refused = office
            .sign_in(who("example", alice()), typed, None, &mut NoCode)
            .await;
        match refused.unwrap_err() {
            AdministrationError::SignIn(SignInError::WrongPassword) => assert!(tries <= 5),
            error => {
                assert_eq!(
                    (tries, error.to_string().as_str()),
                    (6, "too many tries; try again in 10 s")
                );
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_code_is_asked_for_only_if_there_is_a_second_factor() {
    let (world, mut founder) = World::founded().await;
    let mut prompt = Typist::default();
    world.sign_in(alice(), None).await.unwrap();
    let secret = founder.propose_second_factor(None).await.unwrap();
    let code = SecondFactorCode::parse(&secret.code_at(world.now())).unwrap();
    founder.confirm_second_factor(code).await.unwrap();

    world.wait(std::time::Duration::from_secs(90));
    let without = world.sign_in(alice(), None).await.unwrap_err();
    assert!(
        matches!(without, AdministrationError::CodeNeeded),
        "{without}"
    );
    prompt.codes = vec![secret.code_at(world.now()), "000000".into()];
    let office = world.office();
    let signed_in = office
        .sign_in(who("example", alice()), password(), None, &mut prompt)
        .await;
    signed_in.unwrap();
    assert_eq!(prompt.asked, [false, true], "the first code was wrong");
}

#[tokio::test]
async fn three_wrong_codes_are_enough() {
    let (world, mut founder) = World::founded().await;
    let secret = founder.propose_second_factor(None).await.unwrap();
    let code = SecondFactorCode::parse(&secret.code_at(world.now())).unwrap();
    founder.confirm_second_factor(code).await.unwrap();
    let mut prompt = Typist {
        codes: vec!["000000".into(); 9],
        asked: Vec::new(),
    };
    let office = world.office();
    let refused = office
        .sign_in(who("example", alice()), password(), None, &mut prompt)
        .await;
    let Err(AdministrationError::SignIn(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error, SignInError::Refused);
    assert_eq!(prompt.asked, [false, true, true]);
}

#[tokio::test]
async fn nothing_secret_shows_in_debug() {
    let (_, founder) = World::founded().await;
    assert_eq!(
        format!("{founder:?}"),
        "Administrator(alice@example.com of example, …)"
    );
}

/// Types what is there, from the end.
#[derive(Debug, Default)]
struct Typist {
    codes: Vec<String>,
    asked: Vec<bool>,
}

#[async_trait::async_trait]
impl CodePrompt for Typist {
    async fn code(&mut self, refused: bool) -> Option<SecondFactorCode> {
        self.asked.push(refused);
        self.codes
            .pop()
            .map(|code| SecondFactorCode::parse(&code).unwrap())
    }
}
