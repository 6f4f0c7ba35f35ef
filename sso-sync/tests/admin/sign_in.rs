//! Signing in with a password.

use sso_sync::admin::client::{Outcome, Seen, SignInError};
use sso_sync::admin::hub::SessionOver;
use sso_sync::admin::{
    Answer, EnvelopeError, Stretching, StretchingBounds, StretchingError, SystemRandomness, wire,
};
use sso_sync::store::DomainId;

use crate::world::{GENESIS, NOON, PASSWORD, World, begin, domain, name, read};

#[test]
fn the_right_password_opens_what_was_registered() {
    let mut world = World::new();
    let (credentials, _) = world.register("alice", PASSWORD);
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    assert_eq!(signed_in.credentials, credentials);
    assert_eq!(
        signed_in.seen,
        Seen {
            genesis: GENESIS,
            generation: 1
        }
    );
}

#[test]
fn a_wrong_password_does_not() {
    let mut world = World::with_alice();
    let error = world
        .sign_in("alice", "correct horse batterie")
        .unwrap_err();
    assert_eq!(error, SignInError::WrongPassword);
    assert!(world.sessions.is_empty());
}

#[test]
fn who_is_no_administrator_hears_the_same_as_who_mistypes() {
    let mut world = World::with_alice();
    assert_eq!(
        world.sign_in("mallory", PASSWORD).unwrap_err(),
        SignInError::WrongPassword
    );
}

#[test]
fn the_password_of_one_administrator_does_not_sign_in_another() {
    let mut world = World::with_alice();
    world.register("bob", "another long password");
    assert_eq!(
        world.sign_in("bob", PASSWORD).unwrap_err(),
        SignInError::WrongPassword
    );
}

#[test]
fn a_finished_sign_in_cannot_be_played_again() {
    let mut world = World::with_alice();
    let proven = world.prove("alice", PASSWORD).unwrap();
    let message = wire::encode(&proven.finish(None));
    assert!(matches!(read(&world.finish(&message)), Answer::Granted(_)));
    assert_eq!(read(&world.finish(&message)), Answer::Refused);

    let ended = world.sessions.values().next().unwrap().end();
    world
        .sessions
        .values_mut()
        .for_each(|session| *session = ended.clone());
    assert_eq!(
        read(&world.finish(&message)),
        Answer::Refused,
        "after a sign-out"
    );
}

#[test]
fn an_attempt_may_take_five_minutes() {
    for (seconds, is_granted) in [(299, true), (300, false)] {
        let mut world = World::with_alice();
        let proven = world.prove("alice", PASSWORD).unwrap();
        world.wait(seconds);
        let outcome = world.tell(&proven, None, None);
        assert_eq!(outcome.is_ok(), is_granted, "{outcome:?}");
    }
}

#[test]
fn messages_of_two_attempts_do_not_mix() {
    let mut world = World::with_alice();
    let (one, begun_one) = begin("alice", PASSWORD);
    let (_, begun_two) = begin("alice", PASSWORD);
    let _ = world.begin(&wire::encode(&begun_one));
    let of_two = read(&world.begin(&wire::encode(&begun_two)));
    let error = one.prove(&of_two, &mut SystemRandomness).unwrap_err();
    assert_eq!(error, SignInError::WrongPassword);
}

#[test]
fn a_copy_of_the_storage_without_the_keys_signs_nobody_in() {
    let mut world = World::with_alice();
    let mut other = World::new();
    other.accounts = world.accounts.clone();
    let (waiting, message) = begin("alice", PASSWORD);
    let message = wire::encode(&message);
    let _ = world.begin(&message);
    let error = waiting.prove(&read(&other.begin(&message)), &mut SystemRandomness);
    assert_eq!(error.unwrap_err(), SignInError::WrongPassword);
}

#[test]
fn an_attempt_of_another_hub_is_refused() {
    let mut world = World::with_alice();
    let proven = world.prove("alice", PASSWORD).unwrap();
    let mut other = World::with_alice();
    assert_eq!(
        other.tell(&proven, None, None).unwrap_err(),
        SignInError::Refused
    );
}

