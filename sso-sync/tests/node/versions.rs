//! Servers of two versions, old and new, reading and writing what the other wrote.

use sso_sync::chain::{Action, Policy};
use sso_sync::node::{NodeSettings, Records as _};
use sso_sync::seal::{MemberId, RecordBody, pretended};
use sso_sync::store::{DomainStore as _, Feed, Seq};

use crate::server::Server;
use crate::world::{World, account, first_name, keys, profile};

#[tokio::test(start_paused = true)]
async fn in_a_window_both_write_in_the_old_schema_and_read_each_other() {
    let mut world = World::with(&[1, 2]).await;
    open_window(&mut world).await;
    let (old, new) = (world.start(1).await, world.start_with(2, newer(2)).await);
    for (writer, reader, name) in [(&old, &new, "alice"), (&new, &old, "bob")] {
        writer.sign_up(name).await.unwrap();
        reader.until_level(&world).await;
        assert!(reader.find(name).await.unwrap().is_some(), "{name}");
        let id = reader.node.ring().record_id(&account(name));
        let kept = reader.node.update_later(id, profile("changed"));
        kept.await.unwrap();
        reader.until(|it| it.waiting == 0).await;
        writer.until_level(&world).await;
        let held = writer.find(name).await.unwrap().unwrap();
        assert_eq!(first_name(&held).as_deref(), Some("changed"), "{name}");
    }
    assert_eq!(schemas(&world).await, [1, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_left_behind_serves_whom_it_knows_and_catches_up_when_it_is_updated() {
    let mut world = World::with(&[1, 2]).await;
    world.revise("first").await;
    open_window(&mut world).await;
    let (old, new) = (world.start(1).await, world.start_with(2, newer(2)).await);
    old.sign_up("alice").await.unwrap();
    new.until_level(&world).await;
    finalize(&mut world, vec![keys(1).id()]).await;
    new.until(|it| it.policy.schema() == 2).await;
    change(&new, "alice").await;
    new.sign_up("bob").await.unwrap();
    world.revise("second").await;

    old.until(|it| it.phase.word() == "frozen" && it.refused.is_some())
        .await;
    serves_alice_as_she_was(&old).await;
    assert_eq!(old.status().revision, 1, "the last good one");
    let place = old.stop().await;
    let old = world.restart(1, place).await;
    old.until(|it| it.phase.word() == "frozen").await;
    serves_alice_as_she_was(&old).await;
    assert!(old.sign_up("carol").await.is_err(), "it writes nothing");

    let place = old.stop().await;
    let updated = world.restart_with(1, place, newer(1)).await;
    updated.until_level(&world).await;
    let alice = updated.find("alice").await.unwrap().unwrap();
    assert_eq!(first_name(&alice).as_deref(), Some("changed"));
    assert!(updated.find("bob").await.unwrap().is_some());
    updated.sign_up("carol").await.unwrap();
    assert_eq!(updated.status().revision, 2);
    assert_eq!(schemas(&world).await, [1, 2, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_was_written_before_the_schema_rose_is_read_and_written_again_in_the_new_one() {
    let mut world = World::with(&[1]).await;
    let one = world.start(1).await;
    one.sign_up("alice").await.unwrap();
    let place = one.stop().await;
    open_window(&mut world).await;
    let one = world.restart_with(1, place, newer(1)).await;
    one.until_level(&world).await;
    finalize(&mut world, Vec::new()).await;
    one.until(|it| it.policy.schema() == 2).await;
    assert!(one.find("alice").await.unwrap().is_some());
    change(&one, "alice").await;
    assert_eq!(schemas(&world).await, [1, 2]);
}

async fn open_window(world: &mut World) {
    let policy = Policy::window(1, "1.0.0", NEWER);
    world.state(&Action::PolicySet { policy }).await;
}

async fn finalize(world: &mut World, without: Vec<MemberId>) {
    let policy = Policy::pinned(pretended::SCHEMA, NEWER);
    let action = match without.is_empty() {
        true => Action::PolicySet { policy },
        false => Action::PolicySetWithout { policy, without },
    };
    world.state(&action).await;
}

async fn change(server: &Server, name: &str) {
    let id = server.node.ring().record_id(&account(name));
    let kept = server.node.update_later(id, profile("changed"));
    kept.await.unwrap();
    server.until(|it| it.waiting == 0).await;
}

async fn serves_alice_as_she_was(server: &Server) {
    let alice = server.find("alice").await.unwrap().unwrap();
    assert_ne!(first_name(&alice).as_deref(), Some("changed"));
}

/// The schema of every record, in the order in which they were written.
async fn schemas(world: &World) -> Vec<u64> {
    let domain = world.chain.domain();
    let feed = world.store.feed(&domain, Seq::START, usize::MAX).await;
    let Feed::Batches(batches) = feed.unwrap() else {
        panic!("nothing was compacted");
    };
    let records = batches.iter().flat_map(|it| it.batch.records());
    let schema = |body: &[u8]| RecordBody::parse(body).unwrap().schema();
    records.map(|it| schema(&it.body)).collect()
}

fn newer(number: u8) -> NodeSettings {
    let settings = NodeSettings::new(format!("server-{number}"), NEWER).seed(u64::from(number));
    settings.dangerously_knowing(pretended::SCHEMA)
}

const NEWER: &str = "2.0.0";
