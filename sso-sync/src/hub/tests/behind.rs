//! A hub that has lost something, and gets it back.

use super::*;
use crate::chain::FeedMark;
use crate::feed::tests::mark_of;
use crate::wire::{Beat, BeatBody, Beats, ChainMark, SealedStatus};

#[tokio::test]
async fn a_hub_that_hears_of_more_takes_writes_only_from_who_brings_it_back() {
    let mut world = World::with([1]).await;
    let lost = world.feed.draft(&[2]);
    let new = world.feed.draft(&[3]);
    let mut knows = world.node(1).await;
    let mut other = world.node(2).await;
    assert_eq!(
        world
            .get(&mut knows, "head?statements=3&seq=2")
            .await
            .code(),
        ""
    );
    let answer = world.commit(&mut other, &new).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (423, "behind"));
    assert_eq!(world.commit(&mut knows, &lost).await.code(), "");
    assert_eq!(world.commit(&mut other, &new).await.code(), "conflict");
    let names = world.audit.names();
    assert_eq!(names[names.len() - 2..], ["behind", "reseeded"]);
}

#[tokio::test]
async fn a_hub_that_lost_statements_takes_none_but_from_who_brings_them_back() {
    let world = World::with([]).await;
    let mut knows = world.node(1).await;
    let revised = world.feed.domain.revised(1, "x");
    let statement = world.feed.domain.sign(ADMINISTRATOR, &revised);
    world.get(&mut knows, "head?statements=4&seq=0").await;
    let mut administrator = world.administrator();
    let answer = world
        .post(&mut administrator, "chain?position=3", &statement)
        .await;
    assert_eq!(answer.code(), "behind");
    let answer = world.post(&mut knows, "chain?position=3", &statement).await;
    assert_eq!(answer.code(), "");
    assert!(world.audit.names().contains(&"reseeded"));
}

#[tokio::test]
async fn an_operator_may_go_on_without_what_is_lost() {
    let mut world = World::with([1]).await;
    let new = world.feed.draft(&[3]);
    let mut liar = world.node(2).await;
    world.get(&mut liar, "head?statements=3&seq=99").await;
    let mut node = world.node(1).await;
    assert_eq!(world.commit(&mut node, &new).await.code(), "behind");
    world.hub.go_on_without(world.id()).await.unwrap();
    assert_eq!(world.commit(&mut node, &new).await.code(), "");
}

#[tokio::test]
async fn the_word_of_a_revoked_server_does_not_count() {
    let mut world = World::with([1]).await;
    let mut liar = world.node(2).await;
    world.get(&mut liar, "head?statements=3&seq=99").await;
    let new = world.feed.draft(&[3]);
    let mut node = world.node(1).await;
    assert_eq!(world.commit(&mut node, &new).await.code(), "behind");
    let revoked = world.feed.domain.node_revoked(2);
    let statement = world.feed.domain.sign(ADMINISTRATOR, &revoked);
    let mut administrator = world.administrator();
    let path = "chain?position=3";
    assert_eq!(
        world
            .post(&mut administrator, path, &statement)
            .await
            .code(),
        ""
    );
    assert_eq!(world.commit(&mut node, &new).await.code(), "");
}

#[tokio::test]
async fn a_beat_is_kept_if_its_counter_rises() {
    let world = World::with([1]).await;
    let mut node = world.node(1).await;
    for (counter, code) in [(5, ""), (4, "conflict"), (5, ""), (6, "")] {
        let beat = Beat::sign(&beat(&world, 1, counter), &keys(1));
        let answer = world.put(&mut node, "beat", beat.bytes()).await;
        assert_eq!(answer.code(), code, "{counter}");
    }
    let beats: Beats = world.get(&mut node, "beats").await.read();
    let beats = beats.0.iter().map(|beat| Beat::parse(beat).unwrap());
    let counters: Vec<_> = beats.map(|beat| beat.body().counter).collect();
    assert_eq!(counters, [6]);
}

#[tokio::test]
async fn nobody_beats_for_another() {
    let world = World::with([1]).await;
    let mut node = world.node(2).await;
    let beat = Beat::sign(&beat(&world, 1, 1), &keys(1));
    let answer = world.put(&mut node, "beat", beat.bytes()).await;
    assert_eq!(answer.code(), "not-permitted");
}

#[tokio::test]
async fn a_beat_tells_that_the_hub_is_behind() {
    let mut world = World::with([1]).await;
    let new = world.feed.draft(&[3]);
    let mut body = beat(&world, 1, 1);
    body.head.seq = crate::store::Seq::new(7);
    let mut node = world.node(1).await;
    let beat = Beat::sign(&body, &keys(1));
    assert_eq!(world.put(&mut node, "beat", beat.bytes()).await.code(), "");
    let mut other = world.node(2).await;
    assert_eq!(world.commit(&mut other, &new).await.code(), "behind");
}

pub(super) fn beat(world: &World, number: u8, counter: u64) -> BeatBody {
    let (position, hash) = world.feed.domain.chain.head();
    let head = world.feed.batches.last().map(mark_of);
    BeatBody {
        format: BeatBody::FORMAT,
        suite: BeatBody::SUITE,
        domain: world.id(),
        node: keys(number).id(),
        counter,
        head: head.unwrap_or_else(|| FeedMark::start(&world.id())),
        chain: ChainMark { position, hash },
        heard: Vec::new(),
        sealed: SealedStatus {
            suite: 1,
            nonce: [4; 12],
            ciphertext: Bytes::from_static(b"sealed"),
        },
    }
}