#[test]
fn work_below_the_floor_and_above_the_ceiling_is_refused_by_name() {
    let honest = World::with_alice();
    let account = honest.accounts.values().next().unwrap();
    let bounds = StretchingBounds::DEFAULT;
    let lies = [
        (Stretching::of(64 * 1024 - 1, 3, 1), true),
        (Stretching::of(64 * 1024, 2, 1), true),
        (Stretching::of(1024 * 1024 + 1, 3, 1), false),
        (Stretching::of(64 * 1024, 3, u32::MAX), false),
    ];
    for (lie, is_weak) in lies {
        let mut world = World::with_alice();
        let lying = account.dangerously_with_stretching(lie);
        world
            .accounts
            .values_mut()
            .for_each(|it| *it = lying.clone());
        let error = prove_within(bounds, &mut world);
        let SignInError::Stretching(error) = error else {
            panic!("not refused for the work: {error}");
        };
        assert_eq!(
            matches!(error, StretchingError::TooWeak { .. }),
            is_weak,
            "{error}"
        );
    }
}

fn prove_within(bounds: StretchingBounds, world: &mut World) -> SignInError {
    use sso_sync::admin::client::SignIn;
    let (waiting, message) = SignIn::begin(
        domain(),
        name("alice"),
        crate::world::new_password(PASSWORD),
        bounds,
        &mut SystemRandomness,
    )
    .unwrap();
    let answer = read(&world.begin(&wire::encode(&message)));
    waiting.prove(&answer, &mut SystemRandomness).unwrap_err()
}

#[test]
fn other_work_within_the_bounds_opens_nothing() {
    let mut world = World::with_alice();
    lie(&mut world, |account| {
        account.dangerously_with_stretching(Stretching::of(32, 1, 1))
    });
    assert_eq!(
        world.sign_in("alice", PASSWORD).unwrap_err(),
        SignInError::WrongPassword
    );
}

#[test]
fn an_envelope_of_another_administrator_is_not_opened() {
    let mut world = World::with_alice();
    world.register("bob", "another long password");
    let bobs = account(&world, "bob");
    lie(&mut world, |account| {
        account.dangerously_with_envelope_of(&bobs)
    });
    let error = world.sign_in("alice", PASSWORD).unwrap_err();
    assert_eq!(error, SignInError::Envelope(EnvelopeError::Foreign));
}

#[test]
fn an_envelope_of_an_earlier_password_is_not_opened() {
    let mut world = World::with_alice();
    let before = account(&world, "alice");
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    world
        .change_password("alice", &signed_in, "another long password")
        .unwrap();
    lie(&mut world, |account| {
        account.dangerously_with_envelope_of(&before)
    });
    let error = world.sign_in("alice", "another long password").unwrap_err();
    assert_eq!(error, SignInError::Envelope(EnvelopeError::Foreign));
}

#[test]
fn a_hub_that_counts_wrongly_is_found_out() {
    let mut world = World::with_alice();
    lie(&mut world, |account| account.dangerously_with_generation(7));
    let error = world.sign_in("alice", PASSWORD).unwrap_err();
    assert_eq!(error, SignInError::Envelope(EnvelopeError::Foreign));
}

#[test]
fn a_hub_that_went_back_is_found_out_where_the_later_state_was_seen() {
    let mut world = World::with_alice();
    let before = account(&world, "alice");
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    world
        .change_password("alice", &signed_in, "another long password")
        .unwrap();
    let later = world
        .sign_in("alice", "another long password")
        .unwrap()
        .seen;

    lie(&mut world, |_| before.clone());
    let with_the_new = world.sign_in("alice", "another long password").unwrap_err();
    assert_eq!(with_the_new, SignInError::WrongPassword);
    let proven = world.prove("alice", PASSWORD).unwrap();
    let with_the_old = world.tell(&proven, None, Some(&later)).unwrap_err();
    assert_eq!(with_the_old, SignInError::RolledBack { found: 1, seen: 2 });
}

