use std::time::Duration;

use sso_bin::terminal::Turn;

use crate::world::{World, password};

#[tokio::test]
async fn a_domain_is_deleted_in_two_steps_a_week_apart_and_everybody_is_told() {
    let (world, sso1) = World::configured().await;
    let said = sso1.give("domain delete", announcing()).await;
    insta::assert_snapshot!(said.is_done(), @r"
    E-mail address [alice@example.com]: alice@example.com
    Password: (hidden)
    example has 0 users and these servers:

    SERVER  VERSION  REVISION  STATE   LAG  LAST SEEN
    sso1 *  0.1.0    -         silent  -    never
    * this server

    From 2027-01-22 09:01 CET on the domain can be deleted for good. Until then every server and every administrator is told, any administrator takes it back, and nothing else changes. To move to another server nothing has to be deleted: sso-connect enrol.
    Type example to go on: example
    Reason: moved away
    Announced: example can be deleted from 2027-01-22 09:01 CET on.
    To take it back: sso-connect domain cancel-deletion
    To delete it then: sso-connect domain confirm-deletion
    ");

    let said = sso1.give("config get base_url", []).await;
    insta::assert_snapshot!(said.is_done(), @r"
    ! The domain example is going to be deleted: alice@example.com announced it (moved away). It can be confirmed from 2027-01-22 09:01 CET on.
    ! Any administrator takes it back: sso-connect domain cancel-deletion
    base_url: https://sso.example.com:8443
    ");
    let said = sso1.give("domain status", []).await;
    insta::assert_snapshot!(said.is_done(), @r"
    domain          example
    servers         1
    administrators  1
    users           0
    deletion        announced by alice@example.com on 2027-01-15 09:00 CET
    ! The domain example is going to be deleted: alice@example.com announced it (moved away). It can be confirmed from 2027-01-22 09:01 CET on.
    ! Any administrator takes it back: sso-connect domain cancel-deletion
    ");

    world.clock.advance(A_WEEK_AND_A_BIT);
    let said = sso1.give("domain confirm-deletion", confirming()).await;
    insta::assert_snapshot!(said.is_done(), @r"
    E-mail address [alice@example.com]: alice@example.com
    Password: (hidden)
    ! The domain example is going to be deleted: alice@example.com announced it (moved away). It can be confirmed from 2027-01-22 09:01 CET on.
    ! Any administrator takes it back: sso-connect domain cancel-deletion
    example has 0 users and these servers:

    SERVER  VERSION  REVISION  STATE   LAG  LAST SEEN
    sso1 *  0.1.0    -         silent  -    never
    * this server

    From now on nothing is written in this domain: no new user, no new configuration. Users who are known sign in as long as the servers run. The hub erases what it has in 30 days; until then any administrator takes it back.
    Type example to go on: example
    Deleted example. The hub keeps what it has for 30 days.
    To take it back until then: sso-connect domain cancel-deletion
    ");
    let again = sso1.give("domain confirm-deletion", sign_in()).await;
    assert!(again.is_done().contains("was deleted before"));

    sso1.login().await;
    let said = sso1.give("config set session_lifetime 4h --yes", []).await;
    insta::assert_snapshot!(said.refusal(), @r"
    the domain was deleted: only cancelling the deletion is possible
    to mend it: -
    ");
    let said = sso1.give("domain cancel-deletion", []).await;
    insta::assert_snapshot!(said.is_done(), @r"
    ! The domain example was deleted on 2027-01-22 09:01 CET (moved away): known users sign in, nothing is written any more.
    ! For 30 days any administrator takes it back: sso-connect domain cancel-deletion
    example goes on: the deletion was taken back, and every server is told.
    ");
    let said = sso1.give("config set session_lifetime 4h --yes", []).await;
    assert!(said.is_done().contains("Saved as revision 2"));
}

#[tokio::test]
async fn deleting_asks_for_the_password_whoever_is_signed_in() {
    let (_world, sso1) = World::configured().await;
    let wrong = [
        Turn::keep("E-mail address"),
        Turn::hidden("Password", "not the password"),
    ];
    let said = sso1.give("domain delete", wrong).await;
    assert!(said.refusal().contains("password"), "{}", said.text);
    assert!(
        !sso1
            .give("domain status", [])
            .await
            .text
            .contains("announced")
    );
}

#[tokio::test]
async fn nothing_is_announced_or_confirmed_without_the_name_of_the_domain() {
    let (world, sso1) = World::configured().await;
    let other = sign_in()
        .into_iter()
        .chain([Turn::text("Type example to go on", "sample")]);
    let said = sso1.give("domain delete", other).await;
    insta::assert_snapshot!(said.refusal(), @r"
    nothing was changed: it was not confirmed
    to mend it: -
    ");
    let said = sso1
        .give("domain delete --yes-delete sample", sign_in())
        .await;
    insta::assert_snapshot!(said.refusal(), @r"
    nothing was changed: the name example was not repeated
    to mend it: --yes-delete example
    ");
    let said = sso1.give("domain confirm-deletion", sign_in()).await;
    insta::assert_snapshot!(said.refusal(), @r"
    nothing was deleted: nobody has announced the deletion of example
    to mend it: sso-connect domain delete
    ");

    sso1.give("domain delete", announcing()).await.is_done();
    world.clock.advance(A_WEEK_AND_A_BIT);
    let said = sso1
        .give("domain confirm-deletion --yes-delete sample", sign_in())
        .await;
    assert!(said.refusal().contains("not repeated"), "{}", said.text);
}

#[tokio::test]
async fn a_deletion_is_announced_once_and_not_confirmed_early() {
    let (_world, sso1) = World::configured().await;
    sso1.give("domain delete", announcing()).await.is_done();
    let again = sso1.give("domain delete", sign_in()).await;
    insta::assert_snapshot!(again.refusal(), @r"
    nothing was changed: the deletion of the domain was announced before
    to mend it: sso-connect domain status
    ");
    let early = sso1.give("domain confirm-deletion", sign_in()).await;
    insta::assert_snapshot!(early.refusal(), @r"
    a deletion waits for the announced moment, and for at least seven days: it can be confirmed from 2027-01-22 09:01 CET on
    to mend it: wait, or take it back: sso-connect domain cancel-deletion
    ");
    sso1.give("domain cancel-deletion", []).await.is_done();
    let none = sso1.give("domain cancel-deletion", []).await;
    assert!(none.is_done().contains("Nobody wants example deleted"));
}

#[tokio::test]
async fn whoever_is_not_there_to_be_asked_gives_name_and_reason_with_the_command() {
    let (_world, sso1) = World::configured().await;
    let sso1 = sso1
        .with_variable("SSO_CONNECT_PASSWORD", crate::world::PASSWORD)
        .with_variable("SSO_CONNECT_EMAIL", crate::world::ALICE);
    let said = sso1.give_alone("domain delete").await;
    assert!(
        said.refusal().contains("--yes-delete example"),
        "{}",
        said.text
    );
    let said = sso1.give_alone("domain delete --yes-delete example").await;
    insta::assert_snapshot!(said.refusal(), @r"
    there is no terminal to ask in: Reason
    to mend it: --reason TEXT, or the environment variable SSO_CONNECT_REASON
    ");
    let line = "domain delete --yes-delete example --reason moved --grace 30d";
    let said = sso1.give_alone(line).await;
    assert!(said.is_done().contains("2027-02-14"), "{}", said.text);
}

fn announcing() -> Vec<Turn> {
    let mut turns = sign_in();
    turns.push(Turn::text("Type example to go on", "example"));
    turns.push(Turn::text("Reason", "moved away"));
    turns
}

fn confirming() -> Vec<Turn> {
    let mut turns = sign_in();
    turns.push(Turn::text("Type example to go on", "example"));
    turns
}

fn sign_in() -> Vec<Turn> {
    vec![Turn::keep("E-mail address"), password()]
}

const A_WEEK_AND_A_BIT: Duration = Duration::from_mins(7 * 24 * 60 + 1);
