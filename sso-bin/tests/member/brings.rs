//! Servers of their own that become servers of a domain, with everybody whom they know.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sso_bin::data_dir::DataDir;
use sso_bin::local_settings::LocalSettings;
use sso_bin::wiring;
use sso_core::testkit::FakeIdp;
use sso_core::user::{AccountKey, Profile, UserDirectory as _};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::domain::{enrolment, founding, free_port, make_hub, secret, sign_in, start_hub, user};
use crate::process::{Build, Process, begin, give, give_any};

#[tokio::test]
async fn everybody_has_the_same_id_and_secret_at_every_server_and_stays_signed_in() {
    let world = World::new();
    world.make_standalone("one");
    let one = world.serve("one");
    let (signed_in, alice) = world.signed_in(&one, "alice").await;
    let (_, bob) = world.signed_in(&one, "bob").await;
    let (alice_secret, bob_secret) = (alice.secret, bob.secret);
    let refused = give_any(&world.folder("one"), &world.found());
    let refused = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.contains("a server works with"), "{refused}");
    one.kill();

    let said = give(&world.folder("one"), &world.found());
    assert!(
        said.contains("all 2 of 2 users are in example now"),
        "{said}"
    );
    let said = give(&world.folder("two"), &world.enrol("two"));
    assert!(said.contains("digest equal"), "{said}");
    let (one, two) = (world.serve("one"), world.serve("two"));

    // The session of before is worth something where it began.
    let mut led_to_one = world.browser(&one);
    led_to_one.cookies = signed_in.cookies;
    assert_eq!(user(&mut led_to_one).await, Some(alice.id.clone()));
    for server in [&one, &two] {
        let (_, again) = world.signed_in(server, "alice").await;
        assert_eq!((&again.id, &again.secret), (&alice.id, &alice_secret));
        let (_, again) = world.signed_in(server, "bob").await;
        assert_eq!((&again.id, &again.secret), (&bob.id, &bob_secret));
    }
    // A session of the domain is worth something everywhere.
    let (browser, _) = world.signed_in(&two, "alice").await;
    let mut led_elsewhere = world.browser(&one);
    led_elsewhere.cookies = browser.cookies.clone();
    assert_eq!(user(&mut led_elsewhere).await, Some(alice.id));
}

/// Whatever ends the command, the server is what it was until everybody is in the domain.
#[tokio::test]
async fn a_command_that_is_killed_in_the_middle_goes_on_and_nobody_is_lost_or_changed() {
    let world = World::new();
    world.make_standalone("one");
    let people = world.know("one", 0..3000).await;
    for records in [1, 1500, 4000] {
        let mut command = begin(&world.folder("one"), &world.found());
        world.until_the_hub_has(records).await;
        command.kill().unwrap();
        command.wait().unwrap();
        if !world.folder("one").join("domain.toml").exists() {
            let one = world.serve("one");
            let (_, signed_in) = world.signed_in(&one, &people[7].0).await;
            assert_eq!(signed_in.id, people[7].1);
            one.kill();
        }
    }
    let said = give(&world.folder("one"), &world.found());
    let all = "all 3000 of 3000 users are in example now";
    assert!(
        said.contains(all) && said.contains("digest equal"),
        "{said}"
    );
    let said = give(&world.folder("two"), &world.enrol("two"));
    let all = "all 3000 of 3000 users, digest equal";
    assert!(said.contains(all), "{said}");
    let two = world.serve("two");
    for (name, id) in [&people[0], &people[1499], &people[2999]] {
        let (_, signed_in) = world.signed_in(&two, name).await;
        assert_eq!(&signed_in.id, id);
    }
}

