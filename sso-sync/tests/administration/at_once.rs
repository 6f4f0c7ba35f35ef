//! Two administrators at once.

use sso_sync::administration::Saving;
use sso_sync::chain::Permissions;

use crate::world::{World, alice, document, node, save};

#[tokio::test]
async fn of_two_who_save_different_fields_both_win() {
    let (world, mut founder) = World::founded().await;
    save(&mut founder, 0, &[("a", "1"), ("b", "1")]).await;
    let mut bob = world.with_bob(&mut founder, Permissions::ALL).await;
    let one = document(&[("a", "2"), ("b", "1")]);
    let other = document(&[("a", "1"), ("b", "2")]);
    let (one, other) = tokio::join!(founder.save(1, &one), bob.save(1, &other));
    assert!(matches!(one.unwrap(), Saving::Saved(_)));
    assert!(matches!(other.unwrap(), Saving::Saved(_)));
    founder.refresh().await.unwrap();
    let expected = (3, document(&[("a", "2"), ("b", "2")]));
    assert_eq!(founder.current().unwrap(), expected);
}

#[tokio::test]
async fn of_two_who_save_one_field_one_decides() {
    let (world, mut founder) = World::founded().await;
    save(&mut founder, 0, &[("a", "1")]).await;
    let mut bob = world.with_bob(&mut founder, Permissions::ALL).await;
    let (one, other) = (document(&[("a", "2")]), document(&[("a", "3")]));
    let (one, other) = tokio::join!(founder.save(1, &one), bob.save(1, &other));
    let outcomes = [one.unwrap(), other.unwrap()];
    let saved = outcomes.iter().filter(|it| matches!(it, Saving::Saved(_)));
    assert_eq!(saved.count(), 1);
}

#[tokio::test]
async fn two_who_revoke_one_server_revoke_it_once() {
    let (world, mut founder) = World::founded().await;
    founder.enrol("sso1", &node(1)).await.unwrap();
    let mut bob = world.with_bob(&mut founder, Permissions::ALL).await;
    let id = node(1).id();
    let (one, other) = tokio::join!(founder.revoke_server(id), bob.revoke_server(id));
    assert_eq!((one.unwrap(), other.unwrap()), (2, 2));
    assert_eq!(founder.chain().nodes().count(), 0);
}

#[tokio::test]
async fn two_who_revoke_two_servers_start_two_epochs_and_both_go_on() {
    let (world, mut founder) = World::founded().await;
    founder.enrol("sso1", &node(1)).await.unwrap();
    founder.enrol("sso2", &node(2)).await.unwrap();
    let mut bob = world.with_bob(&mut founder, Permissions::ALL).await;
    let (one, other) = (node(1).id(), node(2).id());
    let (one, other) = tokio::join!(founder.revoke_server(one), bob.revoke_server(other));
    let mut epochs = [one.unwrap(), other.unwrap()];
    epochs.sort_unstable();
    assert_eq!(epochs, [2, 3]);
    for administrator in [&mut founder, &mut bob] {
        administrator.refresh().await.unwrap();
        assert_eq!(administrator.ring().newest(), 3);
    }
    save(&mut bob, 0, &[("a", "1")]).await;
    let signed_in = world.sign_in(alice(), None).await.unwrap();
    assert_eq!(signed_in.current().unwrap().0, 1);
}

#[tokio::test]
async fn of_two_who_revoke_each_other_one_stays() {
    let (world, mut founder) = World::founded().await;
    let mut bob = world.with_bob(&mut founder, Permissions::ALL).await;
    let (one, other) = (bob.id(), founder.id());
    let (one, other) = tokio::join!(
        founder.revoke_administrator(one),
        bob.revoke_administrator(other)
    );
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
}

#[tokio::test]
async fn of_two_who_enrol_one_name_one_chooses_another() {
    let (world, mut founder) = World::founded().await;
    let mut bob = world.with_bob(&mut founder, Permissions::ALL).await;
    let (one, other) = (node(1), node(2));
    let (one, other) = tokio::join!(founder.enrol("sso", &one), bob.enrol("sso", &other));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    founder.refresh().await.unwrap();
    assert_eq!(founder.chain().nodes().count(), 1);
}
