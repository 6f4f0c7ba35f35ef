//! What a hub does when there is too much, or too slow.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use http::StatusCode;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sso_sync::hub::HubSettings;

use crate::client::Answer;
use crate::hub::{TestHub, certificate, until};

#[tokio::test]
async fn too_many_requests_of_one_address_are_told_when_to_come_back() {
    let hub = TestHub::start_with("[limits]\naddress_per_second = 1\naddress_at_once = 2").await;
    let client = hub.client();
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers.push(client.get("hub").await);
    }
    assert_eq!(answers[0].status, StatusCode::OK);
    let refused: Vec<_> = answers.iter().filter(|it| it.code() == "busy").collect();
    assert!(!refused.is_empty());
    for answer in refused {
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers["retry-after"], "1");
    }
}

#[tokio::test]
async fn behind_a_proxy_limits_count_for_its_clients() {
    let limits = "[limits]\naddress_per_second = 1\naddress_at_once = 1";
    let hub = TestHub::start_with(&format!("trusted_proxies = ['127.0.0.1']\n{limits}")).await;
    let client = hub.client();
    for number in 1..=20 {
        let request = client.http.get(client.url("hub"));
        let request = request.header("x-forwarded-for", format!("192.0.2.{number}"));
        assert_eq!(Answer::of(request).await.code(), "", "{number}");
    }
}

#[tokio::test]
async fn a_stranger_does_not_choose_for_whom_it_is_counted() {
    let hub = TestHub::start_with("[limits]\naddress_per_second = 1\naddress_at_once = 1").await;
    let client = hub.client();
    let mut codes = Vec::new();
    for number in 1..=20 {
        let request = client.http.get(client.url("hub"));
        let request = request.header("x-forwarded-for", format!("192.0.2.{number}"));
        codes.push(Answer::of(request).await.code());
    }
    assert!(codes.contains(&"busy"), "{codes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_read_up_to_the_limit_only() {
    let hub = TestHub::start().await;
    let client = hub.client();
    let feed = format!("domains/{}/feed?after=0", "0".repeat(64));
    let largest = client.post(&feed, vec![0; HubSettings::MAX_BODY]).await;
    assert_eq!(largest.code(), "bad-request-signature");
    let mut connection = connect(&hub);
    let length = HubSettings::MAX_BODY + 1;
    let head = head(&hub, &format!("content-length: {length}\r\n"));
    connection.write_all(head.as_bytes()).unwrap();
    // Not a byte of the body was sent.
    assert!(read_head(&mut connection).starts_with("HTTP/1.1 413"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_say_its_length_is_cut_off() {
    let hub = TestHub::start().await;
    let mut connection = connect(&hub);
    let head = head(&hub, "transfer-encoding: chunked\r\n");
    connection.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", "0".repeat(0x10000));
    for _ in 0..=HubSettings::MAX_BODY / 0x10000 {
        connection.write_all(chunk.as_bytes()).unwrap();
    }
    assert!(read_head(&mut connection).starts_with("HTTP/1.1 413"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_arrive_in_time_is_given_up() {
    let hub = TestHub::start_with("[limits]\nbody_seconds = 1").await;
    let mut connection = connect(&hub);
    let head = head(&hub, "content-length: 10\r\n");
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(b"12345").unwrap();
    let answer = read_head(&mut connection);
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_seat_is_told_so_and_served_once_there_is_one() {
    let hub = TestHub::start_with("[limits]\nconnections = 1").await;
    let first = hub.client();
    assert_eq!(first.get("hub").await.code(), "");
    let second = hub.client();
    let answer = second.get("hub").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "5");
    let detail = answer.problem().unwrap().detail;
    assert!(detail.contains("connections of the hub"), "{detail}");
    assert_eq!(
        first.get("hub").await.code(),
        "",
        "the first keeps its seat"
    );
    // The connection closes with its client.
    drop(first);
    until(async || second.get("hub").await.code().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn very_many_connections_are_dropped_before_they_cost_a_handshake() {
    let hub = TestHub::start_with("[limits]\nconnections = 1").await;
    let address = hub.address();
    let connect = |_| {
        let connection = TcpStream::connect(address).unwrap();
        connection.set_nonblocking(true).unwrap();
        connection
    };
    let held: Vec<_> = (0..20).map(connect).collect();
    let is_dropped = |it: &TcpStream| match it.peek(&mut [0]) {
        Ok(read) => read == 0,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    };
    until(async || held.iter().any(is_dropped)).await;
}

/// A connection of HTTP/1.1, read and written step by step.
fn connect(hub: &TestHub) -> StreamOwned<ClientConnection, TcpStream> {
    let pem = certificate(&hub.dir);
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(hub.address()).unwrap())
}

fn head(hub: &TestHub, more: &str) -> String {
    let port = hub.address().port();
    format!("POST /sync/v1/session HTTP/1.1\r\nhost: localhost:{port}\r\n{more}\r\n")
}

fn read_head(connection: &mut impl io::Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head)
        .unwrap()
        .to_ascii_lowercase()
        .replacen("http", "HTTP", 1)
}
