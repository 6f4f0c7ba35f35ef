//! Signing in with a second factor.

use sso_sync::admin::client::{Outcome, SecondFactorAnswer, SessionError, SignInError};
use sso_sync::admin::second_factor::SecondFactorCode;

use crate::world::{PASSWORD, World};

#[test]
fn is_asked_for_only_after_the_password() {
    let (mut world, secret) = with_second_factor();
    assert_eq!(
        world.sign_in("alice", "a wrong password").unwrap_err(),
        SignInError::WrongPassword
    );
    let proven = world.prove("alice", PASSWORD).unwrap();
    let outcome = world.tell(&proven, None, None).unwrap();
    assert!(
        matches!(outcome, Outcome::SecondFactorNeeded),
        "{outcome:?}"
    );
    let code = secret.code_at(world.now);
    let outcome = world.tell(&proven, Some(&code), None).unwrap();
    assert!(matches!(outcome, Outcome::SignedIn(_)), "{outcome:?}");
}

#[test]
fn a_wrong_code_does_not_sign_in() {
    let (mut world, secret) = with_second_factor();
    let right: u32 = secret.code_at(world.now).parse().unwrap();
    let wrong = format!("{:06}", (right + 500_000) % 1_000_000);
    let outcome = world.sign_in_with("alice", PASSWORD, Some(&wrong));
    assert_eq!(outcome.unwrap_err(), SignInError::Refused);
}

#[test]
fn a_code_signs_in_once() {
    let (mut world, secret) = with_second_factor();
    let code = secret.code_at(world.now);
    assert!(world.sign_in_with("alice", PASSWORD, Some(&code)).is_ok());
    let again = world.sign_in_with("alice", PASSWORD, Some(&code));
    assert_eq!(again.unwrap_err(), SignInError::Refused);
    world.wait(30);
    let next = secret.code_at(world.now);
    assert!(world.sign_in_with("alice", PASSWORD, Some(&next)).is_ok());
}

#[test]
fn an_earlier_code_is_refused_after_a_later_one() {
    let (mut world, secret) = with_second_factor();
    let earlier = secret.code_at(world.now);
    world.wait(30);
    let later = secret.code_at(world.now);
    assert!(world.sign_in_with("alice", PASSWORD, Some(&later)).is_ok());
    let outcome = world.sign_in_with("alice", PASSWORD, Some(&earlier));
    assert_eq!(outcome.unwrap_err(), SignInError::Refused);
}

#[test]
fn guessing_codes_is_slowed_down() {
    let (mut world, _) = with_second_factor();
    let proven = world.prove("alice", PASSWORD).unwrap();
    for guess in 0..4 {
        let outcome = world.tell(&proven, Some(&format!("00000{guess}")), None);
        assert_eq!(outcome.unwrap_err(), SignInError::Refused);
    }
    let outcome = world.tell(&proven, Some("000009"), None);
    assert_eq!(outcome.unwrap_err(), SignInError::TryLater(10));
}

#[test]
fn asking_without_a_code_takes_no_try_back() {
    let (mut world, _) = with_second_factor();
    let proven = world.prove("alice", PASSWORD).unwrap();
    for guess in 0..4 {
        let _ = world.tell(&proven, Some(&format!("00000{guess}")), None);
        let _ = world.tell(&proven, None, None);
    }
    let outcome = world.tell(&proven, Some("000009"), None);
    assert_eq!(outcome.unwrap_err(), SignInError::TryLater(10));
}

#[test]
fn a_backup_code_signs_in_once() {
    let mut world = World::with_alice();
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    let (_, codes) = world.activate(&signed_in.session);
    let code = codes.to_texts().nth(3).unwrap();
    assert!(world.sign_in_with("alice", PASSWORD, Some(&code)).is_ok());
    let again = world.sign_in_with("alice", PASSWORD, Some(&code));
    assert_eq!(again.unwrap_err(), SignInError::Refused);
}

