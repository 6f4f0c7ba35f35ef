//! The proof: a domain moves to other servers behind HAProxy, and nobody notices.
//!
//! `sso-connect demo --migrate` does it, with sign-ins through its own identity provider; meanwhile
//! somebody signs in through one that is not ours. `SSO_MIGRATION_PEOPLE` and `SSO_MIGRATION_SEED`
//! make it larger or other.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    browserless::{Browser, Request},
    program::{Program, free_port},
    provider::Provider,
    server::Service,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_moves_to_other_servers_and_nobody_notices() {
    let move_ = Move::begin().await;
    let others = move_.others_sign_in().await;
    let outcome = move_.outcome().await;
    println!("{outcome:#}\n{others:?} sign-ins through samlp, by the old name and by the new one");
    assert_eq!(outcome["failed"], 0, "{outcome:#}");
    let steps = outcome["steps"].as_array().unwrap();
    assert!(steps.iter().all(|it| it["failed"] == 0), "{outcome:#}");
    assert_eq!(outcome["wrong"], Value::Array(Vec::new()), "{outcome:#}");
    let people = outcome["people"].as_u64().unwrap();
    assert!(outcome["sign_ins"].as_u64().unwrap() > people);
    assert_eq!(
        outcome["asked"],
        2 * people,
        "at both servers that are left"
    );
    assert_eq!(steps.len(), 12);
    let is_left_out = |it: &Value| it["said"].as_str().unwrap().starts_with("left out");
    assert!(!steps.iter().any(is_left_out), "{outcome:#}");
    assert!(others.iter().all(|it| *it > 2), "{others:?} through samlp");
}

/// A demonstration that runs.
struct Move {
    demo: Program,
    folder: TempDir,
    port: u16,
    _provider: Provider,
    /// What the provider knows of the service.
    service: Service,
}

impl Move {
    async fn begin() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let service = Service::behind(port, port, &[]);
        let provider = Provider::start("samlp", "/metadata", &service.metadata(), &[]).await;
        let metadata = provider.download("/metadata?sign=both").await;
        let log = folder.path().join("log");
        let demo = Program::start(&mut demo(folder.path(), port, &metadata), &log);
        Self {
            demo,
            folder,
            port,
            _provider: provider,
            service,
        }
    }

    /// Somebody signs in through `samlp`, again and again until all servers have another version: by
    /// the old name, by both while both work, and then by the new one. How often by each.
    async fn others_sign_in(&self) -> [u32; 2] {
        self.until("[x] a third server joins").await;
        let certificates = ["sso1/keys/tls.pem", "second.pem"].map(|it| self.file(it));
        let [mut old, mut new] = [0, 0];
        while !self.is_done("every server gets another version") {
            if !self.is_done("the host name is changed") || (old <= new && !self.is_old_left()) {
                self.sign_in(OLD, &certificates[0]).await;
                old += 1;
                continue;
            }
            if new == 0 {
                self.tell_provider(&certificates[1]).await;
            }
            self.sign_in(NEW, &certificates[1]).await;
            new += 1;
        }
        [old, new]
    }

    /// The old name is not retired before long, but nobody has to come by it any more.
    fn is_old_left(&self) -> bool {
        self.is_done("the hub is away")
    }

    async fn sign_in(&self, name: &str, certificate: &Path) {
        let mut browser = Browser::new(&std::fs::read_to_string(certificate).unwrap());
        let url = self.url(name, "/sso-connect/saml/login?idp=other&dest=/sso-connect");
        let page = browser.follow(Request::get(url)).await;
        let session = browser.open(&self.url(name, "/sso-connect/session")).await;
        assert_eq!(session.status, 200, "{}\n{}", page.status, page.text);
        assert!(!self.has_failed(), "{}", self.demo.log());
    }

    /// The administrator of the provider takes over the metadata of both names.
    async fn tell_provider(&self, certificate: &Path) {
        let mut browser = Browser::new(&std::fs::read_to_string(certificate).unwrap());
        let page = browser
            .open(&self.url(NEW, "/sso-connect/saml/metadata"))
            .await;
        self.service.metadata_as(&page.text);
    }

    /// What the demonstration prints in the end.
    async fn outcome(&self) -> Value {
        self.until("\"wrong\":").await;
        let log = self.demo.log();
        let json = log.lines().find(|line| line.starts_with('{')).unwrap();
        serde_json::from_str(json).unwrap()
    }

    /// Waits until the log has `text`.
    async fn until(&self, text: &str) {
        while !self.demo.log().contains(text) {
            assert!(!self.has_failed(), "{}", self.demo.log());
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }

    fn has_failed(&self) -> bool {
        self.demo.log().contains("sso-connect: ") && !self.demo.log().contains("\"wrong\":")
    }

    fn is_done(&self, step: &str) -> bool {
        self.demo.log().contains(&format!("[x] {step}"))
    }

    /// Of the demonstration.
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("machines").join(name)
    }

    fn url(&self, name: &str, path: &str) -> url::Url {
        let url = format!("https://{name}:{}{path}", self.port);
        url.parse().unwrap()
    }
}

fn demo(folder: &Path, port: u16, metadata: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sso-connect"));
    let set = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    command
        .args(["demo", "--migrate", "--output", "json", "--hub-away", "8"])
        .args(["--haproxy", "/usr/sbin/haproxy"])
        .args(["--people", &set("SSO_MIGRATION_PEOPLE", "150")])
        .args(["--seed", &set("SSO_MIGRATION_SEED", "1")])
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .arg("--folder")
        .arg(folder.join("machines"))
        .arg("--also-trust")
        .arg(metadata);
    // Only a build for tests has it.
    if let Some(newer) = option_env!("CARGO_BIN_EXE_sso-connect-newer") {
        command.args(["--newer", newer]);
    }
    command
}

const OLD: &str = "localhost";
const NEW: &str = "sso.localhost";
