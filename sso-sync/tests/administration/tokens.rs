//! Enrolment tokens.

use std::time::Duration;

use sso_sync::admin::EnrolmentToken;
use sso_sync::administration::{AdministrationError, Enrolled};
use sso_sync::chain::Permissions;
use sso_sync::store::DomainId;

use crate::world::{HOUR, World, node};

#[tokio::test]
async fn a_token_enrols_one_server() {
    let (world, mut alice) = World::founded().await;
    let minted = alice
        .mint_token("autoscaling", world.now().later(HOUR))
        .await
        .unwrap();
    let token = EnrolmentToken::parse(&minted.token.to_text()).unwrap();
    let listed = alice.tokens();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].id, listed[0].name.as_str()),
        (minted.id, "autoscaling")
    );
    assert!(listed[0].is_good);

    let enrolled = enrol(&world, &token, 1).await.unwrap();
    assert_eq!(
        (enrolled.domain, enrolled.node),
        (alice.domain(), node(1).id())
    );
    let again = enrol(&world, &token, 1).await.unwrap();
    assert_eq!(again.statements.len(), enrolled.statements.len());
    let refused = enrol(&world, &token, 2).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::TokenSpent),
        "{refused}"
    );
    let servers = alice.servers().await.unwrap();
    assert_eq!((servers.len(), servers[0].by.as_str()), (1, "autoscaling"));
    assert!(!alice.tokens()[0].is_good);
}

#[tokio::test]
async fn a_token_is_good_until_it_expires() {
    let (world, mut alice) = World::founded().await;
    let first = alice
        .mint_token("one", world.now().later(HOUR))
        .await
        .unwrap();
    let second = alice
        .mint_token("two", world.now().later(HOUR))
        .await
        .unwrap();
    world.wait(HOUR - Duration::from_secs(1));
    enrol(&world, &first.token, 1).await.unwrap();
    world.wait(Duration::from_secs(1));
    let refused = enrol(&world, &second.token, 2).await.unwrap_err();
    let named =
        matches!(&refused, AdministrationError::TokenRefused(why) if why.contains("expired"));
    assert!(named, "{refused}");
    enrol(&world, &first.token, 1).await.unwrap();
}

#[tokio::test]
async fn a_token_ends_with_its_epoch() {
    let (world, mut alice) = World::founded().await;
    let minted = alice
        .mint_token("one", world.now().later(HOUR))
        .await
        .unwrap();
    alice.start_epoch().await.unwrap();
    let refused = enrol(&world, &minted.token, 1).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::TokenEnded),
        "{refused}"
    );
    let minted = alice
        .mint_token("two", world.now().later(HOUR))
        .await
        .unwrap();
    enrol(&world, &minted.token, 1).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_token_is_worth_nothing() {
    let (world, mut alice) = World::founded().await;
    let minted = alice
        .mint_token("one", world.now().later(HOUR))
        .await
        .unwrap();
    alice.withdraw_token(minted.id).await.unwrap();
    alice.withdraw_token(minted.id).await.unwrap();
    let refused = enrol(&world, &minted.token, 1).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::TokenWithdrawn),
        "{refused}"
    );
    assert_eq!(alice.tokens(), []);
    let nobody = alice.withdraw_token(node(1).id()).await.unwrap_err();
    assert!(matches!(nobody, AdministrationError::UnknownMember(_)));
}

#[tokio::test]
async fn a_made_up_token_is_worth_nothing() {
    let (world, alice) = World::founded().await;
    let random = &mut sso_sync::admin::SystemRandomness;
    let made_up = EnrolmentToken::new(&alice.domain(), random);
    let refused = enrol(&world, &made_up, 1).await.unwrap_err();
    assert!(
        matches!(refused, AdministrationError::TokenRefused(_)),
        "{refused}"
    );
    let elsewhere = EnrolmentToken::new(&DomainId::new([9; 32]), random);
    let refused = enrol(&world, &elsewhere, 1).await.unwrap_err();
    assert!(matches!(refused, AdministrationError::Call(_)), "{refused}");
}

#[tokio::test]
async fn the_version_gate_comes_first_and_leaves_the_token_good() {
    let (world, mut alice) = World::founded().await;
    let minted = alice
        .mint_token("one", world.now().later(HOUR))
        .await
        .unwrap();
    let office = world.office_of("2.0.0");
    let refused = office
        .enrol_by_token(&minted.token, "sso1", &node(1))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, AdministrationError::OutsidePolicy { .. }),
        "{refused}"
    );
    enrol(&world, &minted.token, 1).await.unwrap();
}

#[tokio::test]
async fn minting_takes_the_permission() {
    let (world, mut alice) = World::founded().await;
    let mut bob = world
        .with_bob(&mut alice, Permissions::ADMINISTRATORS)
        .await;
    let refused = bob
        .mint_token("one", world.now().later(HOUR))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, AdministrationError::Lacks("SSO")),
        "{refused}"
    );
}

async fn enrol(
    world: &World,
    token: &EnrolmentToken,
    number: u8,
) -> Result<Enrolled, AdministrationError> {
    let name = format!("sso{number}");
    world
        .office()
        .enrol_by_token(token, &name, &node(number))
        .await
}
