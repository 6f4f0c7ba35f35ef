//! The host name changes while people sign in on two servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sso_core::cert::SelfSigned;
use sso_core::testkit::FakeRequest;
use sso_core::{Clock as _, SystemClock};

use crate::browser::Browser;
use crate::domain::{Domain, user};
use crate::process::{Process, give, give_any};
use crate::stories::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_name_fails_no_sign_in_and_both_names_work_until_the_old_one_is_retired() {
    let domain = Arc::new(Domain::of_two_servers());
    domain.login();
    let made = SelfSigned::for_tls(&["sso.localhost"], SystemClock.now()).unwrap();
    let (certificate, key) = (domain.folder("new.pem"), domain.folder("new.key"));
    std::fs::write(&certificate, made.certificate_pem()).unwrap();
    std::fs::write(&key, made.key_pem()).unwrap();

    let (mut stays, alice) = domain.signed_in(&domain.one, "alice").await;
    let mut under_way = domain.browser(&domain.one);
    let begun = begin(&mut under_way).await;
    let load = Load::start(&domain);

    let check = give_any(
        &domain.folder("two"),
        &["hostname", "check", "sso.localhost"],
    );
    let checked = String::from_utf8(check.stdout).unwrap();
    assert_eq!(check.status.code(), Some(1), "{checked}");
    assert!(
        checked.contains("does not cover it: it is for localhost"),
        "{checked}"
    );
    let change = [
        "hostname",
        "change",
        "sso.localhost",
        "--certificate",
        certificate.to_str().unwrap(),
        "--key",
        key.to_str().unwrap(),
        "--anyway",
        "--yes",
    ];
    let changed = give(&domain.folder("two"), &change);
    assert!(changed.contains("Saved as revision"), "{changed}");
    for server in [&domain.one, &domain.two] {
        until(async || {
            let mut browser = domain.browser(server);
            let metadata = browser.get("/sso-connect/saml/metadata").await.body;
            metadata.contains("https://sso.localhost:") && metadata.contains("https://localhost:")
        })
        .await;
    }

    // What began before is finished after, at another server; who was signed in still is.
    let mut led_elsewhere = domain.browser(&domain.two);
    led_elsewhere.cookies = under_way.cookies.clone();
    assert!(finish(&domain, &mut led_elsewhere, &begun, "alice").await);
    assert_eq!(user(&mut stays).await, Some(alice.clone()));

    // The new name has its certificate, its addresses, and the same users.
    for server in [&domain.one, &domain.two] {
        let mut browser = at_new_name(server, made.certificate_pem());
        let request = begin(&mut browser).await;
        assert!(
            request.acs_url.starts_with("https://sso.localhost:"),
            "{}",
            request.acs_url
        );
        assert_eq!(request.issuer, begun.issuer);
        assert!(finish(&domain, &mut browser, &request, "alice").await);
        assert_eq!(user(&mut browser).await, Some(alice.clone()));
    }
    let (sign_ins, failed) = load.stop().await;
    assert!(
        sign_ins > 0 && failed.is_empty(),
        "{sign_ins} sign-ins, failed: {failed:?}"
    );

    let retire = ["hostname", "retire", "localhost", "--yes"];
    let refused = give_any(&domain.folder("two"), &retire);
    let why = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{why}");
    assert!(why.contains("people came by a former name"), "{why}");
    assert_eq!(user(&mut stays).await, Some(alice));
    give(
        &domain.folder("two"),
        &[&retire[..], &["--anyway"]].concat(),
    );
    until(async || user(&mut stays.clone()).await.is_none()).await;
}

/// People who sign in at the old name on both servers, one after the other.
struct Load {
    over: Arc<AtomicBool>,
    people: tokio::task::JoinHandle<(usize, Vec<String>)>,
}

impl Load {
    fn start(domain: &Arc<Domain>) -> Self {
        let (domain, over) = (Arc::clone(domain), Arc::new(AtomicBool::new(false)));
        let until = Arc::clone(&over);
        let people = tokio::spawn(async move {
            let (mut sign_ins, mut failed) = (0, Vec::new());
            while !until.load(Ordering::Relaxed) {
                for server in [&domain.one, &domain.two] {
                    let mut browser = domain.browser(server);
                    let answer = domain.sign_in(&mut browser, "alice").await;
                    sign_ins += 1;
                    if !answer.status.is_redirection() || user(&mut browser).await.is_none() {
                        failed.push(answer.body);
                    }
                }
            }
            (sign_ins, failed)
        });
        Self { over, people }
    }

    async fn stop(self) -> (usize, Vec<String>) {
        self.over.store(true, Ordering::Relaxed);
        self.people.await.unwrap()
    }
}

fn at_new_name(server: &Process, certificate: &str) -> Browser {
    let base = format!("https://sso.localhost:{}", server.address.port());
    Browser::new(&base, certificate, server.address)
}

async fn begin(browser: &mut Browser) -> FakeRequest {
    let answer = browser.get("/sso-connect/saml/login").await;
    FakeRequest::read_redirect(answer.location(), None)
}

async fn finish(domain: &Domain, browser: &mut Browser, request: &FakeRequest, name: &str) -> bool {
    let answer = domain.answer(browser, request, name).await;
    answer.status.is_redirection()
}
