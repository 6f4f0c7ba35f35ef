use std::time::Duration;

use sso_bin::terminal::Turn;

use crate::world::{PASSWORD, World, password};

#[tokio::test]
async fn a_session_is_kept_until_it_ends() {
    let (world, sso1) = World::founded().await;
    let turns = [Turn::keep("E-mail address"), password()];
    let said = sso1.give("login", turns).await;
    insta::assert_snapshot!(said.is_done(), @"");
    sso1.give("config history", []).await.is_done();
    world.clock.advance(Duration::from_secs(3601));
    let turns = [Turn::keep("E-mail address"), password()];
    sso1.give("config history", turns).await.is_done();
}

#[tokio::test]
async fn whoever_signs_out_is_asked_for_the_password_again() {
    let (_world, sso1) = World::configured().await;
    let said = sso1.give("logout", []).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let said = sso1.give_alone("config history").await;
    insta::assert_snapshot!(said.refusal(), @"");
    let said = sso1.give("logout", []).await;
    assert_eq!(said.is_done().trim(), "Nobody was signed in.");
}

#[tokio::test]
async fn a_password_is_changed_and_the_old_one_is_worthless() {
    let (_world, sso1) = World::configured().await;
    let turns = [
        Turn::keep("E-mail address"),
        password(),
        Turn::hidden("New password", "battery horse correct"),
    ];
    let said = sso1.give("password change", turns).await;
    insta::assert_snapshot!(said.is_done(), @"");
    let old = sso1.give("login", [Turn::keep("E-mail"), password()]).await;
    insta::assert_snapshot!(old.refusal(), @"");
    let new = Turn::hidden("Password", "battery horse correct");
    sso1.give("login", [Turn::keep("E-mail"), new])
        .await
        .is_done();
}

#[tokio::test]
async fn a_lost_password_is_recovered_with_the_code_from_the_safe() {
    let world = World::new();
    let papers = world.papers().await;
    let sso1 = world.server("sso1");
    let found = sso1.give("domain found --name sso1", crate::world::founding(&papers));
    let found = found.await;
    let code = found.raw.lines().find_map(|line| line.strip_prefix("    "));
    let turns = [
        Turn::keep("E-mail address"),
        Turn::hidden("Recovery code", code.unwrap()),
        Turn::hidden("New password", "battery horse correct"),
    ];
    let said = sso1.give("recover", turns).await;
    insta::assert_snapshot!(said.is_done(), @"");
}

#[tokio::test]
async fn a_second_factor_is_switched_on_with_a_qr_code_and_off_again() {
    let (world, sso1) = World::configured().await;
    let turns = [
        Turn::keep("E-mail address"),
        Turn::hidden("Password", PASSWORD),
        Turn::confirm("Is there an authenticator already", false),
        Turn::text("Code that the authenticator shows now", "000000"),
    ];
    let said = sso1.give("two-factor on", turns).await;
    assert!(said.text.contains('█'), "{}", said.text);
    insta::assert_snapshot!(said.refusal(), @"");
    drop(world);
}
