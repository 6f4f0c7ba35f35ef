//! An authority that issues certificates by itself: Pebble, of the people of Let's Encrypt.

use std::fs::{self, File};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use sso_core::cert::{Description, SelfSigned, certificates};
use sso_core::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::domain::free_port;
use crate::process::{Process, give};
use crate::stories::until;

#[tokio::test]
async fn an_authority_issues_the_certificate_by_itself_and_issues_it_anew() {
    let port = free_port();
    let authority = Authority::that_asks_at(port).await;
    let server = authority.server("server", port);
    let root = authority.root().await;
    until(async || certificate(&server, &root).is_some()).await;
    let first = certificate(&server, &root).unwrap();
    assert_eq!(Description::of(&first).unwrap().names, [HOST]);

    let folder = authority.guard.path().join("server");
    let acme = |word: &str| give(&folder, &["certificate", "acme", word]);
    let said = acme("status");
    assert!(said.contains("It is renewed at 20"), "{said}");
    acme("renew");
    until(async || certificate(&server, &root).is_some_and(|it| it != first)).await;
}

#[tokio::test]
async fn what_the_authority_objects_to_is_said_with_the_way_out() {
    let authority = Authority::that_asks_at(free_port()).await;
    let _server = authority.server("server", free_port());
    let folder = authority.guard.path().join("server");
    let status = || give(&folder, &["certificate", "acme", "status"]);
    until(async || status().contains("The last attempt failed")).await;
    let said = status();
    for expected in [
        "Nothing was issued yet.",
        "the authority could not see that the name is ours: ",
        "It is tried again at 20",
        "sso-connect certificate acme renew",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

/// Pebble, and the name server that it asks.
struct Authority {
    guard: TempDir,
    directory: String,
    management: String,
    ca: String,
    _programs: [Program; 2],
}

impl Authority {
    /// One that connects to this port when it wants to see that a name is somebody's.
    async fn that_asks_at(port: u16) -> Self {
        sso_bin::tls::install_provider();
        let guard = tempfile::tempdir().unwrap();
        let [names, names_management, own, management] = [(); 4].map(|()| free_port());
        let made = SelfSigned::for_tls(&["localhost"], SystemClock.now()).unwrap();
        let at = |name: &str| guard.path().join(name).to_str().unwrap().to_owned();
        fs::write(at("ca.pem"), made.certificate_pem()).unwrap();
        fs::write(at("ca.key"), made.key_pem()).unwrap();
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{own}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": at("ca.pem"),
            "privateKey": at("ca.key"),
            "httpPort": free_port(),
            "tlsPort": port,
        }});
        fs::write(at("pebble.json"), config.to_string()).unwrap();
        let log = |name: &str| File::create(at(name)).unwrap();
        let mut resolver = Command::new("pebble-challtestsrv");
        resolver.args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""]);
        resolver.args(["-http01", "", "-https01", "", "-tlsalpn01", ""]);
        resolver.args(["-dns01", &format!("127.0.0.1:{names}")]);
        resolver.args(["-management", &format!("127.0.0.1:{names_management}")]);
        let mut pebble = Command::new("pebble");
        pebble.args(["-config", &at("pebble.json")]);
        pebble.args(["-dnsserver", &format!("127.0.0.1:{names}")]);
        pebble.env("PEBBLE_VA_NOSLEEP", "1");
        let programs = [
            Program::start(&mut resolver, log("resolver.log")),
            Program::start(&mut pebble, log("pebble.log")),
        ];
        let is_there = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_ok();
        until(async || is_there(own) && is_there(management) && is_there(names)).await;
        Self {
            directory: format!("https://localhost:{own}/dir"),
            management: format!("https://localhost:{management}"),
            ca: at("ca.pem"),
            guard,
            _programs: programs,
        }
    }

    /// A server at this port, whose certificate this authority issues.
    fn server(&self, name: &str, port: u16) -> Process {
        let folder = self.guard.path().join(name);
        let base_url = format!("https://{HOST}:{port}");
        give(&folder, &["init", "--base-url", &base_url]);
        let on = ["certificate", "acme", "on", "--accept-terms", "--directory"];
        let on = on
            .into_iter()
            .chain([self.directory.as_str(), "--ca", &self.ca]);
        give(&folder, &on.collect::<Vec<_>>());
        let listen = format!("127.0.0.1:{port}");
        Process::start(&folder, &["serve", "--listen", &listen])
    }

    /// Whom clients trust.
    async fn root(&self) -> CertificateDer<'static> {
        let ca = reqwest::Certificate::from_pem(&fs::read(&self.ca).unwrap()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([ca]).no_proxy();
        let url = format!("{}/roots/0", self.management);
        let answer = client.build().unwrap().get(url).send().await.unwrap();
        certificates(&answer.text().await.unwrap())
            .unwrap()
            .remove(0)
    }
}

/// The certificate of a server, if clients that trust `root` accept it.
fn certificate(
    server: &Process,
    root: &CertificateDer<'static>,
) -> Option<CertificateDer<'static>> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots);
    let config = Arc::new(config.with_no_client_auth());
    let name = ServerName::try_from(HOST).unwrap();
    let mut connection = ClientConnection::new(config, name).unwrap();
    let mut socket = TcpStream::connect(server.address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).ok()?;
    }
    Some(connection.peer_certificates()?.first()?.clone())
}

/// Ends when it is dropped.
struct Program(Child);

impl Program {
    fn start(command: &mut Command, log: File) -> Self {
        let command = command
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap());
        Self(command.stdout(log).spawn().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const HOST: &str = "sso.example.com";
