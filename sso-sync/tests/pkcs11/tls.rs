//! rustls shakes hands with a key on a token.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::server::ResolvesServerCert;
use rustls::sign::SingleCertAndKey;
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, Stream,
    SupportedProtocolVersion,
};
use sso_sync::keeper::pkcs11::{TokenError, TokenKey};

use crate::token::{Kind, TestToken, foreign_certificate, root};

#[test]
fn every_kind_of_key_shakes_hands_in_every_version() {
    let token = TestToken::new();
    for kind in [Kind::P256, Kind::P384, Kind::Rsa] {
        let label = format!("{kind:?}");
        let certificate = token.make_key(&label, kind);
        let key = TokenKey::open(token.open(), &label, vec![certificate]).unwrap();
        assert!(key.certified().keys_match().is_ok(), "{kind:?}");
        for version in [&TLS12, &TLS13] {
            let answer = shake_hands(&key, version);
            assert_eq!(answer, "hello", "{kind:?} {version:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_handshake_on_a_worker_lets_the_others_go_on() {
    let token = TestToken::new();
    let certificate = token.make_key("tls", Kind::P256);
    let key = TokenKey::open(token.open(), "tls", vec![certificate]).unwrap();
    let shaken = tokio::spawn(async move { shake_hands(&key, &TLS13) });
    assert_eq!(shaken.await.unwrap(), "hello");
}

#[test]
fn a_certificate_on_the_token_is_read() {
    let token = TestToken::new();
    let certificate = token.make_key("tls", Kind::P256);
    let missing = TokenKey::with_certificate_of_token(token.open(), "tls").unwrap_err();
    let text = format!("the token {} has no certificate labelled tls", token.label);
    assert_eq!(missing.to_string(), text);

    token.import_certificate("tls", &certificate);
    let key = TokenKey::with_certificate_of_token(token.open(), "tls").unwrap();
    assert_eq!(key.chain(), [certificate]);
}

#[test]
fn a_certificate_of_another_key_is_refused() {
    let token = TestToken::new();
    token.make_key("tls", Kind::P256);
    let other = foreign_certificate();
    let refused = TokenKey::open(token.open(), "tls", vec![other]).unwrap_err();
    assert!(
        matches!(refused, TokenError::NotAPair { .. }),
        "{refused:?}"
    );
    assert!(refused.fix().contains("--list-objects"), "{refused:?}");
}

#[test]
fn a_key_or_a_certificate_that_is_missing_is_named() {
    let token = TestToken::new();
    let missing = TokenKey::open(token.open(), "tls", vec![foreign_certificate()]).unwrap_err();
    let text = format!(
        "the token {} has no EC private key labelled tls",
        token.label
    );
    assert_eq!(missing.to_string(), text);
    let unusable = TokenKey::open(token.open(), "tls", Vec::new()).unwrap_err();
    assert!(matches!(unusable, TokenError::UnusableCertificate { .. }));
}

/// What a client reads from a server that has this key.
fn shake_hands(key: &TokenKey, version: &'static SupportedProtocolVersion) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let config = server_config(key);
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(config).unwrap();
        let mut stream = Stream::new(&mut connection, &mut socket);
        stream.write_all(b"hello").unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    let mut socket = TcpStream::connect(address).unwrap();
    let config = client_config(version);
    let mut connection = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    let mut answer = String::new();
    let mut stream = Stream::new(&mut connection, &mut socket);
    stream.read_to_string(&mut answer).unwrap();
    server.join().unwrap();
    answer
}

fn server_config(key: &TokenKey) -> Arc<ServerConfig> {
    let resolver: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(key.certified()));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    Arc::new(config)
}

fn client_config(version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(root()).unwrap();
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
