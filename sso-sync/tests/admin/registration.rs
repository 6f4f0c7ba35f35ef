//! Becoming an administrator, changing the password, and getting back in without it.

use std::time::Duration;

use sso_sync::admin::client::{RegisterError, Registration, SignInError};
use sso_sync::admin::{
    AdministratorKeys, Credentials, Invitation, RecoveryCode, Stretching, StretchingBounds,
    StretchingError, SystemRandomness, wire,
};

use crate::world::{
    BOUNDS, GENESIS, PASSWORD, World, credentials, domain, name, new_password, read, weakly,
};

const ANOTHER: &str = "another long password";

#[test]
fn an_invitation_works_once() {
    let mut world = World::new();
    let invitation = world.invite("alice");
    assert!(world.accept(&invitation, PASSWORD).is_ok());
    let error = world.accept(&invitation, ANOTHER).unwrap_err();
    assert_eq!(error, RegisterError::InvitationOver);
    assert!(world.sign_in("alice", PASSWORD).is_ok());
}

#[test]
fn of_two_who_use_an_invitation_at_once_one_registers() {
    let mut world = World::new();
    let invitation = world.invite("alice");
    let credentials = credentials();
    let begin = |password: &str| {
        let password = new_password(password);
        Registration::by_invitation(&invitation, &credentials, password, &mut SystemRandomness)
            .unwrap()
    };
    let (one, two) = (begin(PASSWORD), begin(ANOTHER));
    let open_one = read(&world.begin_registration(&wire::encode(&one.1)));
    let open_two = read(&world.begin_registration(&wire::encode(&two.1)));
    let (one, finish_one) = one
        .0
        .seal(&open_one, weakly(), &mut SystemRandomness)
        .unwrap();
    let (two, finish_two) = two
        .0
        .seal(&open_two, weakly(), &mut SystemRandomness)
        .unwrap();
    assert!(
        one.take(&read(
            &world.finish_registration(&wire::encode(&finish_one))
        ))
        .is_ok()
    );
    let late = two.take(&read(
        &world.finish_registration(&wire::encode(&finish_two)),
    ));
    assert_eq!(late.unwrap_err(), RegisterError::InvitationOver);
}

#[test]
fn an_invitation_expires() {
    let life = Invitation::LIFE.as_secs();
    for (seconds, is_good) in [(life - 1, true), (life, false)] {
        let mut world = World::new();
        let invitation = world.invite("alice");
        world.wait(seconds);
        let outcome = world.accept(&invitation, PASSWORD);
        assert_eq!(outcome.is_ok(), is_good);
        if let Err(error) = outcome {
            assert_eq!(error, RegisterError::InvitationOver);
        }
    }
}

#[test]
fn an_invitation_that_the_hub_does_not_know_is_refused() {
    let mut world = World::new();
    let invitation = world.invite("alice");
    world.invitations.clear();
    assert_eq!(
        world.accept(&invitation, PASSWORD).unwrap_err(),
        RegisterError::Refused
    );
}

#[test]
fn an_invitation_to_another_person_is_refused() {
    let mut world = World::new();
    let invitation = world.invite("alice");
    for record in &mut world.invitations {
        record.administrator = name("bob");
    }
    assert_eq!(
        world.accept(&invitation, PASSWORD).unwrap_err(),
        RegisterError::Refused
    );
}

#[test]
fn who_was_invited_is_known_by_their_invitation() {
    let mut world = World::new();
    let invitation = world.invite("alice");
    let id = invitation.record().unwrap().key.id();
    let (credentials, _) = world.accept(&invitation, PASSWORD).unwrap();
    let account = world.accounts.values().next().unwrap();
    assert_eq!(*account.keys(), credentials.keys.public().unwrap());
    let introduction = account.introduction().unwrap();
    assert!(introduction.confirms(&id, &domain(), &name("alice"), account.keys()));
    let others = AdministratorKeys::random(&mut SystemRandomness)
        .public()
        .unwrap();
    assert!(!introduction.confirms(&id, &domain(), &name("alice"), &others));
    let other = world.invite("alice").record().unwrap().key.id();
    let introduction = world
        .accounts
        .values()
        .next()
        .unwrap()
        .introduction()
        .unwrap();
    assert!(!introduction.confirms(&other, &domain(), &name("alice"), &others));
}

