use sso_bin::terminal::Turn;

use crate::world::{World, enrolment};

#[tokio::test]
async fn servers_are_listed_and_revoked() {
    let (world, sso1) = World::configured().await;
    world
        .server("sso2")
        .give("enrol", enrolment("sso2"))
        .await
        .is_done();
    let said = sso1.give("servers list", []).await;
    insta::assert_snapshot!(said.is_done(), @r"
    SERVER  VERSION  REVISION  STATE   LAG  LAST SEEN
    sso1 *  0.1.0    -         silent  -    never
    sso2    0.1.0    -         silent  -    never
    * this server
    ");

    let no = [Turn::text("Type sso2 to go on", "sso")];
    assert!(sso1.give("servers revoke sso2", no).await.failure.is_some());
    let yes = [Turn::text("Type sso2 to go on", "sso2")];
    let said = sso1.give("servers revoke sso2", yes).await;
    insta::assert_snapshot!(said.is_done(), @r"
    sso2 can fetch nothing more from now on, and cannot come back: it would be enrolled anew. All other servers get new keys, and everybody signs in again.
    Type sso2 to go on: sso2
    Revoked sso2. Key epoch 2 has begun: everybody signs in again, and the others seal the users' records anew in the background.
    ");
    let said = sso1.give("servers list --output json", []).await;
    assert!(!said.is_done().contains("sso2"), "{}", said.text);
    let said = sso1.give("servers revoke sso2", []).await;
    insta::assert_snapshot!(said.refusal(), @r"
    there is no server sso2
    to mend it: sso-connect servers list --long
    ");
}

#[tokio::test]
async fn tokens_are_listed_and_withdrawn() {
    let (_world, sso1) = World::configured().await;
    let minted = sso1.give("tokens mint --output json", []).await;
    let made: serde_json::Value = serde_json::from_str(&minted.raw).unwrap();
    let id = made.get("id").and_then(|id| id.as_str()).unwrap();
    let said = sso1.give("tokens list", []).await;
    insta::assert_snapshot!(said.is_done(), @r"
    TOKEN         STATE  UNTIL                 FOR       BY
    HEX  good   2027-01-16 09:00 CET  a server  alice@example.com
    ");
    let said = sso1.give(&format!("tokens withdraw {id}"), []).await;
    insta::assert_snapshot!(said.is_done(), @"Withdrawn: nobody can join with HEX any more.");
    assert!(!sso1.give("tokens list", []).await.text.contains("good"));
}
