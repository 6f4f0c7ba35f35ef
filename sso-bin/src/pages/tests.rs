//! The pages as a browser gets them.

use axum::response::IntoResponse as _;
use base64::Engine as _;
use sso_core::user::{AccountKey, Profile, UserId};

use super::*;

#[test]
fn what_strangers_send_is_only_ever_text() {
    let hostile = "\"><script>alert(1)</script>'&{{7*7}}";
    let user = user(hostile);
    let choices = [Choice {
        name: hostile.into(),
        url: hostile.into(),
    }];
    let sealed = SealedSecret {
        alg: "RSA-OAEP-256",
        enc: Some(hostile.into()),
        ciphertext: hostile.into(),
        user: hostile.into(),
    };
    let english = Language::English;
    let pages = [
        error(english, Failure::Refused, hostile, Some(hostile)),
        choose(english, &choices),
        signed_out(english, hostile),
        welcome(english, hostile, None),
        post_form(english, hostile, &[(hostile, hostile)]),
        embedded(english, &sealed),
    ];
    for page in pages {
        assert!(!page.html().contains("<script>alert"), "{}", page.html());
        assert!(!page.html().contains("\"><script"), "{}", page.html());
        assert!(page.html().contains("7*7"), "{}", page.html());
    }
    assert_eq!(full_name(&user).unwrap(), format!("{hostile} {hostile}"));
}

#[test]
fn only_the_style_and_the_script_of_ours_may_run() {
    let page = post_form(
        Language::English,
        "https://idp.example/sso",
        &[("SAMLRequest", "x")],
    );
    let (style, script) = (
        between(&page, "<style>", "</style>"),
        between(&page, "<script>", "</script>"),
    );
    assert!(
        page.policy()
            .contains(&format!("style-src 'sha256-{}'", hash(&style)))
    );
    assert!(
        page.policy()
            .contains(&format!("script-src 'sha256-{}'", hash(&script)))
    );
    assert!(page.policy().starts_with("default-src 'none';"));

    let page = welcome(Language::English, "/sso-connect/saml/login", None);
    assert!(!page.policy().contains("script-src"));
    assert!(page.policy().contains("form-action 'none'"));
}

#[test]
fn a_self_submitting_form_has_a_button_for_browsers_without_scripts() {
    let page = post_form(
        Language::English,
        "https://idp.example/sso",
        &[("RelayState", "a&b")],
    );
    let form = between(&page, "<form", "</form>");
    assert!(
        form.contains(r#" method="post" action="https://idp.example/sso">"#),
        "{form}"
    );
    assert!(
        form.contains(r#"<input type="hidden" name="RelayState" value="a&#38;b">"#),
        "{form}"
    );
    assert!(
        form.contains(r#"<button type="submit">Continue</button>"#),
        "{form}"
    );
}

#[test]
fn an_error_says_what_to_do_and_which_line_of_the_log_knows_more() {
    let page = error(
        Language::English,
        Failure::TryAgain,
        "4f2a",
        Some("/login?dest=%2F"),
    );
    assert!(page.html().contains("<h1>Please sign in again</h1>"));
    assert!(page.html().contains("<code>4f2a</code>"));
    assert!(
        page.html()
            .contains(r#"href="/login?dest=%2F">Start again</a>"#)
    );

    let page = error(Language::English, Failure::Refused, "4f2a", None);
    assert!(!page.html().contains("Start again"));
}

#[test]
fn the_page_speaks_the_language_of_the_reader() {
    let page = error(Language::Japanese, Failure::Unavailable, "4f2a", None);
    assert!(page.html().contains(r#"<html lang="ja">"#));
    assert!(
        page.html()
            .contains("<h1>現在サービスを利用できません</h1>")
    );

    let answer = page.into_response();
    assert_eq!(answer.headers()["content-language"], "ja");
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(answer.headers()["vary"], "Accept-Language");
}

#[test]
fn an_embedding_application_finds_the_sealed_secret_by_id() {
    let sealed = SealedSecret {
        alg: "RSA-OAEP-256",
        enc: None,
        ciphertext: "Yw".into(),
        user: "0123".into(),
    };
    let page = embedded(Language::English, &sealed);
    let element = r#"<div hidden id="sso-connect-secret" data-user="0123" data-alg="RSA-OAEP-256" data-ciphertext="Yw"></div>"#;
    assert!(page.html().contains(element), "{}", page.html());
}

#[test]
fn moments_are_written_with_their_zone() {
    let moment = UnixTime::from_epoch(std::time::Duration::from_millis(1_700_000_000_250));
    assert_eq!(Moment(moment).to_string(), "2023-11-14 22:13:20 UTC");
}

fn user(name: &str) -> User {
    let mut profile = Profile::default();
    profile.first = Some(name.into());
    profile.last = Some(name.into());
    User::new(
        UserId::random(),
        AccountKey::new("https://idp.example", "format", name),
        profile,
    )
}

fn between(page: &Page, start: &str, end: &str) -> String {
    let (_, rest) = page.html().split_once(start).unwrap();
    rest.split_once(end).unwrap().0.to_owned()
}

fn hash(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    base64::prelude::BASE64_STANDARD.encode(digest)
}