#[test]
fn another_domain_under_the_same_name_is_found_out() {
    let mut world = World::with_alice();
    let elsewhere = Seen {
        genesis: DomainId::new([9; 32]),
        generation: 1,
    };
    let proven = world.prove("alice", PASSWORD).unwrap();
    let error = world.tell(&proven, None, Some(&elsewhere)).unwrap_err();
    assert!(
        matches!(error, SignInError::AnotherDomain { .. }),
        "{error}"
    );
}

#[test]
fn a_session_lasts_an_hour_and_tells_its_age() {
    let mut world = World::with_alice();
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    let session = world.sessions.get(&signed_in.session.id()).unwrap();
    let account = account(&world, "alice");
    let after = |seconds| NOON.later(std::time::Duration::from_secs(seconds));
    assert_eq!(session.age(after(90)).as_secs(), 90);
    assert_eq!(session.check(Some(&account), after(3599)), Ok(()));
    assert_eq!(
        session.check(Some(&account), after(3600)),
        Err(SessionOver::Expired)
    );
    assert_eq!(session.check(None, NOON), Err(SessionOver::Ended));
    assert_eq!(
        session.end().check(Some(&account), NOON),
        Err(SessionOver::Ended)
    );
    assert_eq!(signed_in.session.remaining(after(3599)).as_secs(), 1);
    assert_eq!(signed_in.session.remaining(after(3600)).as_secs(), 0);
}

#[test]
fn a_session_of_one_administrator_is_none_of_another() {
    let mut world = World::with_alice();
    world.register("bob", "another long password");
    let signed_in = world.sign_in("alice", PASSWORD).unwrap();
    let session = world.sessions.get(&signed_in.session.id()).unwrap();
    let bobs = account(&world, "bob");
    assert_eq!(session.check(Some(&bobs), NOON), Err(SessionOver::Ended));
}

#[test]
fn nothing_that_the_hub_stores_or_hears_holds_the_password_or_the_keys() {
    let mut world = World::new();
    let (credentials, code) = world.register("alice", PASSWORD);
    let (waiting, begun) = begin("alice", PASSWORD);
    let answer = read(&world.begin(&wire::encode(&begun)));
    let proven = waiting.prove(&answer, &mut SystemRandomness).unwrap();
    let finish = wire::encode(&proven.finish(None));
    let granted = world.finish(&finish);

    let account = wire::encode(&account(&world, "alice"));
    let session = wire::encode(world.sessions.values().next().unwrap());
    let (signing, unsealing) = credentials.keys.expose();
    let code = code.to_text().replace('-', "");
    for bytes in [&wire::encode(&begun), &finish, &granted, &account, &session] {
        for secret in [PASSWORD.as_bytes(), signing, unsealing, code.as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[test]
fn debug_shows_no_secret() {
    let mut world = World::new();
    let (credentials, _) = world.register("alice", PASSWORD);
    let (waiting, _) = begin("alice", PASSWORD);
    let proven = world.prove("alice", PASSWORD).unwrap();
    let outcome = world.tell(&proven, None, None).unwrap();
    assert_eq!(
        format!("{waiting:?}"),
        "SignIn(alice@example.com to example, …)"
    );
    assert_eq!(
        format!("{proven:?}"),
        "Proven(alice@example.com to example, …)"
    );
    assert!(matches!(outcome, Outcome::SignedIn(_)));
    let shown = format!("{outcome:?}{:?}", world.hub);
    let (signing, _) = credentials.keys.expose();
    assert!(!shown.contains(&format!("{signing:?}")), "{shown}");
}

fn account(world: &World, who: &str) -> sso_sync::admin::hub::Account {
    let mut all = world.accounts.values();
    all.find(|it| *it.administrator() == name(who))
        .unwrap()
        .clone()
}

/// Changes alice's account behind her back.
fn lie(
    world: &mut World,
    forge: impl Fn(&sso_sync::admin::hub::Account) -> sso_sync::admin::hub::Account,
) {
    for account in world.accounts.values_mut() {
        if *account.administrator() == name("alice") {
            *account = forge(account);
        }
    }
}
