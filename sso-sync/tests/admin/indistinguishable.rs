//! What a hub says to who is no administrator has the shape of what it says to who is one.

use sso_sync::admin::{Answer, Stretching, wire};

use crate::world::{NOON, World, begin, read};

#[test]
fn a_challenge_has_the_same_shape_for_everybody() {
    let mut world = World::with_alice();
    // Alice registered like everybody, in production.
    for account in world.accounts.values_mut() {
        *account = account.dangerously_with_stretching(Stretching::DEFAULT);
    }
    let shapes: Vec<_> = ["alice", "carol"]
        .map(|who| {
            world.now = NOON;
            world.address = format!("203.0.{}.1", who.as_bytes()[0]).parse().unwrap();
            shape(&world.begin(&wire::encode(&begin(who, "some password").1)))
        })
        .into();
    assert_eq!(shapes[0], shapes[1]);
}

#[test]
fn the_shape_does_not_tell_how_often_a_password_was_changed() {
    let mut world = World::with_alice();
    let mut shapes = Vec::new();
    for generation in [1, 24, u64::MAX] {
        for account in world.accounts.values_mut() {
            *account = account.dangerously_with_generation(generation);
        }
        shapes.push(shape(
            &world.begin(&wire::encode(&begin("alice", "some password").1)),
        ));
    }
    assert!(shapes.iter().all(|it| *it == shapes[0]), "{shapes:?}");
}

#[test]
fn the_oblivious_part_is_the_same_for_one_name_each_time() {
    let mut world = World::with_alice();
    let message = wire::encode(&begin("mallory", "some password").1);
    let evaluated = |answer: &[u8]| match read(answer) {
        Answer::Challenge(challenge) => challenge.evaluated().to_vec(),
        other => panic!("no challenge: {other:?}"),
    };
    let (one, two) = (
        evaluated(&world.begin(&message)),
        evaluated(&world.begin(&message)),
    );
    assert_eq!(one, two);
    let other = wire::encode(&begin("malory", "some password").1);
    assert_ne!(one, evaluated(&world.begin(&other)));
}

#[test]
fn an_end_that_nobody_began_is_refused_like_a_wrong_one() {
    let mut world = World::with_alice();
    let (_, message) = begin("mallory", "some password");
    let Answer::Challenge(challenge) = read(&world.begin(&wire::encode(&message))) else {
        panic!("no challenge");
    };
    let finish = challenge.dangerously_finished_with([7; 64]);
    assert_eq!(read(&world.finish(&wire::encode(&finish))), Answer::Refused);
    let (_, message) = begin("alice", "some password");
    let Answer::Challenge(challenge) = read(&world.begin(&wire::encode(&message))) else {
        panic!("no challenge");
    };
    let finish = challenge.dangerously_finished_with([7; 64]);
    assert_eq!(read(&world.finish(&wire::encode(&finish))), Answer::Refused);
}

/// The kinds and lengths of everything in a message.
fn shape(bytes: &[u8]) -> Vec<String> {
    minicbor::decode::Tokenizer::new(bytes)
        .map(|token| match token.unwrap() {
            minicbor::data::Token::Bytes(bytes) => format!("{} bytes", bytes.len()),
            other => format!("{other:?}"),
        })
        .collect()
}
