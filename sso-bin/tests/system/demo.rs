//! `sso-connect demo` as the person in front of it sees it.

use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::{
    program::Program,
    webdriver::{Chromium, ENTER},
};

#[tokio::test]
async fn signs_in_keeps_a_note_and_signs_out() {
    let demo = Demo::start().await;
    let browser = Chromium::start(json!({})).await;
    sign_in(&browser, &demo, &demo.password).await;
    browser.until_shown("Hello, Alice").await;
    browser.until_at(&demo.application).await;

    browser.fill("#text", &format!("buy milk{ENTER}")).await;
    browser.until_shown("buy milk").await;

    browser.click("a[href*='/saml/logout']").await;
    browser.until_shown("You are signed out").await;
    browser.open(&demo.application).await;
    browser
        .until_shown("This application leaves signing in to SSO Connect")
        .await;
}

#[tokio::test]
async fn a_second_tab_is_signed_in_already() {
    let demo = Demo::start().await;
    let browser = Chromium::start(json!({})).await;
    sign_in(&browser, &demo, &demo.password).await;
    browser.until_shown("Hello, Alice").await;

    browser.new_tab().await;
    browser.open(&demo.application).await;
    browser.until_shown("Hello, Alice").await;
}

#[tokio::test]
async fn a_wrong_password_signs_nobody_in() {
    let demo = Demo::start().await;
    let browser = Chromium::start(json!({})).await;
    sign_in(&browser, &demo, "wrong").await;
    browser.until_shown("Name or password is wrong").await;
}

/// The running demonstration, as its lines on the terminal describe it.
struct Demo {
    application: String,
    password: String,
    _program: Program,
    _folder: TempDir,
}

impl Demo {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sso-connect"));
        command.args(["demo", "--listen", "127.0.0.1:0"]);
        let mut program = Program::start(&mut command, &log);
        let text = async || {
            let text = std::fs::read_to_string(&log).ok()?;
            text.contains("Ctrl-C").then_some(text)
        };
        let text = program.until(text).await;
        Self {
            application: word_after(&text, "Application"),
            password: word_after(&text, "Name alice    password"),
            _program: program,
            _folder: folder,
        }
    }
}

async fn sign_in(browser: &Chromium, demo: &Demo, password: &str) {
    browser.open(&demo.application).await;
    browser.click("a[href*='/saml/login']").await;
    browser.fill("#name", "alice").await;
    browser
        .fill("#password", &format!("{password}{ENTER}"))
        .await;
}

fn word_after(text: &str, label: &str) -> String {
    let (_, rest) = text
        .split_once(label)
        .unwrap_or_else(|| panic!("no {label:?} in:\n{text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}
