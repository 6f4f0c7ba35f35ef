//! The valid administrator of another company, on the same hub, gets nothing.

use std::sync::Arc;
use std::time::Duration;

use sso_sync::admin::client::SignInError;
use sso_sync::administration::{AdministrationError, NoCode};
use sso_sync::link::{CallError, HubClient};
use sso_sync::wire::{Code, SessionId};

use crate::world::{World, alice, node, password, save, typed, who};

#[tokio::test]
async fn the_password_of_another_domain_opens_nothing_here() {
    let (world, _) = World::founded().await;
    let papers = world.papers("other").await;
    let founding = world.founding(&papers);
    let office = world.office();
    let theirs = typed("the password of the other company");
    let founded = office
        .found(&founding, &papers.invitation, &papers.code, &theirs)
        .await;
    founded.unwrap();
    let refused = office
        .sign_in(who("example", alice()), theirs, None, &mut NoCode)
        .await;
    let Err(AdministrationError::SignIn(error)) = refused else {
        panic!("another domain");
    };
    assert_eq!(error, SignInError::WrongPassword);
    let ours = office
        .sign_in(who("other", alice()), password(), None, &mut NoCode)
        .await;
    assert!(ours.is_err());
}

#[tokio::test]
async fn a_member_of_another_domain_is_let_in_nowhere() {
    let (world, mut ours) = World::founded().await;
    save(&mut ours, 0, &[("a", "1")]).await;
    let mut theirs = world.found("other").await.administrator;
    theirs.enrol("sso1", &node(1)).await.unwrap();
    let statement = theirs.statements()[1].clone();
    let stranger = HubClient::new(Arc::clone(&world.link) as _, ours.domain(), node(1));
    let session = SessionId::new([7; 32]);
    let signed_in = HubClient::in_session(
        Arc::clone(&world.link) as _,
        ours.domain(),
        node(1),
        session,
    );
    for client in [stranger, signed_in] {
        refused(client.head(None, Duration::ZERO).await);
        refused(client.statements(0).await);
        refused(client.append(2, statement.clone()).await);
        refused(client.beats().await);
        refused(client.registered().await);
        refused(client.sign_out().await);
    }
    ours.refresh().await.unwrap();
    assert_eq!(ours.chain().len(), 2);
}

#[tokio::test]
async fn a_server_asks_nothing_that_is_for_administrators() {
    let (world, mut alice) = World::founded().await;
    alice.enrol("sso1", &node(1)).await.unwrap();
    let server = HubClient::new(
        Arc::clone(&world.link) as _,
        alice.domain(),
        Arc::clone(&node(1)),
    );
    server.statements(0).await.unwrap();
    refused(server.registered().await);
    let invited = alice
        .invite(&crate::world::bob(), Duration::from_secs(60))
        .await
        .unwrap();
    refused(server.invite(&invited.invitation.record().unwrap()).await);
}

fn refused<T>(answer: Result<T, CallError>) {
    let Err(error) = answer else {
        panic!("it was answered");
    };
    assert_eq!(error.code(), Some(Code::NotPermitted), "{error}");
}