#[test]
fn a_changed_password_counts_at_once_and_keeps_the_keys() {
    let mut world = World::with_alice();
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    let credentials = world.change_password("alice", &signed_in, ANOTHER).unwrap();
    assert_eq!(credentials, signed_in.credentials);
    assert_eq!(
        world.sign_in("alice", PASSWORD).unwrap_err(),
        SignInError::WrongPassword
    );
    assert_eq!(
        world.sign_in("alice", ANOTHER).unwrap().credentials,
        credentials
    );
}

#[test]
fn a_changed_password_ends_earlier_sessions() {
    let mut world = World::with_alice();
    let one = world.sign_in("alice", PASSWORD).unwrap();
    let two = world.sign_in("alice", PASSWORD).unwrap();
    world.change_password("alice", &one, ANOTHER).unwrap();
    for ended in [&one, &two] {
        let error = world
            .change_password("alice", ended, "a third long password")
            .unwrap_err();
        assert_eq!(error, RegisterError::Refused);
    }
}

#[test]
fn changing_the_password_needs_a_fresh_sign_in() {
    for (seconds, is_fresh) in [(299, true), (300, false)] {
        let mut world = World::with_alice();
        let signed_in = world.sign_in("alice", PASSWORD).unwrap();
        world.wait(seconds);
        let outcome = world.change_password("alice", &signed_in, ANOTHER);
        assert_eq!(outcome.is_ok(), is_fresh);
        if let Err(error) = outcome {
            assert_eq!(error, RegisterError::SignInAgain);
        }
    }
}

#[test]
fn a_session_changes_the_password_of_its_own_account_only() {
    let mut world = World::with_alice();
    world.register("bob", ANOTHER);
    let alice = world.sign_in("alice", PASSWORD).unwrap();
    let error = world
        .change_password("bob", &alice, "a third long password")
        .unwrap_err();
    assert_eq!(error, RegisterError::Refused);
    assert!(world.sign_in("bob", ANOTHER).is_ok());
}

#[test]
fn a_changed_password_cannot_bring_other_keys() {
    let mut world = World::with_alice();
    let mut signed_in = world.sign_in("alice", PASSWORD).unwrap();
    signed_in.credentials = credentials();
    let error = world
        .change_password("alice", &signed_in, ANOTHER)
        .unwrap_err();
    assert_eq!(error, RegisterError::Refused);
}

#[test]
fn a_wrong_clock_at_the_client_does_no_harm() {
    let mut world = World::with_alice();
    let proven = world.prove("alice", PASSWORD).unwrap();
    let there = world.now;
    let ahead = Duration::from_secs(7 * 24 * 3600);
    let answer = read(&world.finish(&wire::encode(&proven.finish(None))));
    let outcome = proven.take(&answer, None, there.later(ahead)).unwrap();
    let sso_sync::admin::client::Outcome::SignedIn(signed_in) = outcome else {
        panic!("no second factor was expected");
    };
    let (domain, alice) = (domain(), name("alice"));
    let begun = Registration::by_session(
        (&domain, &alice),
        &signed_in.session,
        &signed_in.credentials,
        new_password(ANOTHER),
        there.later(ahead),
        &mut SystemRandomness,
    );
    let answer = read(&world.begin_registration(&wire::encode(&begun.unwrap().1)));
    assert!(
        matches!(answer, sso_sync::admin::Answer::RegistrationOpen(_)),
        "{answer:?}"
    );
}

