//! Guessing is slowed down, and nobody is locked out by who guesses.

use sso_sync::admin::client::SignInError;
use sso_sync::admin::{Answer, wire};

use crate::world::{PASSWORD, World, begin, read};

#[test]
fn five_wrong_passwords_are_free_and_then_it_takes_ten_seconds() {
    let mut world = World::with_alice();
    guess(&mut world, "alice", 5);
    assert_eq!(
        world.sign_in("alice", PASSWORD).unwrap_err(),
        SignInError::TryLater(10)
    );
    world.wait(9);
    assert_eq!(
        world.sign_in("alice", PASSWORD).unwrap_err(),
        SignInError::TryLater(1)
    );
    world.wait(1);
    assert!(world.sign_in("alice", PASSWORD).is_ok());
}

#[test]
fn a_success_resets_the_count() {
    let mut world = World::with_alice();
    for _ in 0..3 {
        guess(&mut world, "alice", 4);
        assert!(world.sign_in("alice", PASSWORD).is_ok());
    }
}

#[test]
fn a_guesser_who_never_finishes_is_counted_as_well() {
    let mut world = World::with_alice();
    for _ in 0..5 {
        // The client knows already whether it guessed right; the hub hears nothing more.
        assert!(world.prove("alice", PASSWORD).is_ok());
    }
    assert_eq!(
        world.prove("alice", PASSWORD).unwrap_err(),
        SignInError::TryLater(10)
    );
}

#[test]
fn one_source_does_not_get_five_tries_for_every_name() {
    let mut world = World::with_alice();
    for who in ["a", "b", "c", "d", "e"] {
        knock(&mut world, who);
    }
    assert_eq!(
        world.prove("alice", PASSWORD).unwrap_err(),
        SignInError::TryLater(10)
    );
    world.address = "198.51.100.1".parse().unwrap();
    assert!(world.prove("alice", PASSWORD).is_ok());
}

#[test]
fn names_that_do_not_exist_are_throttled_like_those_that_do() {
    let mut world = World::with_alice();
    let mut answers = Vec::new();
    for who in ["alice", "mallory"] {
        world.address = format!("203.0.{}.1", who.len()).parse().unwrap();
        (0..5).for_each(|_| knock(&mut world, who));
        answers.push(world.prove(who, PASSWORD).unwrap_err());
    }
    assert_eq!(answers[0], SignInError::TryLater(10));
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn an_attacker_elsewhere_keeps_nobody_out_where_they_have_signed_in_before() {
    let mut world = World::with_alice();
    assert!(world.sign_in("alice", PASSWORD).is_ok());
    let home = world.address;
    for network in 0..5 {
        world.address = format!("203.0.{network}.1").parse().unwrap();
        guess(&mut world, "alice", 1);
    }
    world.address = "198.51.100.1".parse().unwrap();
    assert_eq!(
        world.prove("alice", PASSWORD).unwrap_err(),
        SignInError::TryLater(10)
    );
    world.address = home;
    assert!(world.sign_in("alice", PASSWORD).is_ok());
}

fn guess(world: &mut World, who: &str, times: usize) {
    for _ in 0..times {
        let error = world.prove(who, "a wrong password").unwrap_err();
        assert_eq!(error, SignInError::WrongPassword);
    }
}

/// Begins a sign-in and goes away.
fn knock(world: &mut World, who: &str) {
    let (_, message) = begin(who, "some password");
    let answer = read(&world.begin(&wire::encode(&message)));
    assert!(matches!(answer, Answer::Challenge(_)), "{answer:?}");
}
