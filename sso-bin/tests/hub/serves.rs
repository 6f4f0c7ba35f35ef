//! What members and administrators get.

use http::{Method, StatusCode};
use sso_sync::feed::HubHead;
use sso_sync::wire::HubInfo;

use crate::client::Answer;
use crate::founder::{Founder, keys};
use crate::hub::TestHub;

#[tokio::test]
async fn everybody_may_know_what_program_it_is() {
    let hub = TestHub::start().await;
    let answer = hub.client().get("hub").await;
    let info: HubInfo = answer.read();
    assert_eq!(info.format, HubInfo::FORMAT);
    assert_eq!(info.program, env!("CARGO_PKG_VERSION"));
    assert_eq!(answer.headers["content-type"], "application/cbor");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let hub = TestHub::start().await;
    let client = hub.client();
    let url = client.url("hub");
    let answer = client.http.get(&url).send().await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);
    let certificate = crate::hub::certificate(&hub.dir);
    let old = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap()])
        .resolve("localhost", hub.address())
        .http1_only()
        .no_proxy()
        .build();
    let answer = old.unwrap().get(&url).send().await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_11);
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn one_text_of_the_operator_founds_a_domain_with_an_administrator_and_a_server() {
    let hub = TestHub::start().await;
    let founder = Founder::of_domain(&hub, "example").await;
    let port = hub.address().port();
    assert_eq!(founder.founding.hub(), format!("localhost:{port}"));
    let mut server = founder.server(&hub.client()).await;
    let head: HubHead = server.get("head").await.read();
    assert_eq!(head.statements, 2);
    assert_eq!(head.chain, founder.chain.head().1);
}

#[tokio::test]
async fn a_signature_for_another_hub_is_worth_nothing() {
    let (hub, other) = (TestHub::start().await, TestHub::start().await);
    let founder = Founder::of_domain(&hub, "example").await;
    let mut server = founder.server(&hub.client()).await;
    let request = server.request(Method::GET, "head", b"").build().unwrap();
    let signature = request.headers()["authorization"].clone();
    let path = format!("domains/{}/head", founder.id());
    let elsewhere = other.client();
    let passed_on = elsewhere.http.get(elsewhere.url(&path));
    let answer = Answer::of(passed_on.header("authorization", signature)).await;
    assert_eq!(answer.code(), "unknown-domain");

    // Under another name of the same hub, which it does not go by.
    let client = hub.client();
    let url = format!("https://127.0.0.1:{}/sync/v1/{path}", hub.address().port());
    let mut server = client.server(founder.id(), keys(1)).await;
    let request = server.request(Method::GET, "head", b"").build().unwrap();
    let signature = request.headers()["authorization"].clone();
    let answer = Answer::of(client.http.get(url).header("authorization", signature)).await;
    assert_eq!(answer.code(), "bad-request-signature");
}

#[tokio::test]
async fn an_invitation_to_found_works_once() {
    let hub = TestHub::start().await;
    let first = Founder::of_domain(&hub, "example").await;
    let answer = first.post_genesis(&hub.client()).await;
    assert_eq!(answer.status, StatusCode::OK, "the answer was lost");
    let invitation = first.founding.invitation();
    assert!(!first.register(&hub.client(), invitation).await);
    let create = [
        "domain",
        "create",
        "example",
        "--administrator",
        "b@example.com",
    ];
    let output = hub.operate(&create);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("is the name of a domain already"), "{error}");
    assert!(error.contains("to mend it: "), "{error}");
}

#[tokio::test]
async fn a_second_text_makes_the_first_worthless() {
    let hub = TestHub::start().await;
    let first = Founder::invited(&hub, "example");
    let second = Founder::invited(&hub, "example");
    let client = hub.client();
    assert_eq!(first.post_genesis(&client).await.code(), "not-permitted");
    let invitation = first.founding.invitation();
    assert!(!first.register(&client, invitation).await);
    assert_eq!(second.post_genesis(&client).await.code(), "");
    let invitation = second.founding.invitation();
    assert!(second.register(&client, invitation).await);
}
