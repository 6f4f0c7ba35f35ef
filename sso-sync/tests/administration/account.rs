//! Password, recovery code, second factor.

use std::time::Duration;

use sso_sync::admin::client::{RegisterError, SessionError, SignInError};
use sso_sync::admin::second_factor::SecondFactorCode;
use sso_sync::admin::{Invitation, SystemRandomness};
use sso_sync::administration::{AdministrationError, NoCode};

use crate::world::{World, alice, bob, named, password, typed, who};

#[tokio::test]
async fn a_changed_password_is_the_only_good_one() {
    let (world, founder) = World::founded().await;
    let (id, known) = (founder.id(), founder.known());
    let kept = founder.to_session();
    founder
        .change_password(typed("a new password"))
        .await
        .unwrap();
    let refused = world.sign_in(alice(), None).await.unwrap_err();
    assert!(matches!(
        refused,
        AdministrationError::SignIn(SignInError::WrongPassword)
    ));
    assert!(
        world.office().resume(&kept).await.is_err(),
        "all sessions end"
    );
    let office = world.office();
    let new = typed("a new password");
    let signed_in = office
        .sign_in(who("example", alice()), new, Some(&known), &mut NoCode)
        .await;
    assert_eq!(signed_in.unwrap().id(), id, "the keys are the same");
}

#[tokio::test]
async fn changing_the_password_needs_a_fresh_sign_in() {
    let (world, founder) = World::founded().await;
    world.wait(Duration::from_secs(300));
    let refused = founder
        .change_password(typed("a new password"))
        .await
        .unwrap_err();
    let again = matches!(
        refused,
        AdministrationError::Register(RegisterError::SignInAgain)
    );
    assert!(again, "{refused}");
    let (world, founder) = World::founded().await;
    world.wait(Duration::from_secs(299));
    founder
        .change_password(typed("a new password"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_recovery_code_gives_a_new_password_and_the_next_code() {
    let world = World::new();
    let founded = world.found("example").await;
    let who = who("example", alice());
    let office = world.office();
    let new = typed("a new password");
    let next = office
        .recover(&who, &founded.recovery_code, &new, &mut NoCode)
        .await
        .unwrap();
    assert!(next != founded.recovery_code);
    let third = typed("a third password");
    let refused = office
        .recover(&who, &founded.recovery_code, &third, &mut NoCode)
        .await;
    let Err(AdministrationError::Register(error)) = refused else {
        panic!("it was used");
    };
    assert_eq!(error, RegisterError::Refused);
    office
        .recover(&who, &next, &third, &mut NoCode)
        .await
        .unwrap();
    let signed_in = office.sign_in(who, third, None, &mut NoCode).await.unwrap();
    assert_eq!(signed_in.id(), founded.administrator.id());
}

#[tokio::test]
async fn a_renewed_recovery_code_replaces_the_one_of_before() {
    let world = World::new();
    let founded = world.found("example").await;
    let renewed = founded
        .administrator
        .renew_recovery_code(password())
        .await
        .unwrap();
    let who = who("example", alice());
    let office = world.office();
    let new = typed("a new password");
    let old = office
        .recover(&who, &founded.recovery_code, &new, &mut NoCode)
        .await;
    assert!(old.is_err());
    office
        .recover(&who, &renewed, &new, &mut NoCode)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_second_factor_is_proposed_confirmed_and_removed() {
    let (world, mut founder) = World::founded().await;
    let secret = founder.propose_second_factor(None).await.unwrap();
    let uri = secret.to_uri(&founder.who().domain, &founder.who().administrator);
    assert!(
        uri.starts_with("otpauth://totp/SSO%20Connect%20example:alice"),
        "{}",
        *uri
    );
    world.sign_in(alice(), None).await.unwrap();
    let wrong = founder
        .confirm_second_factor(code("000000"))
        .await
        .unwrap_err();
    assert!(matches!(
        wrong,
        AdministrationError::Account(SessionError::CodeRefused)
    ));
    let first = code(&secret.code_at(world.now()));
    let codes = founder.confirm_second_factor(first).await.unwrap();
    let codes: Vec<_> = codes.to_texts().collect();
    assert_eq!(codes.len(), 10);

    let office = world.office();
    let mut backup = Some(code(&codes[0]));
    let who = who("example", alice());
    let signed_in = office.sign_in(who, password(), None, &mut backup).await;
    let mut signed_in = signed_in.unwrap();
    let refused = signed_in.propose_second_factor(None).await.unwrap_err();
    assert!(matches!(
        refused,
        AdministrationError::Account(SessionError::CodeRefused)
    ));
    signed_in
        .remove_second_factor(code(&codes[1]))
        .await
        .unwrap();
    world.sign_in(alice(), None).await.unwrap();
}

#[tokio::test]
async fn changing_the_second_factor_needs_a_fresh_sign_in() {
    let (world, mut founder) = World::founded().await;
    world.wait(Duration::from_secs(300));
    let refused = founder.propose_second_factor(None).await.unwrap_err();
    assert!(matches!(
        refused,
        AdministrationError::Account(SessionError::SignInAgain)
    ));
}

#[tokio::test]
async fn an_invitation_without_a_domain_is_not_accepted() {
    let (world, _) = World::founded().await;
    let random = &mut SystemRandomness;
    let expires = world.now().later(Invitation::LIFE);
    let invitation = Invitation::new(named("example"), bob(), None, expires, random);
    let refused = world
        .office()
        .accept(&invitation, &password())
        .await
        .unwrap_err();
    assert!(
        matches!(refused, AdministrationError::NoDomain),
        "{refused}"
    );
}

fn code(text: &str) -> SecondFactorCode {
    SecondFactorCode::parse(text).unwrap()
}