#[tokio::test]
async fn of_two_servers_that_know_the_same_person_the_domain_has_one_secret_and_says_so_before() {
    let world = World::new();
    world.make_standalone("one");
    let one = world.serve("one");
    let (_, alice) = world.signed_in(&one, "alice").await;
    one.kill();
    world.make_standalone("two");
    let two = world.serve("two");
    let (_, other_alice) = world.signed_in(&two, "alice").await;
    let (_, bob) = world.signed_in(&two, "bob").await;
    two.kill();
    assert_ne!(alice.secret, other_alice.secret);

    give(&world.folder("one"), &world.found());
    let refused = give_any(&world.folder("two"), &world.enrol("two"));
    assert_eq!(refused.status.code(), Some(12));
    let said = String::from_utf8(refused.stdout).unwrap();
    let known = "With their secrets come along: 1. Known to example already, with other secrets: 1 (alice).";
    assert!(said.contains(known), "{said}");
    assert!(!world.folder("two").join("domain.toml").exists());

    let agreed = world.enrol("two").into_iter();
    let agreed: Vec<_> = agreed
        .chain(["--dangerously-lose-old-secrets".to_owned()])
        .collect();
    let said = give(&world.folder("two"), &agreed);
    assert!(
        said.contains("for 1 the secrets of example count"),
        "{said}"
    );
    assert!(
        world
            .folder("two")
            .join("sso.sqlite3.before-example")
            .exists()
    );

    let (one, two) = (world.serve("one"), world.serve("two"));
    for server in [&one, &two] {
        let (_, again) = world.signed_in(server, "alice").await;
        assert_eq!(
            (again.id, again.secret),
            (alice.id.clone(), alice.secret.clone())
        );
        let (_, again) = world.signed_in(server, "bob").await;
        assert_eq!(
            (again.id, again.secret),
            (bob.id.clone(), bob.secret.clone())
        );
    }
}

/// A hub, and folders for servers that share a base URL and an identity provider.
struct World {
    guard: TempDir,
    hub_port: u16,
    port: u16,
    idp: FakeIdp,
    _hub: Process,
}

/// Who is signed in.
struct Person {
    id: String,
    secret: Vec<u8>,
}

impl World {
    fn new() -> Self {
        sso_bin::tls::install_provider();
        let guard = tempfile::tempdir().unwrap();
        let (hub_port, port) = (free_port(), free_port());
        fs::write(guard.path().join("password"), "a long enough password").unwrap();
        make_hub(&guard, hub_port);
        Self {
            _hub: start_hub(Build::This, &guard, hub_port),
            hub_port,
            port,
            idp: FakeIdp::new(),
            guard,
        }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.guard.path().join(name)
    }

    fn path(&self, name: &str) -> String {
        self.folder(name).to_str().unwrap().to_owned()
    }

    fn make_standalone(&self, name: &str) {
        let base_url = self.base_url();
        give(&self.folder(name), &["init", "--base-url", &base_url]);
        fs::write(self.folder("idp.xml"), self.idp.metadata()).unwrap();
        let metadata = self.path("idp.xml");
        let add = ["idp", "add", "work", "--metadata", &metadata];
        give(&self.folder(name), &add);
    }

    fn base_url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// People who signed in at a server of its own, and their ids.
    async fn know(&self, name: &str, numbers: std::ops::Range<u32>) -> Vec<(String, String)> {
        let dir = DataDir::open(&self.folder(name)).unwrap();
        let local = LocalSettings::load(&dir).unwrap();
        let store = wiring::own_store(&dir, &local).await.unwrap();
        let mut people = Vec::new();
        for number in numbers {
            let name = format!("person-{number}");
            let account = AccountKey::new(self.idp.entity_id(), PERSISTENT, &*name);
            let created = store.create(&account, &Profile::default()).await.unwrap();
            people.push((name, created.into_user().id.as_str().to_owned()));
        }
        people
    }

    fn found(&self) -> Vec<String> {
        founding(self.guard.path())
    }

    fn enrol(&self, name: &str) -> Vec<String> {
        enrolment(self.guard.path(), self.hub_port, name)
    }

    /// Waits until so many records were committed at the hub, at most a minute.
    async fn until_the_hub_has(&self, records: u64) {
        let list = ["hub", "domain", "list", "--output", "json"];
        let wait = async {
            loop {
                let output = give_any(&self.folder("hub"), &list);
                let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
                if rows[0]["records"].as_u64() >= Some(records) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_mins(1), wait).await;
        waited.expect("the records come");
    }

    /// Runs a server, somewhere.
    fn serve(&self, name: &str) -> Process {
        Process::start(&self.folder(name), &["serve", "--listen", "127.0.0.1:0"])
    }

    /// A browser that is led to a server, as by a name server.
    fn browser(&self, server: &Process) -> Browser {
        let certificate = |name: &str| fs::read_to_string(self.folder(name).join("keys/tls.pem"));
        let certificates: String = ["one", "two"].into_iter().flat_map(certificate).collect();
        let base = format!("https://localhost:{}", server.address.port());
        Browser::new(&base, &certificates, server.address)
    }

    async fn signed_in(&self, server: &Process, name: &str) -> (Browser, Person) {
        let mut browser = self.browser(server);
        let answer = sign_in(&self.idp, &mut browser, name).await;
        assert!(answer.location().starts_with("https://localhost"));
        let (id, secret) = secret(&mut browser, &self.base_url()).await;
        (browser, Person { id, secret })
    }
}

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