#[test]
fn the_recovery_code_gives_everything_back_and_is_replaced() {
    let mut world = World::new();
    let (credentials, code) = world.register("alice", PASSWORD);
    let code = RecoveryCode::parse(&code.to_text()).unwrap();
    let (recovered, new_code) = world.recover("alice", &code, ANOTHER).unwrap();
    assert_eq!(recovered, credentials);
    assert_eq!(
        world.sign_in("alice", ANOTHER).unwrap().credentials,
        credentials
    );
    assert_eq!(
        world.sign_in("alice", PASSWORD).unwrap_err(),
        SignInError::WrongPassword
    );

    let again = world.recover("alice", &code, PASSWORD).unwrap_err();
    assert_eq!(again, RegisterError::Refused, "the old code");
    assert!(world.recover("alice", &new_code, PASSWORD).is_ok());
}

#[test]
fn the_recovery_code_outlives_changed_passwords() {
    let mut world = World::new();
    let (credentials, code) = world.register("alice", PASSWORD);
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    world.change_password("alice", &signed_in, ANOTHER).unwrap();
    assert_eq!(
        world.recover("alice", &code, PASSWORD).unwrap().0,
        credentials
    );
}

#[test]
fn a_wrong_code_and_a_stranger_are_refused_alike() {
    let mut world = World::with_alice();
    let code = RecoveryCode::random(&mut SystemRandomness);
    for who in ["alice", "mallory"] {
        let error = world.recover(who, &code, ANOTHER).unwrap_err();
        assert_eq!(error, RegisterError::Refused, "{who}");
    }
}

#[test]
fn who_lost_everything_is_invited_again_with_new_keys() {
    let mut world = World::new();
    let (before, code) = world.register("alice", PASSWORD);
    let (after, _) = world.register("alice", ANOTHER);
    assert_ne!(after.keys, before.keys);
    assert_eq!(world.sign_in("alice", ANOTHER).unwrap().credentials, after);
    assert_eq!(
        world.recover("alice", &code, PASSWORD).unwrap_err(),
        RegisterError::Refused
    );
}

#[test]
fn neither_side_registers_a_password_that_is_cheap_to_guess() {
    let mut world = World::new();
    let invitation = world.invite("alice");
    let credentials = Credentials {
        genesis: GENESIS,
        ..credentials()
    };
    let begun = || {
        let password = new_password(PASSWORD);
        Registration::by_invitation(&invitation, &credentials, password, &mut SystemRandomness)
            .unwrap()
    };
    let (waiting, message) = begun();
    let answer = read(&world.begin_registration(&wire::encode(&message)));
    let strict = (Stretching::DANGEROUSLY_WEAK, StretchingBounds::DEFAULT);
    let error = waiting
        .seal(&answer, strict, &mut SystemRandomness)
        .unwrap_err();
    assert!(matches!(
        error,
        RegisterError::Stretching(StretchingError::TooWeak { .. })
    ));

    let (waiting, message) = begun();
    let answer = read(&world.begin_registration(&wire::encode(&message)));
    let (_, finish) = waiting
        .seal(&answer, weakly(), &mut SystemRandomness)
        .unwrap();
    let ticket = world.hub.ticket(&finish, world.now).unwrap();
    let records = sso_sync::admin::hub::RegisterRecords {
        invitation: world.invitations.first(),
        ..Default::default()
    };
    let at_hub = |bounds| {
        world
            .hub
            .finish_registration(&finish, &ticket, &world.visit(), &records, bounds)
            .unwrap()
    };
    assert_eq!(at_hub(StretchingBounds::DEFAULT).changes.account, None);
    assert!(at_hub(BOUNDS).changes.account.is_some());
}

#[test]
fn a_registration_may_take_five_minutes() {
    for (seconds, is_good) in [(299, true), (300, false)] {
        let mut world = World::new();
        let invitation = world.invite("alice");
        let credentials = credentials();
        let password = new_password(PASSWORD);
        let (waiting, message) =
            Registration::by_invitation(&invitation, &credentials, password, &mut SystemRandomness)
                .unwrap();
        let answer = read(&world.begin_registration(&wire::encode(&message)));
        let (done, finish) = waiting
            .seal(&answer, weakly(), &mut SystemRandomness)
            .unwrap();
        world.wait(seconds);
        let outcome = done.take(&read(&world.finish_registration(&wire::encode(&finish))));
        assert_eq!(outcome.is_ok(), is_good);
    }
}
