//! The server ends without losing anybody.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sso_bin::data_dir::KeyFile;

use crate::server::{ACS, TestServer, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_answered_before_the_server_ends() {
    let server = TestServer::start();
    let address = server.address();
    let mut connection = connect(&server);
    let body = "SAMLResponse=PHgvPg==";
    let head = format!(
        "POST {ACS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    // The server asks for the body, so the request is under way.
    assert!(read_head(&mut connection).starts_with("HTTP/1.1 100"));

    let stopped = tokio::spawn(server.running.stop(Duration::ZERO));
    until(async || TcpStream::connect(address).is_err()).await;
    connection.write_all(body.as_bytes()).unwrap();
    assert!(read_head(&mut connection).starts_with("HTTP/1.1 400"));
    stopped.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_leaves_serves_and_leads_the_next_connection_elsewhere() {
    let server = TestServer::start();
    let (mut early, mut late) = (connect(&server), connect(&server));
    assert!(!ask(&mut early, "/livez").contains("connection: close"));
    let stopped = tokio::spawn(server.running.stop(Duration::from_secs(3)));
    let mut answer = ask(&mut early, "/livez");
    while !answer.contains("connection: close") {
        answer = ask(&mut early, "/livez");
    }
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let ready = ask(&mut late, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503"), "{ready}");
    stopped.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_without_requests_ends_at_once() {
    let server = TestServer::start();
    server.running.stop(Duration::ZERO).await.unwrap();
}

/// A connection of HTTP/1.1, read and written step by step.
fn connect(server: &TestServer) -> StreamOwned<ClientConnection, TcpStream> {
    let pem = server
        .dir
        .read(&server.dir.key_file(KeyFile::TlsCertificate))
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(server.address()).unwrap())
}

/// The head of an answer; its body is read over.
fn ask(connection: &mut (impl std::io::Read + std::io::Write), path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let head = read_head(connection)
        .to_lowercase()
        .replace("http/", "HTTP/");
    let (_, length) = head.split_once("content-length: ").unwrap();
    let length = length.lines().next().unwrap().parse().unwrap();
    connection.read_exact(&mut vec![0; length]).unwrap();
    head
}

fn read_head(connection: &mut impl std::io::Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}
