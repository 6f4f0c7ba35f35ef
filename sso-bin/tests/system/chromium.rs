//! A real browser: the rules for cookies, history and tabs that no imitation has.

use serde_json::json;

use crate::{
    samlp,
    server::Server,
    simplesamlphp,
    webdriver::{Chromium, ENTER},
};

#[tokio::test]
async fn signs_in_shows_who_it_is_and_signs_out() {
    let (server, _provider) = simplesamlphp::start(&[], &[]).await;
    let browser = Chromium::start(json!({})).await;
    begin(&browser, &server, "/sso-connect").await;
    type_password(&browser).await;
    assert_signed_in(&browser, &server, "/sso-connect").await;

    browser.click("a[href*='/saml/logout']").await;
    browser.until_shown("You are signed out").await;
    browser.open(server.url("/sso-connect").as_str()).await;
    browser.until_shown("You are not signed in").await;
}

#[tokio::test]
async fn two_tabs_that_began_side_by_side_both_sign_in() {
    let (server, _provider) = simplesamlphp::start(&[], &[]).await;
    let browser = Chromium::start(json!({})).await;
    let first = browser.tab().await;
    begin(&browser, &server, "/sso-connect?tab=1").await;
    browser.new_tab().await;
    begin(&browser, &server, "/sso-connect?tab=2").await;
    type_password(&browser).await;
    assert_signed_in(&browser, &server, "/sso-connect?tab=2").await;

    browser.switch_to(&first).await;
    type_password(&browser).await;
    assert_signed_in(&browser, &server, "/sso-connect?tab=1").await;
}

/// Back is the provider's page, whose script sends the used response again at once.
#[tokio::test]
async fn going_back_after_the_sign_in_is_explained_and_ends_no_session() {
    let (server, _provider) = simplesamlphp::start(&[], &[]).await;
    let browser = Chromium::start(json!({})).await;
    begin(&browser, &server, "/sso-connect").await;
    type_password(&browser).await;
    assert_signed_in(&browser, &server, "/sso-connect").await;

    browser.back().await;
    browser.until_shown("Please sign in again").await;
    let explained = browser.tab().await;
    browser.new_tab().await;
    browser.open(server.url("/sso-connect").as_str()).await;
    browser.until_shown("alice@example.com").await;

    browser.switch_to(&explained).await;
    start_again(&browser).await;
    browser.until_shown("alice@example.com").await;
}

#[tokio::test]
async fn a_sign_in_without_its_cookie_is_explained_and_begun_again() {
    let (server, _provider) = simplesamlphp::start(&[], &[]).await;
    let browser = Chromium::start(json!({})).await;
    begin(&browser, &server, "/sso-connect").await;
    browser.forget_cookies_of_localhost().await;
    type_password(&browser).await;
    browser.until_shown("Please sign in again").await;

    start_again(&browser).await;
    browser.until_shown("alice@example.com").await;
}

/// Nothing sends such a browser in circles: each round begins with a click, and is the last.
#[tokio::test]
async fn a_browser_that_keeps_no_cookies_may_start_again_once() {
    let (server, _provider) = samlp::start(&[]).await;
    let no_cookies = json!({ "profile.default_content_setting_values.cookies": 2 });
    let browser = Chromium::start(no_cookies).await;
    browser
        .open(server.login("/sso-connect").url().as_str())
        .await;
    browser.until_shown("Please sign in again").await;
    start_again(&browser).await;
    browser.until_shown("This browser keeps no cookies").await;
    assert!(!browser.text().await.contains("Start again"));
}

async fn begin(browser: &Chromium, server: &Server, dest: &str) {
    browser.open(server.login(dest).url().as_str()).await;
}

async fn type_password(browser: &Chromium) {
    browser.fill("input[name=username]", "alice").await;
    browser
        .fill("input[name=password]", &format!("alice-password{ENTER}"))
        .await;
}

async fn start_again(browser: &Chromium) {
    browser.click("a[href*='/saml/login']").await;
}

async fn assert_signed_in(browser: &Chromium, server: &Server, dest: &str) {
    browser.until_at(server.url(dest).as_str()).await;
    browser.until_shown("alice@example.com").await;
}
