//! A hub that moves, and one that came back with another history.

use std::fs;
use std::path::Path;

use crate::domain::Domain;
use crate::process::{give, give_any};
use crate::stories::{status, until};

#[tokio::test]
async fn a_server_follows_its_hub_to_another_address_once_it_is_proven_to_be_the_same() {
    let mut domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    until(async || status(&domain, "two").contains("all 1 of 1 users")).await;
    let before = fs::read_to_string(domain.folder("two").join("domain.toml")).unwrap();

    let nobody = give_any(
        &domain.folder("two"),
        &["domain", "move-hub", "https://localhost:9"],
    );
    let error = String::from_utf8(nobody.stderr).unwrap();
    assert!(error.contains("nothing was changed"), "{error}");
    let kept = fs::read_to_string(domain.folder("two").join("domain.toml")).unwrap();
    assert_eq!(kept, before);

    let address = domain.move_hub();
    let said = give(&domain.folder("two"), &["domain", "move-hub", &address]);
    assert!(said.contains("serves example"), "{said}");
    assert!(said.contains("restart sso-connect"), "{said}");
    let domain = domain.restart_two();
    let (_, bob) = domain.signed_in(&domain.two, "bob").await;
    assert_ne!(bob, alice);
    until(async || status(&domain, "two").contains("all 2 of 2 users")).await;
}

#[tokio::test]
async fn a_fork_is_settled_by_an_administrator_and_nobody_is_lost() {
    let mut domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    until(async || status(&domain, "two").contains("all 1 of 1 users")).await;
    domain.stop_two();
    domain.lose_hub();
    copy(&domain.folder("hub"), &domain.folder("backup"));
    domain.bring_hub_back();
    let (_, bob) = domain.signed_in(&domain.one, "bob").await;

    // Whoever restores the backup does not know that server one has more.
    domain.one.end();
    domain.lose_hub();
    fs::rename(domain.folder("hub"), domain.folder("newer")).unwrap();
    fs::rename(domain.folder("backup"), domain.folder("hub")).unwrap();
    domain.bring_hub_back();
    domain.two = domain.serve("two");
    let (_, carol) = domain.signed_in(&domain.two, "carol").await;
    domain.one = domain.serve("one");
    until(async || status(&domain, "one").contains("sso-connect domain settle")).await;
    assert_eq!(domain.signed_in(&domain.one, "bob").await.1, bob);

    let shown = give(&domain.folder("one"), &["domain", "settle"]);
    assert!(shown.contains("Two histories"), "{shown}");
    assert!(
        shown.contains("Only this server has 1 records, only the hub 1"),
        "{shown}"
    );
    let here = ["domain", "settle", "--keep", "here"];
    let refused = give_any(&domain.folder("one"), &here);
    let why = String::from_utf8(refused.stderr).unwrap();
    assert!(why.contains("the hub holds the other history"), "{why}");
    let said = domain.give("one", "domain settle --keep hub");
    assert!(
        said.contains("1 records that only this server had"),
        "{said}"
    );

    until(async || status(&domain, "two").contains("all 3 of 3 users")).await;
    until(async || status(&domain, "one").contains("all 3 of 3 users")).await;
    for server in [&domain.one, &domain.two] {
        for (name, id) in [("alice", &alice), ("bob", &bob), ("carol", &carol)] {
            assert_eq!(domain.signed_in(server, name).await.1, *id, "{name}");
        }
    }
    domain.signed_in(&domain.one, "dave").await;
    let again = give(&domain.folder("one"), &["domain", "settle"]);
    assert!(again.contains("nothing is to be settled"), "{again}");
}

/// As somebody who makes a backup of a hub that is stopped.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
}
