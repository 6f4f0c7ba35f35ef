//! Two builds of the program, old and new, as servers and as hub.

use http::StatusCode;

use crate::domain::Domain;
use crate::process::{Build, Process, give, give_any_to, give_to};
use crate::stories::{status, until};

#[tokio::test]
async fn servers_go_to_the_next_version_one_by_one_and_everybody_signs_in_all_the_way() {
    let mut domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    domain.login();
    let said = give(&domain.folder("two"), &["upgrade", "start", "--to", NEWER]);
    assert!(said.contains(&format!("from {OLDER} to {NEWER}")), "{said}");
    until(async || status(&domain, "two").contains("under way")).await;

    restart(&mut domain, "two", Build::Newer);
    until(async || upgrade_status(&domain).contains("install version 99.0.0 on one")).await;
    everybody_signs_in(&domain, &alice, ["bob", "carol"]).await;
    each_keeps_the_settings_of_the_other(&domain);
    refuses(&domain, "finalize", "one (0.1.0)");
    refuses(&domain, "abort", "two (99.0.0)");

    domain.lose_hub();
    domain.bring_hub_back_as(Build::Newer);
    until(async || status(&domain, "one").contains("version 99.0.0")).await;
    everybody_signs_in(&domain, &alice, ["dave", "erin"]).await;

    restart(&mut domain, "one", Build::Newer);
    until(async || upgrade_status(&domain).contains("Next, on one of them")).await;
    let said = give_to(
        Build::Newer,
        &domain.folder("two"),
        &["upgrade", "finalize"],
    );
    assert!(said.contains("works with version 99.0.0"), "{said}");
    until(async || status(&domain, "one").contains("works with     version 99.0.0")).await;
    everybody_signs_in(&domain, &alice, ["frank", "grace"]).await;

    domain.lose_hub();
    domain.bring_hub_back_as(Build::This);
    everybody_signs_in(&domain, &alice, ["heidi", "ivan"]).await;
    restart(&mut domain, "one", Build::This);
    serves_whom_it_knows(&domain, &alice, "sso-connect upgrade start --to 0.1.0").await;
    restart(&mut domain, "one", Build::Newer);
    everybody_signs_in(&domain, &alice, ["judy", "mallory"]).await;
}

#[tokio::test]
async fn a_server_of_a_version_that_the_domain_does_not_run_serves_and_says_what_to_do() {
    let mut domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.two, "alice").await;
    until(async || status(&domain, "one").contains("all 1 of 1 users")).await;
    restart(&mut domain, "one", Build::Newer);
    serves_whom_it_knows(&domain, &alice, "sso-connect upgrade start --to 99.0.0").await;
    let (_, bob) = domain.signed_in(&domain.two, "bob").await;
    until(async || status(&domain, "one").contains("all 2 of 2 users")).await;
    let (_, again) = domain.signed_in(&domain.one, "bob").await;
    assert_eq!(again, bob, "it follows what the others write");
}

#[tokio::test]
async fn a_fresh_server_of_another_version_joins_when_there_is_a_window() {
    let domain = Domain::of_two_servers();
    let enrolment = domain.enrolment("three");
    let refused = give_any_to(Build::Newer, &domain.folder("three"), &enrolment);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(9), "{said}");
    for word in [
        "this is version 99.0.0",
        "works with version 0.1.0",
        "install version 0.1.0",
        "sso-connect upgrade start --to 99.0.0",
    ] {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    domain.login();
    give(&domain.folder("two"), &["upgrade", "start", "--to", NEWER]);
    let said = give_to(Build::Newer, &domain.folder("three"), &enrolment);
    assert!(said.contains("digest equal"), "{said}");
    give(
        &domain.folder("two"),
        &["servers", "revoke", "three", "--yes"],
    );
    let said = give(&domain.folder("two"), &["upgrade", "abort"]);
    assert!(said.contains("works with version 0.1.0"), "{said}");
}

