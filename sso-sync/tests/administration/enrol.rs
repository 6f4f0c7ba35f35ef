//! Servers join.

use sso_sync::administration::{AdministrationError, unlock};
use sso_sync::chain::{Chain, Permissions, Policy};

use crate::world::{World, alice, document, node, save};

#[tokio::test]
async fn a_server_that_joins_has_the_chain_and_opens_the_configuration() {
    let (_world, mut alice) = World::founded().await;
    save(&mut alice, 0, &[("host", "sso.example.com")]).await;
    let keys = node(1);
    let enrolled = alice.enrol("sso1", &keys).await.unwrap();
    assert_eq!(
        (enrolled.domain, enrolled.node),
        (alice.domain(), keys.id())
    );

    let mut chain = Chain::open(enrolled.domain, &enrolled.statements[0]).unwrap();
    for statement in &enrolled.statements[1..] {
        chain.append(statement).unwrap();
    }
    let ring = unlock(&chain, &enrolled.statements, &keys).unwrap();
    let revision = chain.configuration().unwrap();
    let (number, epoch) = (revision.number, revision.epoch);
    let opened = ring.open_document(number, epoch, revision.schema, &revision.sealed);
    assert_eq!(opened.unwrap(), document(&[("host", "sso.example.com")]));
    let nodes: Vec<_> = chain
        .nodes()
        .map(|(it, program)| (it.member().name(), program))
        .collect();
    assert_eq!(nodes, [("sso1", "1.0.0")]);
}

#[tokio::test]
async fn the_same_keys_are_enrolled_once() {
    let (_world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    let again = alice.enrol("sso1", &node(1)).await.unwrap();
    assert_eq!(again.statements.len(), 2);
}

#[tokio::test]
async fn a_program_outside_the_policy_changes_nothing_and_hears_both_versions() {
    let (world, _alice) = World::founded().await;
    let mut newer = world.alice_with("1.1.0").await;
    let refused = newer.enrol("sso1", &node(1)).await.unwrap_err();
    let said = refused.to_string();
    assert!(matches!(refused, AdministrationError::OutsidePolicy { .. }));
    assert!(
        said.contains("install version 1.0.0") && said.contains("upgrade start --to 1.1.0"),
        "{said}"
    );
    assert_eq!(newer.chain().len(), 1);
    let refused = newer
        .save(0, &document(&[("host", "x")]))
        .await
        .unwrap_err();
    assert!(matches!(refused, AdministrationError::OutsidePolicy { .. }));
}

#[tokio::test]
async fn both_versions_of_an_upgrade_window_join() {
    let (world, mut alice) = World::founded().await;
    alice
        .set_policy(&Policy::window(1, "1.0.0", "1.1.0"))
        .await
        .unwrap();
    alice.enrol("sso1", &node(1)).await.unwrap();
    world
        .alice_with("1.1.0")
        .await
        .enrol("sso2", &node(2))
        .await
        .unwrap();
    let refused = world
        .alice_with("1.2.0")
        .await
        .enrol("sso3", &node(3))
        .await
        .unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("1.0.0 and 1.1.0"), "{said}");
}

#[tokio::test]
async fn no_policy_shuts_a_server_out() {
    let (_world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    let policy = Policy::pinned(1, "1.1.0");
    let refused = alice.set_policy(&policy).await.unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("sso1 runs version 1.0.0"), "{said}");
    alice.revoke_server(node(1).id()).await.unwrap();
    alice.set_policy(&policy).await.unwrap();
    assert_eq!(*alice.chain().policy(), policy);
    alice.set_policy(&policy).await.unwrap();
    assert_eq!(alice.chain().len(), 4, "nothing is stated twice");
}

#[tokio::test]
async fn a_newer_schema_is_told() {
    let (_world, mut alice) = World::founded().await;
    alice.set_policy(&Policy::pinned(2, "1.0.0")).await.unwrap();
    let refused = alice.enrol("sso1", &node(1)).await.unwrap_err();
    let AdministrationError::NewerSchema { known, domain } = refused else {
        panic!("{refused}");
    };
    assert_eq!((known, domain), (1, 2));
}

#[tokio::test]
async fn two_servers_do_not_have_one_name() {
    let (_world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    let refused = alice.enrol("sso1", &node(2)).await.unwrap_err();
    assert!(
        matches!(&refused, AdministrationError::NameTaken { name, id } if name == "sso1" && *id == node(1).id())
    );
    alice.revoke_server(node(1).id()).await.unwrap();
    alice.enrol("sso1", &node(2)).await.unwrap();
}

#[tokio::test]
async fn the_keys_of_a_revoked_server_do_not_come_back() {
    let (_world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    alice.revoke_server(node(1).id()).await.unwrap();
    let refused = alice.enrol("sso1", &node(1)).await.unwrap_err();
    assert!(matches!(refused, AdministrationError::Revoked(id) if id == node(1).id()));
}

#[tokio::test]
async fn it_takes_the_permission() {
    let (world, mut alice) = World::founded().await;
    let mut bob = world
        .with_bob(&mut alice, Permissions::ADMINISTRATORS)
        .await;
    let refused = bob.enrol("sso1", &node(1)).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::Lacks("SSO")),
        "{refused}"
    );
    assert_eq!(bob.chain().nodes().count(), 0);
}

#[tokio::test]
async fn a_server_that_joins_after_an_epoch_opens_what_was_before() {
    let (world, mut founder) = World::founded().await;
    save(&mut founder, 0, &[("host", "old")]).await;
    assert_eq!(founder.start_epoch().await.unwrap(), 2);
    let keys = node(1);
    let enrolled = founder.enrol("sso1", &keys).await.unwrap();
    let ring = unlock(founder.chain(), &enrolled.statements, &keys).unwrap();
    assert_eq!(ring.newest(), 2);
    let alice = world.sign_in(alice(), None).await.unwrap();
    assert_eq!(alice.document(1).unwrap(), document(&[("host", "old")]));
}
