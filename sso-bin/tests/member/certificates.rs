//! A new certificate for all servers, while people are connected.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sso_core::cert::{SelfSigned, certificates};
use sso_core::{Clock as _, SystemClock};

use crate::domain::Domain;
use crate::process::{Process, give, give_any};
use crate::stories::until;

#[tokio::test]
async fn a_certificate_that_one_server_imports_is_served_by_all_and_no_connection_is_dropped() {
    let domain = Domain::of_two_servers();
    let old = fs::read_to_string(domain.folder("one").join("keys/tls.pem")).unwrap();
    let old = certificates(&old).unwrap().remove(0);
    let made = SelfSigned::for_tls(&["localhost", "sso.example.com"], SystemClock.now()).unwrap();
    let new = made.certificate().clone();
    let file = domain.folder("new.pem");
    fs::write(&file, [made.certificate_pem(), made.key_pem()].concat()).unwrap();
    let trusted = [old.clone(), new.clone()];
    let mut lines = [&domain.one, &domain.two].map(|it| Line::to(it, &trusted));
    assert!(lines.iter().all(|line| line.certificate() == old));

    domain.login();
    let two = domain.folder("two");
    let file = file.to_str().unwrap();
    let said = give(
        &two,
        &["certificate", "import", "tls", file, "--next", "--yes"],
    );
    assert!(said.contains("It waits on one, two until"), "{said}");
    until(async || give(&two, &["certificate", "show", "tls"]).contains("TLS, next:")).await;
    assert_eq!(Line::to(&domain.two, &trusted).certificate(), old);
    let said = give(&two, &["certificate", "activate-next", "tls", "--yes"]);
    assert!(
        said.contains("+ for        localhost, sso.example.com"),
        "{said}"
    );
    assert!(said.contains("Saved as revision 3"), "{said}");

    for server in [&domain.one, &domain.two] {
        until(async || Line::to(server, &trusted).certificate() == new).await;
    }
    for line in &mut lines {
        assert!(line.ping().starts_with("HTTP/1.1 200"));
        assert_eq!(line.certificate(), old);
    }
    let shown = give(&domain.folder("one"), &["certificate", "show", "tls"]);
    assert!(
        !shown.contains("TLS, next:") && shown.contains("localhost, sso.example.com"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_certificate_that_is_not_fit_changes_nothing() {
    let domain = Domain::of_two_servers();
    domain.login();
    let made = SelfSigned::for_tls(&["elsewhere.example"], SystemClock.now()).unwrap();
    let file = domain.folder("new.pem");
    fs::write(&file, [made.certificate_pem(), made.key_pem()].concat()).unwrap();
    let arguments = [
        "certificate",
        "import",
        "tls",
        file.to_str().unwrap(),
        "--yes",
    ];
    let refused = give_any(&domain.folder("two"), &arguments);
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success());
    assert!(
        error.contains("it is for elsewhere.example, not for localhost"),
        "{error}"
    );
}

/// A connection that stays open.
struct Line(StreamOwned<ClientConnection, TcpStream>);

impl Line {
    fn to(server: &Process, trusted: &[CertificateDer<'static>]) -> Self {
        let mut roots = RootCertStore::empty();
        for certificate in trusted {
            roots.add(certificate.clone()).unwrap();
        }
        let config = ClientConfig::builder().with_root_certificates(roots);
        let config = Arc::new(config.with_no_client_auth());
        let name = ServerName::try_from("localhost").unwrap();
        let socket = TcpStream::connect(server.address).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let connection = ClientConnection::new(config, name).unwrap();
        let mut line = Self(StreamOwned::new(connection, socket));
        assert!(line.ping().starts_with("HTTP/1.1 200"));
        line
    }

    /// What the server showed when the connection was made.
    fn certificate(&self) -> CertificateDer<'static> {
        self.0.conn.peer_certificates().unwrap()[0].clone()
    }

    fn ping(&mut self) -> String {
        self.0
            .write_all(b"GET /ping HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        while !answer.contains("}") {
            let mut bytes = [0; 4096];
            let count = self.0.read(&mut bytes).unwrap();
            assert_ne!(count, 0, "the connection was dropped: {answer}");
            answer.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
        answer
    }
}
