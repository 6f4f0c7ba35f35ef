//! `sso-connect demo`, as a person with a browser goes through it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod browser;
mod client;

use reqwest::{StatusCode, Url};
use sso_bin::demo::Demo;

use browser::{Browser, Page};
use client::Client;

#[tokio::test]
async fn alice_signs_in_and_out_again() {
    let demo = start().await;
    let mut browser = browser_for(&demo);

    let page = sign_in(&mut browser, &demo, "alice").await;
    assert!(
        page.url.as_str().starts_with(demo.application_url()),
        "{page:?}"
    );
    assert!(page.says("Hello, Alice Example"), "{page:?}");
    assert!(page.says("alice@example.com"), "{page:?}");
    assert!(page.says("staff, administrators"), "{page:?}");

    let page = browser.click(&page, "Sign out").await;
    assert!(page.says("You are signed out"), "{page:?}");
    let page = browser.open(demo.application_url()).await;
    assert!(
        page.says("This application leaves signing in to SSO Connect."),
        "{page:?}"
    );
    demo.stop().await.unwrap();
}

#[tokio::test]
async fn signing_out_ends_the_session_at_the_identity_provider_too() {
    let demo = start().await;
    let mut browser = browser_for(&demo);
    let page = sign_in(&mut browser, &demo, "alice").await;
    browser.click(&page, "Sign out").await;

    let page = browser.open(demo.application_url()).await;
    let page = browser.click(&page, "Sign in").await;
    assert!(page.says("Demonstration identity provider"), "{page:?}");
    assert!(page.html.contains(r#"type="password""#), "{page:?}");
    demo.stop().await.unwrap();
}

#[tokio::test]
async fn the_password_is_asked_for_again_only_if_that_is_wanted() {
    let demo = start().await;
    let mut browser = browser_for(&demo);
    sign_in(&mut browser, &demo, "alice").await;
    let login = format!("{}/sso-connect/saml/login", demo.service_url());

    let page = browser.open(&login).await;
    assert!(
        page.says("If nothing happens by itself, please press the button."),
        "{page:?}"
    );
    assert!(browser.submit(&page, &[]).await.says("You are signed in"));

    let page = browser.open(&format!("{login}?relogin=true")).await;
    assert!(page.html.contains(r#"type="password""#), "{page:?}");
    demo.stop().await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_signs_nobody_in() {
    let demo = start().await;
    let mut browser = browser_for(&demo);

    let page = browser.open(demo.application_url()).await;
    let page = browser.click(&page, "Sign in").await;
    let bob = demo.password_of("bob").unwrap();
    let page = browser
        .submit(&page, &[("name", "alice"), ("password", bob)])
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.says("Name or password is wrong."), "{page:?}");

    let page = browser.open(demo.application_url()).await;
    assert!(
        page.says("This application leaves signing in to SSO Connect."),
        "{page:?}"
    );
    demo.stop().await.unwrap();
}

#[tokio::test]
async fn a_note_is_opened_by_the_secret_of_its_owner_only() {
    let demo = start().await;
    let mut alice = browser_for(&demo);
    let page = sign_in(&mut alice, &demo, "alice").await;
    let page = alice.submit(&page, &[("text", "milk & <honey>")]).await;
    assert!(page.says("milk & <honey>"), "{page:?}");

    let mut bob = browser_for(&demo);
    let page = sign_in(&mut bob, &demo, "bob").await;
    assert!(page.says("Hello, Bob Example"), "{page:?}");
    assert!(!page.says("milk"), "{page:?}");

    let mut elsewhere = browser_for(&demo);
    let page = sign_in(&mut elsewhere, &demo, "alice").await;
    assert!(page.says("milk & <honey>"), "{page:?}");
    demo.stop().await.unwrap();
}

#[tokio::test]
async fn nothing_of_a_finished_sign_in_is_left_but_the_sessions() {
    let demo = start().await;
    let mut browser = browser_for(&demo);
    sign_in(&mut browser, &demo, "alice").await;
    assert_eq!(browser.cookie_names("localhost"), ["__Host-sso-session"]);
    assert_eq!(browser.cookie_names("127.0.0.1"), ["__Host-demo-idp"]);
    demo.stop().await.unwrap();
}

#[tokio::test]
async fn sso_connect_shows_who_is_signed_in() {
    let demo = start().await;
    let mut browser = browser_for(&demo);
    assert!(
        browser
            .open(demo.service_url())
            .await
            .says("You are not signed in")
    );

    sign_in(&mut browser, &demo, "alice").await;
    let page = browser.open(demo.service_url()).await;
    for text in [
        "You are signed in",
        "Alice Example",
        "alice@example.com",
        " UTC</time>",
    ] {
        assert!(page.says(text), "{page:?}");
    }
    demo.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_gets_the_same_secret_in_the_page_and_by_its_session() {
    let demo = start().await;
    let mut browser = browser_for(&demo);
    let (one, two) = (Client::new(), Client::new());

    let service = demo.service_url();
    let login = format!(
        "{service}/sso-connect/saml/login?embedded=true&key={}",
        one.key()
    );
    let page = browser.open(&login).await;
    let password = demo.password_of("alice").unwrap();
    let page = browser
        .submit(&page, &[("name", "alice"), ("password", password)])
        .await;
    let page = browser.submit(&page, &[]).await;
    let value = |name: &str| page.attribute_of("sso-connect-secret", name).unwrap();
    let (enc, ciphertext) = (value("data-enc"), value("data-ciphertext"));
    let in_page = one.open(service, &enc, &ciphertext, &value("data-user"));

    let url = format!("{service}/sso-connect/secret");
    let answer = browser.post(&url, &[("key", &two.key())]).await;
    let json: serde_json::Value = serde_json::from_str(&answer.html).unwrap();
    let value = |name: &str| json[name].as_str().unwrap();
    let by_session = two.open(service, value("enc"), value("ciphertext"), value("user"));

    assert_eq!(in_page.len(), 32);
    assert_eq!(in_page, by_session);
    demo.stop().await.unwrap();
}

#[tokio::test]
async fn the_introduction_names_addresses_and_passwords() {
    let demo = start().await;
    let text = demo.introduction();
    for part in [
        demo.application_url(),
        demo.service_url(),
        demo.password_of("bob").unwrap(),
    ] {
        assert!(text.contains(part), "{text}");
    }
    demo.stop().await.unwrap();
}

async fn start() -> Demo {
    let listen = "127.0.0.1:0".parse().unwrap();
    Demo::start(listen).await.unwrap()
}

fn browser_for(demo: &Demo) -> Browser {
    let port = Url::parse(demo.service_url()).unwrap().port().unwrap();
    Browser::new(demo.certificate(), ([127, 0, 0, 1], port).into())
}

async fn sign_in(browser: &mut Browser, demo: &Demo, name: &str) -> Page {
    let page = browser.open(demo.application_url()).await;
    let page = browser.click(&page, "Sign in").await;
    let password = demo.password_of(name).unwrap();
    let page = browser
        .submit(&page, &[("name", name), ("password", password)])
        .await;
    browser.submit(&page, &[]).await
}
