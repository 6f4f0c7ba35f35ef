//! The program was put back to an older version, and its databases were written by the newer one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use http::StatusCode;

use crate::domain::{Domain, Founding, user};
use crate::process::{Build, Process, begin, give_any};
use crate::stories::until;

#[tokio::test]
async fn a_server_that_may_only_read_its_users_signs_in_whom_it_knows_and_says_both_versions() {
    let founding = Founding::prepare();
    let one = founding.folder("one");
    let newer = Process::start_of(Build::NewerReadable, &one, &LISTEN);
    let (alice, stays) = signed_in(&founding, &newer, "alice").await;
    let (_, leaves) = signed_in(&founding, &newer, "bob").await;
    newer.kill();

    let older = Process::start(&one, &LISTEN);
    assert_eq!(who(&founding, &older, &stays).await, Some(alice.clone()));
    assert_eq!(signed_in(&founding, &older, "alice").await.0, alice);
    let mut browser = founding.domain_browser(older.address);
    let refused = founding.sign_in(&mut browser, "a stranger").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    let said = status(&one);
    for word in [
        "Running",
        "version 99.0.0 wrote the users",
        "version 0.1.0 knows schema 1",
        "install version 99.0.0 again",
    ] {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    let mut browser = founding.domain_browser(older.address);
    browser.cookies = leaves.clone();
    browser.get("/sso-connect/saml/logout").await;
    assert_eq!(who(&founding, &older, &leaves).await, None);
    older.kill();

    let newer = Process::start_of(Build::NewerReadable, &one, &LISTEN);
    assert_eq!(who(&founding, &newer, &stays).await, Some(alice));
    assert_eq!(who(&founding, &newer, &leaves).await, None);
    signed_in(&founding, &newer, "a stranger").await;
    assert!(!one.join("sso.sqlite3.beside").exists());
}

#[tokio::test]
async fn a_server_that_cannot_read_its_users_stops_says_why_and_starts_once_it_can() {
    let founding = Founding::prepare();
    let one = founding.folder("one");
    drop(Process::start(&one, &LISTEN));
    let database = one.join("sso.sqlite3");
    let backup = one.with_extension("backup");
    fs::copy(&database, &backup).unwrap();
    Process::start_of(Build::NewerClosed, &one, &LISTEN).kill();

    let mut older = begin(&one, &LISTEN);
    until(async || status(&one).contains("has schema 2, this program knows 1")).await;
    let said = status(&one);
    for word in [
        "Stopped",
        "this is version 0.1.0",
        "install that version again",
    ] {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(one.join(format!("sso.sqlite3{end}")));
    }
    fs::rename(&backup, &database).unwrap();
    until(async || status(&one).contains("Running")).await;
    older.kill().unwrap();
    older.wait().unwrap();
}

#[tokio::test]
async fn a_server_of_a_domain_that_cannot_read_its_copy_stops_and_the_newer_version_goes_on() {
    let mut domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.two, "alice").await;
    let two = domain.folder("two");
    domain.stop_two();
    Process::start_of(Build::NewerClosed, &two, &LISTEN).kill();
    let mut older = begin(&two, &LISTEN);
    until(async || status(&two).contains("has schema 2, this program knows 1")).await;
    assert!(status(&two).contains("Stopped"));
    older.kill().unwrap();
    older.wait().unwrap();
    domain.two = Process::start_of(Build::NewerClosed, &two, &LISTEN);
    assert_eq!(domain.signed_in(&domain.two, "alice").await.1, alice);
}

async fn signed_in(
    founding: &Founding,
    server: &Process,
    name: &str,
) -> (String, BTreeMap<String, String>) {
    let mut browser = founding.domain_browser(server.address);
    let answer = founding.sign_in(&mut browser, name).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let id = user(&mut browser).await.expect("somebody is signed in");
    (id, browser.cookies)
}

/// Who is signed in in a browser with these cookies.
async fn who(
    founding: &Founding,
    server: &Process,
    cookies: &BTreeMap<String, String>,
) -> Option<String> {
    let mut browser = founding.domain_browser(server.address);
    browser.cookies = cookies.clone();
    user(&mut browser).await
}

/// What `sso-connect status` says, however the server is.
fn status(folder: &Path) -> String {
    let output = give_any(folder, &["status"]);
    String::from_utf8(output.stdout).unwrap()
}

const LISTEN: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
