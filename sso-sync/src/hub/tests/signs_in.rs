//! An administrator from the invitation to the first signed request.

use zeroize::Zeroizing;

use super::*;
use crate::admin::client::{Outcome, Registration, SignIn};
use crate::admin::desk::Desk;
use crate::admin::hub::{Hub as Reception, HubKeys};
use crate::admin::{
    AdministratorKeys, AdministratorName, Answer as DeskAnswer, Credentials, DomainName,
    Invitation, Password, Stretching, StretchingBounds, SystemRandomness, wire,
};

#[tokio::test]
async fn an_administrator_who_signed_in_signs_requests() {
    let (world, invitation) = reception().await;
    register(&world, &invitation).await;
    let session = sign_in(&world).await;
    let mut administrator = Client::new(ADMINISTRATOR, world.id(), session);
    assert_eq!(world.get(&mut administrator, "head").await.code(), "");
    let revised = world.feed.domain.revised(1, "x");
    let statement = world.feed.domain.sign(ADMINISTRATOR, &revised);
    let path = "chain?position=3";
    assert_eq!(
        world
            .post(&mut administrator, path, &statement)
            .await
            .code(),
        ""
    );
    let mut node = Client::new(1, world.id(), session);
    assert_eq!(world.get(&mut node, "head").await.code(), "unknown-session");
}

#[tokio::test]
async fn what_administrators_do_is_taken_down() {
    let (world, invitation) = reception().await;
    register(&world, &invitation).await;
    sign_in(&world).await;
    let did = ["registered", "sign-in-began", "signed-in"];
    assert_eq!(world.audit.visits(), did);
    let event = world.audit.0.lock().unwrap().last().cloned().unwrap();
    let written = serde_json::to_value(event).unwrap();
    assert_eq!(written["name"], "example");
    assert_eq!(written["administrator"], "a@example.com");
    assert_eq!(written["peer"], "127.0.0.1");
}

#[tokio::test]
async fn tries_are_taken_down_until_they_are_put_off_and_then_now_and_then() {
    let (world, _) = reception().await;
    for _ in 0..40 {
        begin(&world).await;
    }
    let visits = world.audit.visits();
    assert_eq!(visits[..5], ["sign-in-began"; 5]);
    assert_eq!(visits[5..], ["put-off"; 15]);
}

/// A hub with a desk, and an invitation.
async fn reception() -> (World, Invitation) {
    let world = World::with([]).await;
    let keys = HubKeys::random(&mut SystemRandomness).unwrap();
    let desk = Desk::new(Reception::new(keys), Arc::clone(&world.hub.documents));
    let desk = desk.dangerously_accept(BOUNDS);
    let invitation = invite(&desk, world.id()).await;
    let World { hub, feed, audit } = world;
    let hub = hub.with_administrators(Arc::new(desk));
    (World { hub, feed, audit }, invitation)
}

async fn begin(world: &World) {
    let password = Password::to_sign_in(Zeroizing::new("wrong".into())).unwrap();
    let begun = SignIn::begin(domain(), name(), password, BOUNDS, &mut SystemRandomness);
    talk(world, wire::encode(&begun.unwrap().1)).await;
}

async fn invite(desk: &Desk, id: DomainId) -> Invitation {
    let expires = NOON.later(HOUR);
    let random = &mut SystemRandomness;
    let invitation = Invitation::new(domain(), name(), Some(id), expires, random);
    desk.invite(&invitation, random).await.unwrap();
    invitation
}

async fn register(world: &World, invitation: &Invitation) {
    let credentials = Credentials {
        keys: AdministratorKeys::from_secrets([ADMINISTRATOR; 32], [ADMINISTRATOR; 32]),
        genesis: world.id(),
    };
    let password = Password::to_register(Zeroizing::new(PASSWORD.into())).unwrap();
    let random = &mut SystemRandomness;
    let begun = Registration::by_invitation(invitation, &credentials, password, random);
    let (waiting, message) = begun.unwrap();
    let open = talk(world, wire::encode(&message)).await;
    let weakly = (Stretching::DANGEROUSLY_WEAK, BOUNDS);
    let (done, message) = waiting.seal(&open, weakly, &mut SystemRandomness).unwrap();
    done.take(&talk(world, wire::encode(&message)).await)
        .unwrap();
}

async fn sign_in(world: &World) -> SessionId {
    let password = Password::to_sign_in(Zeroizing::new(PASSWORD.into())).unwrap();
    let begun = SignIn::begin(domain(), name(), password, BOUNDS, &mut SystemRandomness);
    let (waiting, message) = begun.unwrap();
    let challenge = talk(world, wire::encode(&message)).await;
    let proven = waiting.prove(&challenge, &mut SystemRandomness).unwrap();
    let answer = talk(world, wire::encode(&proven.finish(None))).await;
    match proven.take(&answer, None, NOON).unwrap() {
        Outcome::SignedIn(signed_in) => SessionId::new(*signed_in.session.id().as_bytes()),
        Outcome::SecondFactorNeeded => panic!("there is no second factor"),
    }
}

async fn talk(world: &World, message: Vec<u8>) -> DeskAnswer {
    let request = Request::post("/sync/v1/administrators");
    let answer = world.send(request.body(message.into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.problem());
    wire::decode(&answer.body).unwrap()
}

fn domain() -> DomainName {
    DomainName::parse("example").unwrap()
}

fn name() -> AdministratorName {
    AdministratorName::parse("a@example.com").unwrap()
}

const PASSWORD: &str = "correct horse battery";
const BOUNDS: StretchingBounds = StretchingBounds::DANGEROUSLY_LOW;
