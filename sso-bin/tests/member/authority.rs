//! Pebble, the authority of the people of Let's Encrypt, and what leads it to servers.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sso_core::cert::{SelfSigned, certificates};
use sso_core::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::domain::free_port;
use crate::process::{Process, give};
use crate::stories::until;

/// Pebble, and the name server that it asks.
pub(crate) struct Authority {
    pub(crate) guard: TempDir,
    port: u16,
    management: String,
    ca: String,
    _programs: [Program; 2],
}

impl Authority {
    /// One that connects to this port by TLS when it wants to see that a name is somebody's, or asks
    /// by HTTP at the other.
    pub(crate) async fn that_asks_at(tls: u16, http: u16) -> Self {
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
            "httpPort": http,
            "tlsPort": tls,
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
            port: own,
            management: format!("https://localhost:{management}"),
            ca: at("ca.pem"),
            guard,
            _programs: programs,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// What turns it on, if it is reached at `port`.
    pub(crate) fn words(&self, port: u16, challenge: &str) -> String {
        format!(
            "certificate acme on --accept-terms --directory https://localhost:{port}/dir --ca {} \
             --challenge {challenge} --yes",
            self.ca
        )
    }

    /// A server at this port, whose certificate this authority issues.
    pub(crate) fn server(&self, name: &str, port: u16, challenge: &str) -> Process {
        let folder = self.guard.path().join(name);
        let base_url = format!("https://{HOST}:{port}");
        give(&folder, &["init", "--base-url", &base_url]);
        let words = self.words(self.port, challenge);
        give(&folder, &words.split(' ').collect::<Vec<_>>());
        let listen = format!("127.0.0.1:{port}");
        Process::start(&folder, &["serve", "--listen", &listen])
    }

    /// How many orders there were.
    pub(crate) fn orders(&self) -> usize {
        let log = fs::read_to_string(self.guard.path().join("pebble.log")).unwrap();
        log.matches("Added order").count()
    }

    /// Whom clients trust.
    pub(crate) async fn root(&self) -> CertificateDer<'static> {
        let ca = reqwest::Certificate::from_pem(&fs::read(&self.ca).unwrap()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([ca]).no_proxy();
        let url = format!("{}/roots/0", self.management);
        let answer = client.build().unwrap().get(url).send().await.unwrap();
        certificates(&answer.text().await.unwrap())
            .unwrap()
            .remove(0)
    }
}

/// The certificate of a server, if clients that trust `root` accept it at `name`.
pub(crate) fn certificate_at(
    name: &str,
    server: &Process,
    root: &CertificateDer<'static>,
) -> Option<CertificateDer<'static>> {
    Line::to(name, server.address, std::slice::from_ref(root))
        .ok()?
        .certificate()
}

/// The same at the name of the service.
pub(crate) fn certificate(
    server: &Process,
    root: &CertificateDer<'static>,
) -> Option<CertificateDer<'static>> {
    certificate_at(HOST, server, root)
}

/// A connection that stays open.
pub(crate) struct Line(StreamOwned<ClientConnection, TcpStream>);

impl Line {
    /// # Errors
    ///
    /// Why there is none.
    pub(crate) fn to(
        name: &str,
        address: SocketAddr,
        trusted: &[CertificateDer<'static>],
    ) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in trusted {
            roots.add(certificate.clone()).unwrap();
        }
        let config = ClientConfig::builder().with_root_certificates(roots);
        let config = Arc::new(config.with_no_client_auth());
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut connection = ClientConnection::new(config, name).unwrap();
        let mut socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(Duration::from_secs(30)))?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket)?;
        }
        Ok(Self(StreamOwned::new(connection, socket)))
    }

    pub(crate) fn certificate(&self) -> Option<CertificateDer<'static>> {
        Some(self.0.conn.peer_certificates()?.first()?.clone())
    }

    /// # Errors
    ///
    /// Why there is no good answer.
    pub(crate) fn ping(&mut self) -> io::Result<()> {
        let request = format!("GET /ping HTTP/1.1\r\nhost: {HOST}\r\n\r\n");
        self.0.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut bytes = [0; 4096];
            match self.0.read(&mut bytes)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => answer.extend_from_slice(&bytes[..count]),
            }
        }
        match answer.starts_with(b"HTTP/1.1 200") {
            true => Ok(()),
            false => Err(io::Error::other(
                String::from_utf8_lossy(&answer).into_owned(),
            )),
        }
    }
}

/// Leads each connection to the next one of several addresses; as long as there are none, it waits.
#[derive(Clone)]
pub(crate) struct Balancer {
    pub(crate) port: u16,
    targets: Arc<(Mutex<Vec<SocketAddr>>, Condvar)>,
}

impl Balancer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let balancer = Self {
            port,
            targets: Arc::default(),
        };
        let all = balancer.clone();
        thread::spawn(move || {
            for (turn, stream) in listener.incoming().enumerate() {
                let (all, stream) = (all.clone(), stream.unwrap());
                thread::spawn(move || all.lead(&stream, turn));
            }
        });
        balancer
    }

    pub(crate) fn lead_to(&self, targets: &[SocketAddr]) {
        *self.targets.0.lock().unwrap() = targets.to_vec();
        self.targets.1.notify_all();
    }

    /// The tests end before the threads do.
    fn lead(&self, stream: &TcpStream, turn: usize) {
        let (targets, changed) = &*self.targets;
        let targets = changed.wait_while(targets.lock().unwrap(), |it| it.is_empty());
        let target = {
            let targets = targets.unwrap();
            targets[turn % targets.len()]
        };
        let Ok(other) = TcpStream::connect(target) else {
            return;
        };
        let [one, two] = [stream, &other].map(|it| it.try_clone().unwrap());
        thread::spawn(move || pump(&one, &two));
        pump(&other, stream);
    }
}

fn pump(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// Port 80: sends everybody to the service at `port`. Where it listens.
pub(crate) fn redirect_to(port: u16) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 4096];
            let count = stream.read(&mut bytes).unwrap_or_default();
            let head = String::from_utf8_lossy(&bytes[..count]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or("/");
            let host = head.lines().find_map(|it| it.strip_prefix("Host: "));
            let host = host.and_then(|it| it.split(':').next()).unwrap_or(HOST);
            let answer = format!(
                "HTTP/1.1 302 Found\r\nLocation: https://{host}:{port}{path}\r\n\
                 Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    own
}

/// A certificate of its own for a server that had another name.
pub(crate) fn own_certificate(folder: &Path) -> CertificateDer<'static> {
    let made = SelfSigned::for_tls(&[HOST], SystemClock.now()).unwrap();
    fs::write(folder.join("keys/tls.pem"), made.certificate_pem()).unwrap();
    fs::write(folder.join("keys/tls.key"), made.key_pem().as_bytes()).unwrap();
    made.certificate().clone()
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

pub(crate) const HOST: &str = "sso.example.com";
