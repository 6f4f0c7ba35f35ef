use sso_bin::terminal::Turn;

use crate::world::World;

#[tokio::test]
async fn an_administrator_makes_another_one() {
    let (world, sso1) = World::configured().await;
    let invited = sso1.give("administrators invite bob@example.com", []).await;
    insta::assert_snapshot!(invited.is_done(), @"");
    let elsewhere = world.server("elsewhere");
    let turns = [
        Turn::hidden("Invitation", &invited.word("sso-invitation-")),
        Turn::text("Hub", "hub.example.com"),
        Turn::hidden("New password", "battery horse correct"),
    ];
    let said = elsewhere.give("administrators accept", turns).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let line = "administrators add bob@example.com --permission administrators";
    let said = sso1.give(line, []).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let said = sso1.give("administrators list", []).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let said = sso1
        .give("administrators revoke bob@example.com --yes", [])
        .await;
    insta::assert_snapshot!(said.is_done(), @"");
}

#[tokio::test]
async fn only_whoever_was_invited_here_is_added() {
    let (_world, sso1) = World::configured().await;
    let said = sso1.give("administrators add eve@example.com", []).await;
    insta::assert_snapshot!(said.refusal(), @"");
}