#[test]
fn counts_only_after_its_first_right_code() {
    let mut world = World::with_alice();
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    let request = signed_in.session.propose_second_factor(None, world.now);
    let SecondFactorAnswer::Proposed(secret) = world.change(&signed_in.session, &request).unwrap()
    else {
        panic!("not proposed");
    };
    assert!(
        world.sign_in("alice", PASSWORD).is_ok(),
        "it does not count yet"
    );
    let right: u32 = secret.code_at(world.now).parse().unwrap();
    let wrong = format!("{:06}", (right + 500_000) % 1_000_000);
    let code = SecondFactorCode::parse(&wrong).unwrap();
    let request = signed_in.session.confirm_second_factor(code, world.now);
    let error = world.change(&signed_in.session, &request).unwrap_err();
    assert_eq!(error, SessionError::CodeRefused);
    assert!(
        world.sign_in("alice", PASSWORD).is_ok(),
        "it still does not count"
    );
}

#[test]
fn is_replaced_or_removed_with_a_code_of_the_present_one_only() {
    let (mut world, secret) = with_second_factor();
    let session = signed_in_with(&mut world, &secret);
    let request = session.propose_second_factor(None, world.now);
    assert_eq!(
        world.change(&session, &request).unwrap_err(),
        SessionError::CodeRefused
    );
    world.wait(30);
    let code = || SecondFactorCode::parse(&secret.code_at(world.now)).unwrap();
    let request = session.propose_second_factor(Some(code()), world.now);
    let used = session.remove_second_factor(code(), world.now);
    assert!(matches!(
        world.change(&session, &request),
        Ok(SecondFactorAnswer::Proposed(_))
    ));
    assert_eq!(
        world.change(&session, &used).unwrap_err(),
        SessionError::CodeRefused
    );
    world.wait(30);
    let code = SecondFactorCode::parse(&secret.code_at(world.now)).unwrap();
    let request = session.remove_second_factor(code, world.now);
    assert_eq!(
        world.change(&session, &request),
        Ok(SecondFactorAnswer::Removed)
    );
    assert!(world.sign_in("alice", PASSWORD).is_ok());
}

#[test]
fn a_change_needs_a_fresh_sign_in() {
    for (seconds, is_fresh) in [(299, true), (300, false)] {
        let mut world = World::with_alice();
        let signed_in = world.sign_in("alice", PASSWORD).unwrap();
        world.wait(seconds);
        let request = signed_in.session.propose_second_factor(None, world.now);
        let outcome = world.change(&signed_in.session, &request);
        assert_eq!(outcome.is_ok(), is_fresh);
        if let Err(error) = outcome {
            assert_eq!(error, SessionError::SignInAgain);
        }
    }
}

#[test]
fn a_request_of_one_session_is_none_of_another() {
    let mut world = World::with_alice();
    world.register("bob", "another long password");
    let alice = world.sign_in("alice", PASSWORD).unwrap();
    let bob = world.sign_in("bob", "another long password").unwrap();
    let request = bob.session.propose_second_factor(None, world.now);
    let error = world.change(&alice.session, &request).unwrap_err();
    assert_eq!(error, SessionError::Unexpected, "sealed for bob");
    world.sessions.remove(&bob.session.id());
    assert_eq!(
        world.change(&bob.session, &request).unwrap_err(),
        SessionError::Ended
    );
}

#[test]
fn survives_a_changed_password_and_ends_with_a_new_invitation() {
    let (mut world, secret) = with_second_factor();
    world.wait(30);
    let code = secret.code_at(world.now);
    let Ok(Outcome::SignedIn(signed_in)) = world.sign_in_with("alice", PASSWORD, Some(&code))
    else {
        panic!("not signed in");
    };
    world
        .change_password("alice", &signed_in, "another long password")
        .unwrap();
    let outcome = world
        .sign_in_with("alice", "another long password", None)
        .unwrap();
    assert!(matches!(outcome, Outcome::SecondFactorNeeded));
    world.register("alice", PASSWORD);
    assert!(world.sign_in("alice", PASSWORD).is_ok());
}

/// Alice has a second factor, and some time has passed since.
fn with_second_factor() -> (World, sso_sync::admin::second_factor::TotpSecret) {
    let mut world = World::with_alice();
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    let (secret, _) = world.activate(&signed_in.session);
    world.wait(24 * 3600);
    (world, secret)
}

fn signed_in_with(
    world: &mut World,
    secret: &sso_sync::admin::second_factor::TotpSecret,
) -> sso_sync::admin::client::ClientSession {
    let code = secret.code_at(world.now);
    match world.sign_in_with("alice", PASSWORD, Some(&code)).unwrap() {
        Outcome::SignedIn(signed_in) => signed_in.session,
        Outcome::SecondFactorNeeded => panic!("the code was given"),
    }
}
