//! Attacks that need the whole server: what a browser is told, what is logged, what it costs.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use serde_json::Value;
use sso_core::saml::binding::{MessageKind, redirect};
use sso_core::testkit::{
    FakeIdp, FakeLogoutRequest, FakeNameId, FakeRequest, FakeResponse, Signed,
};
use sso_core::{Clock as _, SystemClock};

use crate::browser::{Answer, Browser};
use crate::server::{ACS, TestServer, post_response};

const SLO: &str = "/sso-connect/saml/slo";
const EVIL: &str = "https://evil.example/";

#[tokio::test]
async fn every_refusal_is_one_line_in_the_log_and_uses_nothing_up() {
    listen();
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let good = response(&server, &request);
    let admin = |xml: &str| xml.replace(">alice<", ">admin<");
    let stranger = FakeIdp::impostor().response(&request).at(SystemClock.now());
    for (attack, code) in [
        (good.clone().sign(Signed::Neither), "sig.missing"),
        (good.clone().tamper(admin), "sig.digest_mismatch"),
        (stranger, "sig.untrusted_key"),
        (
            good.clone().tamper(|xml| format!("<!DOCTYPE x>{xml}")),
            "xml.doctype",
        ),
        (
            good.clone().tamper(|xml| xml.repeat(2)),
            "xml.not_well_formed",
        ),
        (
            good.clone()
                .with(|it| it.assertion.audiences = vec![vec!["urn:x".into()]]),
            "audience.mismatch",
        ),
    ] {
        let answer = post_response(&mut browser.clone(), &attack.to_base64(), &request).await;
        assert!(answer.status.is_client_error(), "{code}: {}", answer.status);
        assert!(!answer.body.contains(code), "{}", answer.body);
        assert_eq!(codes_logged(&answer), [code]);
    }
    let answer = post_response(&mut browser, &good.to_base64(), &request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(codes_logged(&answer), [""; 0]);
}

#[tokio::test]
async fn every_refused_logout_message_is_one_line_in_the_log_and_ends_nothing() {
    listen();
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    let request = logout_request(&server, &server.idp);
    let stranger = logout_request(&server, &FakeIdp::impostor());
    let unsigned = STANDARD.encode(request.to_xml());
    let mut answers = vec![
        (
            browser.post(SLO, &[("SAMLRequest", &unsigned)]).await,
            "sig.missing",
        ),
        (
            browser
                .post(SLO, &[("SAMLRequest", &stranger.to_base64())])
                .await,
            "sig.untrusted_key",
        ),
    ];
    let address = stranger.to_redirect(None);
    answers.push((browser.get(path(&server, &address)).await, "sig.mismatch"));
    let address = request.to_redirect(Some("x"));
    let twice = format!("{address}&RelayState=y");
    answers.push((
        browser.get(path(&server, &twice)).await,
        "binding.duplicate",
    ));
    for (answer, code) in &answers {
        assert!(answer.status.is_client_error(), "{code}: {}", answer.status);
        assert_eq!(codes_logged(answer), [*code]);
    }
    assert_eq!(
        browser.get("/sso-connect/session").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn sig_22_a_signature_beside_the_fields_of_a_form_signs_nothing() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let unsigned = response(&server, &request).sign(Signed::Neither);
    let relay_state = request.relay_state.clone().unwrap();
    let fields = simple_sign(&server, "SAMLResponse", &unsigned.to_xml(), &relay_state).await;
    let answer = browser.clone().post(ACS, &borrowed(&fields)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);

    let mut browser = server.signed_in().await;
    let unsigned = logout_request(&server, &server.idp).to_xml();
    let fields = simple_sign(&server, "SAMLRequest", &unsigned, "x").await;
    let answer = browser.post(SLO, &borrowed(&fields)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(
        browser.get("/sso-connect/session").await.status,
        StatusCode::OK
    );
}

/// The fields of the binding HTTP-POST-SimpleSign, signed by the provider.
async fn simple_sign(
    server: &TestServer,
    field: &str,
    xml: &str,
    relay_state: &str,
) -> Vec<(String, String)> {
    let algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let octets = format!("{field}={xml}&RelayState={relay_state}&SigAlg={algorithm}");
    let signature = server.idp.signer().sign(octets.as_bytes()).await.unwrap();
    [
        (field, STANDARD.encode(xml)),
        ("RelayState", relay_state.to_owned()),
        ("SigAlg", algorithm.to_owned()),
        ("Signature", STANDARD.encode(signature)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = fields.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

#[tokio::test]
async fn dos_05_a_message_that_unfolds_to_more_than_the_cap_is_refused() {
    let server = TestServer::start();
    let large = format!("<x>{}</x>", " ".repeat(1024 * 1024));
    let destination = format!("{}{SLO}", server.base).parse().unwrap();
    let address = redirect::encode(MessageKind::Request, &large, &destination, None, None);
    let address = address.await.unwrap();
    assert!(address.len() < 8 * 1024, "{}", address.len());
    let answer = server.browser().get(path(&server, &address)).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
}

#[tokio::test]
async fn dos_07_white_space_counts_like_everything_else() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let good = response(&server, &request).to_base64();
    for spaces in [500 * 1024, 10 * 1024 * 1024] {
        let padded = format!("{good}{}", " ".repeat(spaces));
        let relay_state = request.relay_state.clone().unwrap();
        let fields = [("SAMLResponse", &padded), ("RelayState", &relay_state)];
        let form = browser.request(Method::POST, ACS).form(&fields);
        match browser.clone().attempt(form).await {
            Ok(answer) => assert!(answer.status.is_client_error(), "{}", answer.status),
            // The server may hang up before the client has sent everything.
            Err(error) => assert!(spaces > 1024 * 1024, "{error}"),
        }
    }
    let answer = post_response(&mut browser, &good, &request).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn http_10_a_session_cookie_says_nothing_and_cannot_be_changed() {
    let server = TestServer::start();
    let browser = server.signed_in().await;
    let cookie = browser.cookies[SESSION].clone();
    let bytes = URL_SAFE_NO_PAD.decode(&cookie).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("alice") && !text.contains("idp.example"));
    for place in (0..cookie.len()).step_by(7) {
        let other = if cookie[place..].starts_with('A') {
            "B"
        } else {
            "A"
        };
        let changed = [&cookie[..place], other, &cookie[place + 1..]].concat();
        let mut thief = server.browser();
        thief.cookies.insert(SESSION.into(), changed);
        let answer = thief.get("/sso-connect/session").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{place}");
    }
}

#[tokio::test]
async fn http_13_slo_08_a_foreign_page_signs_nobody_out_in_passing() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let answer = server.finish(&mut browser, &request).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    let session = cookies
        .iter()
        .find(|it| it.as_bytes().starts_with(SESSION.as_bytes()));
    // Neither an image nor a form of another site brings it along.
    assert!(
        session
            .unwrap()
            .to_str()
            .unwrap()
            .contains("; SameSite=Lax;")
    );
    let mut foreign = server.browser();
    for answer in [
        foreign.get("/sso-connect/saml/logout").await,
        foreign.post("/sso-connect/saml/logout", &[]).await,
    ] {
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 0);
    }
    assert_eq!(
        browser.get("/sso-connect/session").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn http_16_http_17_no_answer_of_a_sign_in_is_kept_or_framed() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let unsigned = response(&server, &request)
        .sign(Signed::Neither)
        .to_base64();
    let mut answers = vec![
        post_response(&mut browser.clone(), &unsigned, &request).await,
        browser.get("/sso-connect/auth").await,
        server.finish(&mut browser, &request).await,
        browser.get("/sso-connect/auth").await,
        browser.get("/sso-connect/session").await,
        browser.post(SLO, &[("SAMLRequest", "x")]).await,
    ];
    answers.push(browser.get("/sso-connect/saml/logout").await);
    for answer in answers {
        assert_eq!(answer.header("cache-control"), "no-store");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn http_19_no_path_is_let_through_without_a_session() {
    let server = TestServer::start();
    let mut signed_in = server.signed_in().await;
    for path in [
        "/public/..;/admin",
        "/public/%2e%2e/admin",
        "//public",
        "/public%2fadmin",
        "/ping?x=/sso-connect/saml/sso",
        "/sso-connect/saml/sso",
        "/\\public",
        "https://evil.example/",
    ] {
        for header in ["x-forwarded-uri", "x-original-url"] {
            let ask = |browser: &Browser| {
                let request = browser.request(Method::GET, "/sso-connect/auth");
                request.header("accept", "text/html").header(header, path)
            };
            let mut nobody = server.browser();
            let answer = nobody.send(ask(&nobody)).await;
            let login = format!("{}/sso-connect/saml/login", server.base);
            assert!(answer.location().starts_with(&login), "{path}");
            let answer = signed_in.send(ask(&signed_in)).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
    }
}

#[tokio::test]
async fn slo_07_a_relay_state_leads_nobody_away() {
    let server = TestServer::start();
    let mut browser = server.signed_in().await;
    let answer = browser.get("/sso-connect/saml/logout").await;
    let sent = sso_core::testkit::ReceivedLogout::read_redirect(
        answer.location(),
        MessageKind::Request,
        None,
    );
    let slo_url = format!("{}{SLO}", server.base);
    let answered = server.idp.logout_response(&slo_url, &sent.id);
    let answered = answered.with(|it| it.issue_instant = SystemClock.now());
    let answer = browser
        .get(path(&server, &answered.to_redirect(Some(EVIL))))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("location").is_empty() && !answer.body.contains(EVIL));

    let request = logout_request(&server, &server.idp).to_redirect(Some(EVIL));
    let answer = server.browser().get(path(&server, &request)).await;
    assert!(answer.location().starts_with(&server.idp.sign_out_url()));
}

#[tokio::test]
async fn ok_15_a_failure_without_relay_state_is_a_page_with_a_way_on() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let request = server.begin(&mut browser, "").await;
    let failed = response(&server, &request).failed(&["Responder", "AuthnFailed"]);
    let answer = browser
        .post(ACS, &[("SAMLResponse", &failed.to_base64())])
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.body.contains("/sso-connect/saml/login"),
        "{}",
        answer.body
    );
}

fn response(server: &TestServer, request: &FakeRequest) -> FakeResponse {
    server.idp.response(request).at(SystemClock.now())
}

fn logout_request(server: &TestServer, idp: &FakeIdp) -> FakeLogoutRequest {
    let (now, alice) = (SystemClock.now(), FakeNameId::persistent("alice"));
    let request = idp.logout_request(&format!("{}{SLO}", server.base), alice);
    request.with(|it| {
        it.issue_instant = now;
        it.not_on_or_after = Some(now.later(Duration::from_mins(5)));
    })
}

fn path<'a>(server: &TestServer, url: &'a str) -> &'a str {
    url.strip_prefix(&server.base).unwrap()
}

/// The codes that the log has of the request that was answered so.
fn codes_logged(answer: &Answer) -> Vec<String> {
    let log = LOG.get().unwrap().lock().unwrap();
    let lines = str::from_utf8(&log).unwrap().lines();
    let events = lines.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let trace_id = answer.header("x-trace-id");
    let of_request = events.filter(|it| text(it, "/span/trace_id").as_deref() == Some(trace_id));
    of_request
        .filter_map(|it| text(&it, "/fields/code"))
        .collect()
}

fn text(event: &Value, at: &str) -> Option<String> {
    Some(event.pointer(at)?.as_str()?.to_owned())
}

/// Keeps what is logged from now on.
fn listen() {
    let log = Arc::clone(LOG.get_or_init(Arc::default));
    let lines = tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .with_writer(move || Kept(Arc::clone(&log)));
    // Another test may have been first, with the same log.
    let _ = tracing::subscriber::set_global_default(lines.finish());
}

struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
const SESSION: &str = "__Host-sso-session";
