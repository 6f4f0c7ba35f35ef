use sso_bin::terminal::Turn;

use crate::world::World;

#[tokio::test]
async fn an_administrator_makes_another_one() {
    let (world, sso1) = World::configured().await;
    let invited = sso1.give("administrators invite bob@example.com", []).await;
    insta::assert_snapshot!(invited.is_done(), @r"
    TEXT

    Hand this text to bob@example.com and to nobody else. It works once, until 2027-01-18 09:00 CET:
      sso-connect administrators accept
    Then, on this machine:
      sso-connect administrators add bob@example.com
    ");
    let elsewhere = world.server("elsewhere");
    let turns = [
        Turn::hidden("Invitation", &invited.word("sso-invitation-")),
        Turn::text("Hub", "hub.example.com"),
        Turn::hidden("New password", "battery horse correct"),
    ];
    let said = elsewhere.give("administrators accept", turns).await;
    insta::assert_snapshot!(said.is_done(), @r"
    Invitation: (hidden)
    Hub: hub.example.com
    New password: (hidden)
    bob@example.com has a password now, with the key HEX.
    Whoever sent the invitation has to add you: sso-connect administrators add bob@example.com

    Recovery code, for when the password is lost:

        CODE

    Print it and lock it away: it is shown once, and whoever has it is the administrator.
    ");
    let line = "administrators add bob@example.com --permission administrators";
    let said = sso1.give(line, []).await;
    insta::assert_snapshot!(said.is_done(), @"bob@example.com is an administrator of the domain now, and may: administrators.");
    let said = sso1.give("administrators list", []).await;
    insta::assert_snapshot!(said.is_done(), @r"
    ADMINISTRATOR      STATE   MAY                  SINCE
    alice@example.com  active  sso, administrators  2027-01-15 09:00 CET
    bob@example.com    active  administrators       2027-01-15 09:00 CET
    ");
    let said = sso1
        .give("administrators revoke bob@example.com --yes", [])
        .await;
    insta::assert_snapshot!(said.is_done(), @"Revoked bob@example.com. Key epoch 2 has begun.");
}

#[tokio::test]
async fn only_whoever_was_invited_here_is_added() {
    let (_world, sso1) = World::configured().await;
    let said = sso1.give("administrators add eve@example.com", []).await;
    insta::assert_snapshot!(said.refusal(), @r"
    eve@example.com was not invited from this machine
    to mend it: give the command where the invitation was made, or invite again: sso-connect administrators invite eve@example.com
    ");
}
