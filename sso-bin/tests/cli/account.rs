use std::time::Duration;

use sso_bin::terminal::Turn;

use crate::world::{PASSWORD, World, password};

#[tokio::test]
async fn a_session_is_kept_until_it_ends() {
    let (world, sso1) = World::founded().await;
    let turns = [Turn::keep("E-mail address"), password()];
    let said = sso1.give("login", turns).await;
    insta::assert_snapshot!(said.is_done(), @r"
    E-mail address [alice@example.com]: alice@example.com
    Password: (hidden)
    Signed in as alice@example.com of example until 2027-01-15 10:00 CET.
    To end it before: sso-connect logout
    ");
    sso1.give("config history", []).await.is_done();
    world.clock.advance(Duration::from_secs(3601));
    let turns = [Turn::keep("E-mail address"), password()];
    sso1.give("config history", turns).await.is_done();
}

#[tokio::test]
async fn whoever_signs_out_is_asked_for_the_password_again() {
    let (_world, sso1) = World::configured().await;
    let said = sso1.give("logout", []).await;
    insta::assert_snapshot!(said.is_done(), @"Signed out.");
    let said = sso1.give_alone("config history").await;
    insta::assert_snapshot!(said.refusal(), @r"
    there is no terminal to ask in: Password
    to mend it: --password-file FILE with it in the first line, or the environment variable SSO_CONNECT_PASSWORD
    ");
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
    insta::assert_snapshot!(said.is_done(), @r"
    E-mail address [alice@example.com]: alice@example.com
    Password: (hidden)
    New password: (hidden)
    The password is changed; all sessions have ended: sso-connect login
    ");
    let old = sso1.give("login", [Turn::keep("E-mail"), password()]).await;
    insta::assert_snapshot!(old.refusal(), @r"
    wrong password, or no such administrator in this domain
    to mend it: try again; with the recovery code from the safe: sso-connect recover
    ");
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
    insta::assert_snapshot!(said.is_done(), @r"
    E-mail address [alice@example.com]: alice@example.com
    Recovery code: (hidden)
    New password: (hidden)
    The new password is good from now on. The recovery code was used up.

    Recovery code, for when the password is lost:

        CODE

    Print it and lock it away: it is shown once, and whoever has it is the administrator.
    ");
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
    insta::assert_snapshot!(said.refusal(), @r"
    the code was wrong or used before, or none was proposed in the last ten minutes
    to mend it: -
    ");
    drop(world);
}