#[tokio::test]
async fn a_server_that_cannot_be_updated_is_left_behind_and_comes_back_by_being_updated() {
    let mut domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    domain.login();
    let said = give(&domain.folder("three"), &domain.enrolment("three"));
    assert!(said.contains("digest equal"), "{said}");
    give(&domain.folder("two"), &["upgrade", "start", "--to", NEWER]);
    for name in ["one", "two"] {
        until(async || status(&domain, name).contains("under way")).await;
        restart(&mut domain, name, Build::Newer);
    }
    until(async || upgrade_status(&domain).contains("install version 99.0.0 on three")).await;
    refuses(&domain, "finalize", "three (0.1.0)");
    let without = ["upgrade", "finalize", "--even-without", "three"];
    let said = give_to(Build::Newer, &domain.folder("two"), &without);
    assert!(said.contains("works with version 99.0.0"), "{said}");
    until(async || status(&domain, "one").contains("works with     version 99.0.0")).await;
    everybody_signs_in(&domain, &alice, ["bob", "carol"]).await;

    let folder = domain.folder("three");
    let mut three = Process::start_of(Build::This, &folder, &LISTEN);
    until(async || status(&domain, "three").contains("frozen")).await;
    let said = status(&domain, "three");
    for word in [OLDER, NEWER, "go on signing in", "install"] {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    let (_, known) = domain.signed_in(&three, "alice").await;
    assert_eq!(known, alice);
    assert!(!is_welcome(&domain, &three, "a stranger").await);
    three.end();
    let three = Process::start_of(Build::Newer, &folder, &LISTEN);
    until(async || is_welcome(&domain, &three, "a stranger").await).await;
    until(async || upgrade_status(&domain).contains("To begin one")).await;
}

/// Ends a server without notice, and starts a build of the program on its folder and port.
fn restart(domain: &mut Domain, name: &str, build: Build) {
    let folder = domain.folder(name);
    let server = match name {
        "one" => &mut domain.one,
        _ => &mut domain.two,
    };
    server.end();
    let listen = server.address.to_string();
    *server = Process::start_of(build, &folder, &["serve", "--listen", &listen]);
}

/// Somebody who is known at both, and at each somebody who is new and then goes to the other.
async fn everybody_signs_in(domain: &Domain, alice: &str, strangers: [&str; 2]) {
    let servers = [(&domain.one, &domain.two), (&domain.two, &domain.one)];
    for ((here, there), name) in servers.into_iter().zip(strangers) {
        let (_, known) = domain.signed_in(here, "alice").await;
        assert_eq!(known, alice);
        for server in [here, there] {
            until(async || is_welcome(domain, server, name).await).await;
        }
        let (_, new) = domain.signed_in(here, name).await;
        let (_, again) = domain.signed_in(there, name).await;
        assert_eq!(again, new, "{name}");
    }
}

async fn is_welcome(domain: &Domain, server: &Process, name: &str) -> bool {
    let mut browser = domain.browser(server);
    domain.sign_in(&mut browser, name).await.status == StatusCode::SEE_OTHER
}

/// Server one writes nothing, and says both versions, what works and the command.
async fn serves_whom_it_knows(domain: &Domain, alice: &str, command: &str) {
    until(async || status(domain, "one").contains("frozen")).await;
    let said = status(domain, "one");
    for word in [OLDER, NEWER, "go on signing in", command] {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    let (_, known) = domain.signed_in(&domain.one, "alice").await;
    assert_eq!(known, alice);
    let mut browser = domain.browser(&domain.one);
    let refused = domain.sign_in(&mut browser, "a stranger").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// The new program adds a setting that the old one does not know, and keeps.
fn each_keeps_the_settings_of_the_other(domain: &Domain) {
    let folder = domain.folder("two");
    let set = |lifetime| ["config", "set", "session_lifetime", lifetime, "--yes"];
    give_to(Build::Newer, &folder, &set("4h"));
    give(&folder, &set("5h"));
    let said = give(&folder, &["config", "get"]);
    assert!(said.contains("pretended.setting: "), "{said}");
    assert!(said.contains("session_lifetime: 5h"), "{said}");
}

fn refuses(domain: &Domain, end: &str, because: &str) {
    let refused = give_any_to(Build::Newer, &domain.folder("two"), &["upgrade", end]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(9), "{said}");
    assert!(said.contains(because), "{said}");
}

fn upgrade_status(domain: &Domain) -> String {
    give(&domain.folder("two"), &["upgrade", "status"])
}

const LISTEN: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
const OLDER: &str = env!("CARGO_PKG_VERSION");
const NEWER: &str = "99.0.0";
