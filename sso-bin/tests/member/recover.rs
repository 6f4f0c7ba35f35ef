//! A domain whose hub is lost, and backups.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::domain::Domain;
use crate::process::{give, give_any};
use crate::stories::{status, until};

#[tokio::test]
async fn a_backup_gives_every_user_back_with_the_same_id() {
    let domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    let (_, bob) = domain.signed_in(&domain.two, "bob").await;
    until(async || status(&domain, "one").contains("all 2 of 2 users")).await;
    let (file, passphrase) = (domain.folder("backup"), domain.folder("passphrase"));
    let (file, passphrase) = (file.to_str().unwrap(), passphrase.to_str().unwrap());
    fs::write(passphrase, "correct horse battery staple").unwrap();
    let export = ["domain", "export", file, "--passphrase-file", passphrase];
    let said = give(&domain.folder("one"), &export);
    assert!(said.contains("2 users"), "{said}");
    let mode = fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = give_any(&domain.folder("one"), &export);
    assert!(!again.status.success(), "nothing is overwritten unasked");
    let folder = fs::read_dir(domain.folder("one")).unwrap();
    let names: Vec<_> = folder.map(|it| it.unwrap().file_name()).collect();
    assert!(
        !names
            .iter()
            .any(|it| it.to_str().unwrap().starts_with(".tmp"))
    );

    let import = ["domain", "import", file, "--passphrase-file", passphrase];
    fs::write(passphrase, "another horse battery staple").unwrap();
    let wrong = give_any(&domain.folder("anew"), &import);
    assert!(!wrong.status.success());
    let error = String::from_utf8(wrong.stderr).unwrap();
    assert!(error.contains("the passphrase is another one"), "{error}");
    assert!(!domain.folder("anew").join("config.toml").exists());
    fs::write(passphrase, "correct horse battery staple").unwrap();
    let said = give(&domain.folder("anew"), &import);
    assert!(said.contains("2 users"), "{said}");
    let anew = domain.serve("anew");
    assert_eq!(domain.signed_in(&anew, "alice").await.1, alice);
    assert_eq!(domain.signed_in(&anew, "bob").await.1, bob);
}

#[tokio::test]
async fn an_orphan_becomes_a_server_of_its_own_with_the_same_users() {
    let mut domain = Domain::of_two_servers();
    let (_, alice) = domain.signed_in(&domain.one, "alice").await;
    until(async || status(&domain, "two").contains("all 1 of 1 users")).await;
    let leave = ["domain", "leave", "--yes-leave", "example"];
    let running = give_any(&domain.folder("two"), &leave);
    assert!(!running.status.success());
    domain.stop_two();
    let served = give_any(&domain.folder("two"), &leave);
    let error = String::from_utf8(served.stderr).unwrap();
    assert!(error.contains("the hub serves example"), "{error}");

    domain.lose_hub();
    let said = give(&domain.folder("two"), &leave);
    assert!(said.contains("with 1 users"), "{said}");
    let alone = domain.serve("two");
    assert_eq!(domain.signed_in(&alone, "alice").await.1, alice);
    let (_, carol) = domain.signed_in(&alone, "carol").await;
    assert_ne!(carol, alice);
    let said = status(&domain, "two");
    assert!(!said.contains("domain "), "{said}");
}

#[tokio::test]
async fn a_domain_whose_hub_is_lost_is_built_anew_on_another_with_the_same_users() {
    let mut domain = Domain::of_two_servers();
    let (mut browser, alice) = domain.signed_in(&domain.one, "alice").await;
    let secret = domain.secret(&mut browser).await;
    until(async || status(&domain, "two").contains("all 1 of 1 users")).await;
    domain.stop_two();
    domain.replace_hub();
    let path = |name: &str| domain.folder(name).to_str().unwrap().to_owned();
    let adopt = [
        "domain",
        "adopt",
        "--yes-leave",
        "example",
        "--founding-file",
        &path("founding"),
        "--name",
        "two",
        "--password-file",
        &path("password"),
        "--hub-ca",
        &path("hub/keys/tls.pem"),
    ];
    let said = give(&domain.folder("two"), &adopt);
    assert!(
        said.contains("this server is two") || said.contains("is two of"),
        "{said}"
    );
    let enrol = format!(
        "--hub https://localhost:{} --domain example",
        domain.hub_port()
    );
    assert!(said.contains(&enrol), "{said}");
    let adopted = domain.serve("two");
    let (_, bob) = domain.signed_in(&adopted, "bob").await;

    give(&domain.folder("three"), &domain.enrolment("three"));
    let three = domain.serve("three");
    for server in [&adopted, &three] {
        let (mut browser, again) = domain.signed_in(server, "alice").await;
        assert_eq!(again, alice);
        let again = domain.secret(&mut browser).await;
        assert_eq!(again, secret, "nobody gets a second secret");
    }
    assert_eq!(domain.signed_in(&three, "bob").await.1, bob);
    assert_eq!(
        domain.signed_in(&domain.one, "alice").await.1,
        alice,
        "an orphan goes on"
    );
}
