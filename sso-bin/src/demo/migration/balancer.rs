//! What leads browsers to servers: HAProxy, or something small that does what HAProxy does.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Certificate, Client};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::demo::made;
use crate::failure::Failure;

/// A load balancer at work. It ends when it is dropped.
#[derive(Debug)]
pub(super) enum Balancer {
    /// HAProxy, with the configuration of `docs/move_to_a_new_server.md`.
    Haproxy {
        /// Ends when it is dropped.
        _child: Child,
    },
    /// Hands connections to servers in turn that say that they are ready.
    Small {
        /// All of them.
        tasks: Vec<JoinHandle<()>>,
    },
}

impl Balancer {
    /// HAProxy at `program`, which listens on `port`; its files are in `folder`, with the
    /// certificate and key in `pair`.
    pub(super) fn haproxy(
        program: &Path,
        port: u16,
        servers: &[SocketAddr],
        folder: &Path,
        pair: &str,
    ) -> Result<Self, Failure> {
        let file = |name: &str| folder.join(name).display().to_string();
        made(fs::write(file("balancer.pem"), pair))?;
        let lines: String = servers
            .iter()
            .enumerate()
            .map(|(number, address)| format!("    server sso{number} {address}\n"))
            .collect();
        let configuration = recipe()
            .replace("bind :443", &format!("bind {}:{port}", Ipv4Addr::LOCALHOST))
            .replace("/etc/haproxy/sso.example.com.pem", &file("balancer.pem"))
            .replace("/etc/haproxy/sso-connect-ca.pem", &file("balancer.pem"))
            .replace("sso.example.com", "localhost");
        let configuration: String = configuration
            .lines()
            .filter(|line| !line.trim().starts_with("server "))
            .map(|line| format!("{line}\n"))
            .collect();
        let configuration = format!("global\n    tune.bufsize 65536\n{configuration}{lines}");
        made(fs::write(file("haproxy.cfg"), configuration))?;
        let log = made(fs::File::create(file("haproxy.log")))?;
        let child = Command::new(program)
            .args(["-db", "-f", &file("haproxy.cfg")])
            .stdout(made(log.try_clone())?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        Ok(Self::Haproxy {
            _child: made(child)?,
        })
    }

    /// The small one.
    pub(super) async fn small(
        port: u16,
        servers: &[SocketAddr],
        trusted: &[&str],
    ) -> Result<Self, Failure> {
        let listener = made(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await)?;
        let servers: Arc<[_]> = servers.iter().map(|it| Place::new(*it)).collect();
        let mut tasks = Vec::new();
        for number in 0..servers.len() {
            let client = client(trusted)?;
            tasks.push(tokio::spawn(look(client, Arc::clone(&servers), number)));
        }
        tasks.push(tokio::spawn(lead(listener, servers)));
        Ok(Self::Small { tasks })
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        if let Self::Small { tasks } = self {
            tasks.iter().for_each(JoinHandle::abort);
        }
    }
}

/// A server, and whether it is ready.
#[derive(Debug)]
struct Place {
    address: SocketAddr,
    is_ready: AtomicBool,
}

impl Place {
    const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            is_ready: AtomicBool::new(false),
        }
    }
}

fn client(trusted: &[&str]) -> Result<Client, Failure> {
    let certificates = trusted
        .iter()
        .map(|pem| made(Certificate::from_pem(pem.as_bytes())))
        .collect::<Result<Vec<_>, _>>()?;
    let client = Client::builder()
        .tls_certs_only(certificates)
        .no_proxy()
        .timeout(LOOK_PATIENCE)
        .build();
    made(client)
}

/// Asks a server again and again whether to send browsers there.
async fn look(client: Client, servers: Arc<[Place]>, number: usize) {
    let Some(place) = servers.get(number) else {
        return;
    };
    let url = format!("https://localhost:{}/readyz", place.address.port());
    loop {
        let answer = client.get(&url).send().await;
        let is_ready = answer.is_ok_and(|it| it.status().is_success());
        place.is_ready.store(is_ready, Ordering::Relaxed);
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn lead(listener: TcpListener, servers: Arc<[Place]>) {
    let turn = Arc::new(AtomicUsize::new(0));
    loop {
        let Ok((browser, _)) = listener.accept().await else {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            continue;
        };
        let (servers, turn) = (Arc::clone(&servers), Arc::clone(&turn));
        tokio::spawn(hand_on(browser, servers, turn));
    }
}

/// Connects a browser with the next server that is ready and answers.
async fn hand_on(mut browser: TcpStream, servers: Arc<[Place]>, turn: Arc<AtomicUsize>) {
    let first = turn.fetch_add(1, Ordering::Relaxed);
    let in_turn = servers.iter().cycle().skip(first % servers.len().max(1));
    for place in in_turn.take(servers.len()) {
        if !place.is_ready.load(Ordering::Relaxed) {
            continue;
        }
        if let Ok(mut server) = TcpStream::connect(place.address).await {
            // Either side may end it.
            let _ = copy_bidirectional(&mut browser, &mut server).await;
            return;
        }
    }
}

/// What the documentation recommends.
fn recipe() -> &'static str {
    let section = DOCUMENTATION
        .split_once("### HAProxy\n")
        .map_or("", |it| it.1);
    let recipe = section.split_once("```haproxy\n").map_or("", |it| it.1);
    recipe.split_once("```").map_or("", |it| it.0)
}

const DOCUMENTATION: &str = include_str!("../../docs/move_to_a_new_server.md");

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const LOOK_PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_of_the_documentation_is_found() {
        assert!(recipe().contains("option httpchk"));
    }
}
