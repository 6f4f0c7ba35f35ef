//! A server with many threads does it as well.

use std::time::Duration;

use sso_sync::admin::{AdministratorName, Invitation, OneTimeId, RecoveryCode};
use sso_sync::administration::{Administrator, Founding, NoCode, Office};
use sso_sync::chain::{Permissions, Policy};
use sso_sync::hub::InvitationCode;
use sso_sync::seal::ConfigDocument;

use crate::world::{World, alice, node, password, save, typed, who};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_works_on_any_thread() {
    let (world, founder) = World::founded().await;
    let office = world.office();
    let signed_in = tokio::spawn(async move {
        let mut codes = NoCode;
        let who = who("example", alice());
        office.sign_in(who, password(), None, &mut codes).await
    });
    let mut there = signed_in.await.unwrap().unwrap();
    let saved = tokio::spawn(async move {
        save(&mut there, 0, &[("a", "1")]).await;
        there.enrol("sso1", &node(1)).await.unwrap();
        there
    });
    assert_eq!(saved.await.unwrap().id(), founder.id());
}

#[test]
fn everything_can_be_spawned() {
    let office = |office: Office, invitation: Invitation, code: InvitationCode| {
        can_be_spawned(async move {
            let founding = Founding::from_bytes(&[]).unwrap();
            let begun = office
                .found(&founding, &invitation, &code, &password())
                .await;
            begun.unwrap();
            office.accept(&invitation, &password()).await.unwrap();
            office.resume(&[]).await.unwrap();
            let (who, code) = (who("example", alice()), RecoveryCode::parse("").unwrap());
            let new = typed("a new password");
            office
                .recover(&who, &code, &new, &mut NoCode)
                .await
                .unwrap();
        });
    };
    let administrator =
        |mut alice: Administrator, name: AdministratorName, id: OneTimeId, policy: Policy| {
            can_be_spawned(async move {
                alice.save(0, &ConfigDocument::new()).await.unwrap();
                alice.rollback(0).await.unwrap();
                alice.servers().await.unwrap();
                alice.revoke_server(alice.id()).await.unwrap();
                alice.start_epoch().await.unwrap();
                alice.invite(&name, Duration::ZERO).await.unwrap();
                alice.waiting().await.unwrap();
                let added = alice.add_administrator(&name, &id, Permissions::ALL);
                added.await.unwrap();
                alice.set_policy(&policy).await.unwrap();
                alice.announce_deletion("", Duration::ZERO).await.unwrap();
                alice.propose_second_factor(None).await.unwrap();
                alice.change_password(password()).await.unwrap();
            });
        };
    // They are never called: that this compiles is the promise.
    let _ = (office, administrator);
}

fn can_be_spawned(_: impl Send) {}
