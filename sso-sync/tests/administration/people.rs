//! Administrators invite, add and revoke each other.

use std::time::Duration;

use sso_sync::admin::client::RegisterError;
use sso_sync::admin::{Invitation, OneTimeId};
use sso_sync::administration::AdministrationError;
use sso_sync::chain::{Permissions, Refusal};

use crate::world::{World, alice, bob, node, password, save};

#[tokio::test]
async fn an_invited_person_becomes_an_administrator_once_the_keys_are_added() {
    let (world, mut founder) = World::founded().await;
    save(&mut founder, 0, &[("a", "1")]).await;
    let invited = founder.invite(&bob(), Invitation::LIFE).await.unwrap();
    let absent = founder
        .add_administrator(&bob(), &invited.id, Permissions::SSO)
        .await;
    assert!(matches!(absent, Err(AdministrationError::NotRegistered(_))));

    let office = world.office();
    let invitation = Invitation::parse(&invited.invitation.to_text()).unwrap();
    let accepted = office.accept(&invitation, &password()).await.unwrap();
    let early = world.sign_in(bob(), None).await.unwrap_err();
    assert!(
        early
            .to_string()
            .contains("ask the administrator who sent the invitation"),
        "{early}"
    );
    let waiting = founder.waiting().await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0].name, waiting[0].id), (&bob(), accepted.id));

    let id = OneTimeId::parse(&invited.id.to_string()).unwrap();
    let added = founder
        .add_administrator(&bob(), &id, Permissions::SSO)
        .await;
    assert_eq!(added.unwrap(), accepted.id);
    assert_eq!(founder.waiting().await.unwrap().len(), 0);
    let mut signed_in = world.sign_in(bob(), None).await.unwrap();
    assert_eq!(signed_in.permissions(), Permissions::SSO);
    assert_eq!(signed_in.current().unwrap().0, 1);
    signed_in.enrol("sso1", &node(1)).await.unwrap();
    let listed = signed_in.administrators();
    let names: Vec<_> = listed
        .iter()
        .map(|it| (it.name.as_str(), it.by.as_str()))
        .collect();
    let alice = alice().to_string();
    assert_eq!(
        names,
        [
            (alice.as_str(), alice.as_str()),
            ("bob@example.com", alice.as_str())
        ]
    );
}

#[tokio::test]
async fn an_invitation_is_good_until_it_expires() {
    let (world, mut founder) = World::founded().await;
    let life = Duration::from_secs(60);
    let used = founder.invite(&bob(), life).await.unwrap();
    world.wait(Duration::from_secs(59));
    world
        .office()
        .accept(&used.invitation, &password())
        .await
        .unwrap();
    let late = founder.invite(&bob(), life).await.unwrap();
    world.wait(life);
    let other = crate::world::typed("some other password");
    let refused = world.office().accept(&late.invitation, &other).await;
    let Err(AdministrationError::Register(error)) = refused else {
        panic!("it has expired");
    };
    assert_eq!(error, RegisterError::InvitationOver);
}

#[tokio::test]
async fn a_revoked_administrator_has_nothing_left() {
    let (world, mut founder) = World::founded().await;
    let mut bob_in = world.with_bob(&mut founder, Permissions::ALL).await;
    let id = bob_in.id();
    assert_eq!(founder.revoke_administrator(id).await.unwrap(), 2);
    assert_eq!(founder.revoke_administrator(id).await.unwrap(), 2, "again");
    assert!(bob_in.refresh().await.is_err());
    let refused = world.sign_in(bob(), None).await.unwrap_err();
    assert!(refused.to_string().contains("revoked"), "{refused}");
    save(&mut founder, 0, &[("a", "1")]).await;
}

#[tokio::test]
async fn whoever_was_revoked_comes_back_with_new_keys() {
    let (world, mut founder) = World::founded().await;
    let first = world.with_bob(&mut founder, Permissions::ALL).await;
    founder.revoke_administrator(first.id()).await.unwrap();
    let second = world.with_bob(&mut founder, Permissions::SSO).await;
    assert_ne!(second.id(), first.id());
    assert_eq!(second.permissions(), Permissions::SSO);
}

#[tokio::test]
async fn nobody_gives_more_than_there_is() {
    let (world, mut founder) = World::founded().await;
    let mut bob_in = world
        .with_bob(&mut founder, Permissions::ADMINISTRATORS)
        .await;
    let carol = sso_sync::admin::AdministratorName::parse("carol@example.com").unwrap();
    let invited = bob_in.invite(&carol, Invitation::LIFE).await.unwrap();
    world
        .office()
        .accept(&invited.invitation, &password())
        .await
        .unwrap();
    let refused = bob_in
        .add_administrator(&carol, &invited.id, Permissions::ALL)
        .await;
    assert!(matches!(refused, Err(AdministrationError::Lacks(_))));
    let given = bob_in
        .add_administrator(&carol, &invited.id, Permissions::ADMINISTRATORS)
        .await;
    given.unwrap();
}

#[tokio::test]
async fn inviting_and_revoking_take_the_permission() {
    let (world, mut founder) = World::founded().await;
    let mut bob_in = world.with_bob(&mut founder, Permissions::SSO).await;
    let refused = bob_in.invite(&alice(), Invitation::LIFE).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::Lacks("Administrators")),
        "{refused}"
    );
    let refused = bob_in.revoke_administrator(founder.id()).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::Lacks("Administrators")),
        "{refused}"
    );
}

#[tokio::test]
async fn one_with_everything_stays() {
    let (world, mut founder) = World::founded().await;
    let refused = founder
        .revoke_administrator(founder.id())
        .await
        .unwrap_err();
    assert!(matches!(refused, AdministrationError::Yourself));
    let mut bob_in = world
        .with_bob(&mut founder, Permissions::ADMINISTRATORS)
        .await;
    let refused = bob_in.revoke_administrator(founder.id()).await.unwrap_err();
    let last = matches!(
        refused,
        AdministrationError::Refused(Refusal::LastAdministrator)
    );
    assert!(last, "{refused}");
    let nobody = founder
        .revoke_administrator(node(9).id())
        .await
        .unwrap_err();
    assert!(matches!(nobody, AdministrationError::UnknownMember(_)));
}
