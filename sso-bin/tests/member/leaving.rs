//! A server leaves behind a load balancer while people sign in.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use http::StatusCode;
use serde_json::Value;

use crate::balancer::{Balancer, Kind};
use crate::domain::{Domain, free_port};
use crate::process::give_any;
use crate::steady::Steady;
use crate::stories::A_BEAT_AND_MORE;

#[tokio::test(flavor = "multi_thread")]
async fn behind_haproxy_no_request_fails_while_a_server_leaves() {
    let told = drained(Kind::Haproxy).await;
    assert!(told >= 2, "HAProxy asked {told} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_haproxy_that_hands_tls_through_no_request_fails_while_a_server_leaves() {
    let told = drained(Kind::HaproxyThrough).await;
    assert!(told >= 2, "HAProxy asked {told} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_nginx_no_request_fails_while_a_server_leaves() {
    drained(Kind::Nginx).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_leaves_the_same_way_when_systemd_stops_it() {
    let site = Site::start(Kind::Haproxy, "drain_seconds = 4\n").await;
    site.steady.until_more(20).await;
    let Site { domain, steady, .. } = &site;
    domain.one.terminate();
    let mut browser = domain.browser(&domain.one);
    while browser.get("/readyz").await.status != StatusCode::SERVICE_UNAVAILABLE {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    steady.until_more(20).await;
    site.ends_without_a_failure().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_does_not_wait_says_what_comes() {
    let domain = Domain::behind(free_port());
    let said = drain(&domain, &["drain", "--notice", "0"]).await;
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("drain --wait"), "{said}");
    let Domain { one, .. } = domain;
    assert!(one.ended_well());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_names_what_is_left_and_is_done_when_the_old_server_has_gone() {
    let public = free_port();
    let domain = Domain::behind(public);
    let alone = plan(&domain.folder("three"), &[]);
    assert_eq!(left(&alone), ["enrolled"], "{alone}");
    let is_filled = |said: &str| said.contains("[x] complete") && said.contains("one still serves");
    let early = planned(&domain, &["--hostname", "sso.localhost"], is_filled).await;
    assert_eq!(
        left(&early),
        ["host-name", "tried", "old-server"],
        "{early}"
    );
    for said in [
        "server, two:",
        "the certificate does not cover sso.localhost: it is for localhost",
        "nobody has signed in here yet",
        "when everything else is done, on one: sso-connect retire",
        "10 of 13 steps are done.",
    ] {
        assert!(early.contains(said), "{said}: {early}");
    }

    let site = Site::lead(Kind::Haproxy, domain, public).await;
    site.steady.until_more(20).await;
    site.domain.retired("4").await;
    let is_done = |said: &str| left(said).is_empty();
    let done = planned(&site.domain, &[], is_done).await;
    for said in [
        "the domain has no server one any more",
        "asks /readyz here",
        "and no other",
        "All 13 steps are done.",
    ] {
        assert!(done.contains(said), "{said}: {done}");
    }
    println!("{alone}\n{early}\n{done}");
    site.ends_without_a_failure().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_server_is_retired_while_people_sign_in() {
    let site = Site::start(Kind::Haproxy, "").await;
    site.steady.until_more(20).await;
    let said = site.domain.retired("4").await;
    assert_eq!(said["server"], "one");
    assert_eq!(said["epoch"], 2);
    let keys = site.domain.folder("one").join("keys");
    assert_eq!(std::fs::read_dir(keys).unwrap().count(), 0);
    site.steady.until_more(40).await;
    let servers = give_any(&site.domain.folder("two"), &["servers", "list"]);
    let servers = String::from_utf8(servers.stdout).unwrap();
    assert!(!servers.contains("one"), "{servers}");
    site.ends_without_a_failure().await;
}

/// The plan of server two as soon as it is as wanted.
async fn planned(domain: &Domain, more: &[&str], is_wanted: impl Fn(&str) -> bool) -> String {
    let folder = domain.folder("two");
    let words = [&["--from", "one"], more].concat();
    let mut said = plan(&folder, &words);
    let attempts = async {
        while !is_wanted(&said) {
            tokio::time::sleep(Duration::from_secs(1)).await;
            said = plan(&folder, &words);
        }
    };
    let attempts = tokio::time::timeout(A_BEAT_AND_MORE, attempts);
    let ended = attempts.await;
    assert!(ended.is_ok(), "{said}");
    said
}

/// What a plan says; with 1 it ends if something is left.
fn plan(folder: &Path, more: &[&str]) -> String {
    let line = [&["migrate", "plan"], more].concat();
    let output = tokio::task::block_in_place(|| give_any(folder, &line));
    let said = String::from_utf8(output.stdout).unwrap();
    let code = i32::from(!left(&said).is_empty());
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// The steps that are not done.
fn left(plan: &str) -> Vec<&str> {
    let steps = plan.lines().filter(|line| line.starts_with("  ["));
    let left = steps.filter(|line| !line.starts_with("  [x]"));
    left.map(|line| line[5..].split_whitespace().next().unwrap())
        .collect()
}

/// Server one leaves; how often the balancer was told.
async fn drained(kind: Kind) -> u64 {
    let site = Site::start(kind, "").await;
    site.steady.until_more(20).await;
    let line = ["drain", "--wait", "--notice", "4s", "--output", "json"];
    let said = drain(&site.domain, &line).await;
    let report: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(report["phase"], "ended");
    assert_eq!(report["waiting"], 0);
    site.steady.until_more(20).await;
    site.ends_without_a_failure().await;
    report["told"].as_u64().unwrap()
}

/// A domain behind a load balancer, with people who sign in.
struct Site {
    domain: Domain,
    steady: Steady,
    _balancer: Balancer,
}

impl Site {
    async fn start(kind: Kind, settings: &str) -> Self {
        let public = free_port();
        Self::lead(kind, Domain::behind_with(public, settings), public).await
    }

    /// People are led to a domain that runs.
    async fn lead(kind: Kind, domain: Domain, public: u16) -> Self {
        let balancer = Balancer::start(kind, &domain, public);
        listening(&balancer).await;
        let browser = domain.browser_at(balancer.address);
        let steady = Steady::begin(browser, &domain.idp, 3);
        Self {
            domain,
            steady,
            _balancer: balancer,
        }
    }

    async fn ends_without_a_failure(self) {
        let (done, failures) = self.steady.stop().await;
        assert!(failures.is_empty(), "of {done}: {failures:#?}");
        let Domain { one, .. } = self.domain;
        let ended = tokio::task::spawn_blocking(|| one.ended_well()).await;
        assert!(ended.unwrap());
    }
}

async fn listening(balancer: &Balancer) {
    let wait = async {
        while tokio::net::TcpStream::connect(balancer.address)
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), wait).await;
    waited.expect("the load balancer listens");
}

async fn drain(domain: &Domain, line: &[&str]) -> Output {
    let output = given(domain, line).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    output
}

/// Gives a command on server one.
async fn given(domain: &Domain, line: &[&str]) -> Output {
    let folder = domain.folder("one");
    let line: Vec<_> = line.iter().map(|&it| it.to_owned()).collect();
    let given = tokio::task::spawn_blocking(move || give_any(&folder, &line));
    given.await.unwrap()
}
