//! What people see of a domain of two servers.

use std::time::Duration;

use http::StatusCode;

use crate::domain::{Domain, user};
use crate::process::{give, give_any};

#[tokio::test]
async fn a_user_is_the_same_at_every_server_and_stays_signed_in_at_all() {
    let domain = Domain::of_two_servers();
    let (browser, alice) = domain.signed_in(&domain.one, "alice").await;
    let mut led_elsewhere = domain.browser(&domain.two);
    led_elsewhere.cookies = browser.cookies.clone();
    assert_eq!(user(&mut led_elsewhere).await, Some(alice.clone()));

    let (_, again) = domain.signed_in(&domain.two, "alice").await;
    assert_eq!(again, alice);
    let (_, bob) = domain.signed_in(&domain.two, "bob").await;
    assert_ne!(bob, alice);
    let list = ["users", "list", "--output", "json"];
    until(async || {
        let known = give(&domain.folder("one"), &list);
        known.contains(&alice) && known.contains(&bob)
    })
    .await;
}

#[tokio::test]
async fn a_sign_out_at_one_server_reaches_the_other() {
    let domain = Domain::of_two_servers();
    let (mut browser, _) = domain.signed_in(&domain.one, "alice").await;
    let mut copied = domain.browser(&domain.two);
    copied.cookies = browser.cookies.clone();
    assert!(user(&mut copied).await.is_some());
    browser.get("/sso-connect/saml/logout").await;
    assert_eq!(user(&mut browser).await, None);
    until(async || user(&mut copied.clone()).await.is_none()).await;
}

#[tokio::test]
async fn a_sign_out_at_another_server_outlives_a_restart_without_the_hub() {
    let mut domain = Domain::of_two_servers();
    let (mut browser, _) = domain.signed_in(&domain.one, "alice").await;
    let (stays, _) = domain.signed_in(&domain.two, "bob").await;
    let mut copied = domain.browser(&domain.two);
    copied.cookies = browser.cookies.clone();
    browser.get("/sso-connect/saml/logout").await;
    until(async || user(&mut copied.clone()).await.is_none()).await;
    domain.lose_hub();
    until(async || status(&domain, "two").contains("cannot be reached")).await;
    let domain = domain.restart_two();
    for (cookies, is_signed_in) in [(&copied.cookies, false), (&stays.cookies, true)] {
        let mut browser = domain.browser(&domain.two);
        browser.cookies = cookies.clone();
        assert_eq!(user(&mut browser).await.is_some(), is_signed_in);
    }
}

#[tokio::test]
async fn without_the_hub_known_users_sign_in_and_new_ones_have_to_wait() {
    let mut domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    until(async || status(&domain, "two").contains("all 1 of 1 users")).await;
    domain.lose_hub();

    let (_, again) = domain.signed_in(&domain.two, "alice").await;
    assert_eq!(again, alice);
    let mut browser = domain.browser(&domain.two);
    let refused = domain.sign_in(&mut browser, "bob").await;
    assert_eq!(
        refused.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        refused.body
    );

    domain.bring_hub_back();
    let domain = &domain;
    until(async || {
        let mut browser = domain.browser(&domain.two);
        domain.sign_in(&mut browser, "bob").await.status == StatusCode::SEE_OTHER
    })
    .await;
    let (_, bob) = domain.signed_in(&domain.one, "bob").await;
    assert_ne!(bob, alice);
}

#[tokio::test]
async fn what_is_saved_at_one_server_is_in_force_at_the_other() {
    let domain = Domain::of_two_servers();
    let (mut browser, alice) = domain.signed_in(&domain.one, "alice").await;
    domain.login();
    let save = ["config", "set", "session_lifetime", "4h", "--yes"];
    let said = give(&domain.folder("two"), &save);
    assert!(said.contains("Saved as revision 2"), "{said}");
    let domain = &domain;
    let mut other = domain.browser(&domain.one);
    until(async || other.clone().get("/ping").await.json()["sync_revision"] == 2).await;
    assert_eq!(other.get("/ping").await.json()["configuration"], "Loaded");
    assert_eq!(user(&mut browser).await, Some(alice));
}

#[tokio::test]
async fn a_revoked_server_says_so_and_the_others_go_on() {
    let domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    domain.login();
    give(
        &domain.folder("two"),
        &["servers", "revoke", "one", "--yes"],
    );
    let domain = &domain;
    until(async || status(domain, "one").contains("revoked")).await;
    let (_, again) = domain.signed_in(&domain.two, "alice").await;
    assert_eq!(again, alice);
    let (_, known) = domain.signed_in(&domain.one, "alice").await;
    assert_eq!(known, alice);
}

#[tokio::test]
async fn a_full_sync_and_a_rebuild_say_that_everything_is_there_while_people_sign_in() {
    let domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    domain.signed_in(&domain.two, "bob").await;
    until(async || status(&domain, "two").contains("all 2 of 2 users")).await;
    for line in [&["sync", "--full"][..], &["sync", "--full", "--force"]] {
        let said = give(&domain.folder("two"), line);
        assert!(said.contains("all 2 of 2 users, digest equal"), "{said}");
    }
    let (_, again) = domain.signed_in(&domain.two, "alice").await;
    assert_eq!(again, alice);
}

#[tokio::test]
async fn a_user_is_shown_on_every_server_by_id_and_no_secret_is() {
    let domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    let show = ["users", "show", &alice, "--output", "json"];
    until(async || give_any(&domain.folder("two"), &show).status.success()).await;
    let one = give(&domain.folder("one"), &show);
    assert_eq!(give(&domain.folder("two"), &show), one);
    assert!(one.contains(&alice) && !one.contains("secret"), "{one}");
}

#[cfg(feature = "system-tests")]
#[tokio::test]
async fn every_server_lists_the_address_that_a_machine_is_told_to_show_and_no_other() {
    let domain = Domain::of_prepared_servers(|one, _| {
        let file = one.join("local.toml");
        let template = std::fs::read_to_string(&file).unwrap();
        let shown = "shown_address = 'sso1.internal.example.com'";
        std::fs::write(&file, format!("{shown}\n{template}")).unwrap();
    });
    let list = ["servers", "list", "--output", "json"];
    for seen_by in ["one", "two"] {
        let shown = async || {
            let output = give_any(&domain.folder(seen_by), &list);
            let servers: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let all_are_seen = servers
                .as_array()
                .unwrap()
                .iter()
                .all(|it| it["seen"].is_string());
            let address = |name: &str| {
                let mut rows = servers.as_array().unwrap().iter();
                rows.find(|it| it["name"] == name).unwrap()["address"].clone()
            };
            let is_shown = address("one") == "sso1.internal.example.com";
            all_are_seen && is_shown && address("two").is_null()
        };
        until(shown).await;
    }
}

/// What `sso-connect status` says of a server, however it is.
pub(crate) fn status(domain: &Domain, server: &str) -> String {
    let output = give_any(&domain.folder(server), &["status"]);
    String::from_utf8(output.stdout).unwrap()
}

/// Waits for `condition`, at most as long as servers may take to hear of each other.
pub(crate) async fn until(condition: impl AsyncFn() -> bool) {
    until_in(A_BEAT_AND_MORE, condition).await;
}

/// The same with more patience.
pub(crate) async fn until_in(patience: Duration, condition: impl AsyncFn() -> bool) {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(patience, wait)
        .await
        .expect("the condition comes true");
}

/// Servers hear of each other once a minute.
pub(crate) const A_BEAT_AND_MORE: Duration = Duration::from_secs(100);
