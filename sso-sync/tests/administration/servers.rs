//! Servers are listed, and can be revoked.

use std::sync::Arc;
use std::time::Duration;

use sso_sync::Digest;
use sso_sync::administration::{AdministrationError, Administrator, Told};
use sso_sync::chain::{FeedMark, Permissions};
use sso_sync::link::HubClient;
use sso_sync::seal::MemberId;
use sso_sync::status::ServerStatus;
use sso_sync::store::Seq;
use sso_sync::wire::{Beat, BeatBody, Beats, ChainMark, Code, Message as _, Signed};

use crate::world::{World, node, save};

#[tokio::test]
async fn a_server_is_listed_with_what_it_tells() {
    let (world, mut alice) = World::founded().await;
    alice.enrol("sso2", &node(2)).await.unwrap();
    alice.enrol("sso1", &node(1)).await.unwrap();
    save(&mut alice, 0, &[("a", "1")]).await;
    let client = HubClient::new(Arc::clone(&world.link) as _, alice.domain(), node(1));
    client.beat(beat(&alice, 1, &status())).await.unwrap();
    let servers = alice.servers().await.unwrap();
    let [one, two] = servers.as_slice() else {
        panic!("two servers");
    };
    assert_eq!(
        (one.name.as_str(), one.id, one.program.as_str()),
        ("sso1", node(1).id(), "1.0.0")
    );
    assert_eq!(
        (one.by.as_str(), one.since),
        ("alice@example.com", world.now().as_secs())
    );
    let Told::Status {
        status: told,
        records_behind,
        revisions_behind,
        statements_behind,
    } = &one.told
    else {
        panic!("{:?}", one.told);
    };
    assert_eq!((**told).clone(), status());
    let behind = (*records_behind, *revisions_behind, *statements_behind);
    assert_eq!(behind, (0, 0, 1));
    assert!(matches!(two.told, Told::Nothing));
}

#[tokio::test]
async fn what_a_server_did_not_say_is_not_believed() {
    let (world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    alice.enrol("sso2", &node(2)).await.unwrap();
    let signed_by_another = {
        let mut body = body(&alice, 1, &status());
        body.node = node(2).id();
        Beat::sign(&body, &node(1))
    };
    let of_another_beat = {
        let mut body = body(&alice, 1, &status());
        body.counter += 1;
        Beat::sign(&body, &node(1))
    };
    let beats = [signed_by_another, of_another_beat].map(Signed::into_bytes);
    world
        .link
        .lie("/beats", Beats(beats.to_vec()).to_bytes().into());
    let servers = alice.servers().await.unwrap();
    assert!(
        servers
            .iter()
            .all(|it| matches!(it.told, Told::Disbelieved)),
        "{servers:?}"
    );
}

#[tokio::test]
async fn a_revoked_server_fetches_nothing_more_and_those_who_stay_have_the_new_key() {
    let (world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    let stays = alice.enrol("sso2", &node(2)).await.unwrap();
    let client = HubClient::new(Arc::clone(&world.link) as _, alice.domain(), node(1));
    client.statements(0).await.unwrap();
    let epoch = alice.revoke_server(node(1).id()).await.unwrap();
    assert_eq!(epoch, 2);
    save(&mut alice, 0, &[("a", "1")]).await;
    let refused = client.head(None, Duration::ZERO).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Revoked));
    let told = client.statements(0).await.unwrap();
    assert_eq!(told.len(), 4, "why, and nothing later");
    let unlock =
        |number| sso_sync::administration::unlock(alice.chain(), alice.statements(), &node(number));
    assert!(unlock(1).is_err());
    assert_eq!(unlock(2).unwrap().newest(), 2);
    assert_eq!(stays.node, node(2).id());
    assert_eq!(alice.servers().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_that_says_goodbye_leaves_sessions_behind_until_it_is_revoked_after_all() {
    let (world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    alice.enrol("sso2", &node(2)).await.unwrap();
    assert_eq!(alice.retire_server(&node(1), &[]).await.unwrap(), 2);
    assert!(alice.chain().is_outlived(node(1).id()));
    assert_eq!(alice.retire_server(&node(1), &[]).await.unwrap(), 2, "once");
    let client = HubClient::new(Arc::clone(&world.link) as _, alice.domain(), node(1));
    let refused = client.head(None, Duration::ZERO).await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Revoked));
    assert_eq!(alice.revoke_server(node(1).id()).await.unwrap(), 3);
    assert!(!alice.chain().is_outlived(node(1).id()));
    assert_eq!(alice.revoke_server(node(1).id()).await.unwrap(), 3, "once");
}

#[tokio::test]
async fn only_a_server_of_the_domain_says_goodbye() {
    let (_world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    let stranger = alice.retire_server(&node(9), &[]).await;
    assert!(matches!(
        stranger,
        Err(AdministrationError::UnknownMember(_))
    ));
}

#[tokio::test]
async fn a_batch_is_judged_once() {
    let (world, mut alice) = World::founded().await;
    let (hash, commitment) = (Digest::new([1; 32]), Digest::new([2; 32]));
    for live in [7, 7, 8] {
        let judged = alice.judge_batch(Seq::new(3), hash, commitment, live).await;
        judged.unwrap();
        assert_eq!(alice.chain().judgement(&hash).unwrap().live, live);
    }
    assert_eq!(alice.chain().len(), 3);
    let mut bob = world
        .with_bob(&mut alice, Permissions::ADMINISTRATORS)
        .await;
    let refused = bob.judge_batch(Seq::new(3), hash, commitment, 9).await;
    assert!(matches!(refused, Err(AdministrationError::Lacks("SSO"))));
}

#[tokio::test]
async fn only_servers_are_revoked_as_servers() {
    let (_world, mut alice) = World::founded().await;
    for id in [alice.id(), node(1).id(), MemberId::NOBODY] {
        let refused = alice.revoke_server(id).await.unwrap_err();
        assert!(matches!(refused, AdministrationError::UnknownMember(it) if it == id));
    }
}

/// A server tells that it runs now.
pub(crate) async fn tell(world: &World, administrator: &Administrator, number: u8) {
    let link = Arc::clone(&world.link) as _;
    let client = HubClient::new(link, administrator.domain(), node(number));
    let mut status = status();
    status.time = world.now().as_secs();
    let beat = beat(administrator, number, &status);
    client.beat(beat).await.unwrap();
}

fn beat(alice: &Administrator, number: u8, status: &ServerStatus) -> Signed {
    Beat::sign(&body(alice, number, status), &node(number))
}

fn body(alice: &Administrator, number: u8, status: &ServerStatus) -> BeatBody {
    let keys = Arc::clone(&node(number));
    let (position, hash) = (2, alice.chain().hash_at(2).unwrap_or(Digest::ZERO));
    BeatBody {
        format: BeatBody::FORMAT,
        suite: BeatBody::SUITE,
        domain: alice.domain(),
        node: keys.id(),
        counter: 1,
        head: FeedMark {
            seq: Seq::START,
            hash: Digest::new(*alice.domain().as_bytes()),
        },
        chain: ChainMark { position, hash },
        heard: Vec::new(),
        sealed: status.seal(alice.ring(), keys.id(), 1).unwrap(),
    }
}

fn status() -> ServerStatus {
    let mut status = ServerStatus::default();
    status.name = "sso1".into();
    status.address = "https://sso1.example.com".into();
    status.revision = 1;
    status
}
