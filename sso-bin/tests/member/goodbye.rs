//! A server that leaves as planned signs nobody out; one that is revoked signs out everybody.

use std::collections::BTreeMap;

use crate::domain::{Domain, user};
use crate::process::Process;
use crate::stories::until;

#[tokio::test]
async fn who_is_signed_in_stays_so_after_a_server_was_retired_until_it_is_revoked_after_all() {
    let domain = Domain::of_two_servers();
    let (stays, alice) = domain.signed_in(&domain.one, "alice").await;
    let (mut leaves, _) = domain.signed_in(&domain.one, "bob").await;
    let signed_out = leaves.cookies.clone();
    leaves.get("/sso-connect/saml/logout").await;
    domain.retired("0").await;

    assert_eq!(
        led_to_two(&domain, &stays.cookies).await,
        Some(alice.clone())
    );
    assert_eq!(led_to_two(&domain, &signed_out).await, None);
    let domain = domain.restart_two();
    assert_eq!(led_to_two(&domain, &stays.cookies).await, Some(alice));
    let (newer, _) = domain.signed_in(&domain.two, "carol").await;

    let said = domain.give("two", "servers revoke one --yes");
    assert!(said.contains("everybody signs in again"), "{said}");
    let domain = &domain;
    for session in [&stays.cookies, &newer.cookies] {
        until(async || led_to_two(domain, session).await.is_none()).await;
    }
    let (again, _) = domain.signed_in(&domain.two, "alice").await;
    assert!(led_to_two(domain, &again.cookies).await.is_some());
}

#[tokio::test]
async fn who_is_signed_in_signs_in_again_after_a_server_was_revoked() {
    let domain = Domain::of_two_servers();
    let (browser, alice) = domain.signed_in(&domain.one, "alice").await;
    assert_eq!(led_to_two(&domain, &browser.cookies).await, Some(alice));
    domain.give("two", "servers revoke one --yes");
    let domain = &domain;
    until(async || led_to_two(domain, &browser.cookies).await.is_none()).await;
}

/// Who is signed in in a browser that is led to server two.
async fn led_to_two(domain: &Domain, cookies: &BTreeMap<String, String>) -> Option<String> {
    let two: &Process = &domain.two;
    let mut browser = domain.browser(two);
    browser.cookies = cookies.clone();
    user(&mut browser).await
}
