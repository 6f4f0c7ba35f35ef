//! What leads browsers to servers: HAProxy, or something small that does what HAProxy does.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::haproxy::Haproxy;
use super::visitor::Browser;
use crate::demo::made;
use crate::failure::Failure;

/// A load balancer at work. It ends when it is dropped.
#[derive(Debug)]
pub(super) enum Balancer {
    /// HAProxy, with the configuration of `docs/move_to_a_new_server.md`.
    Haproxy(Haproxy),
    /// Hands connections to servers in turn that say that they are ready.
    Small(Small),
}

/// What a load balancer has to know.
#[derive(Clone, Debug)]
pub(super) struct Front {
    /// Where browsers come to, on this machine.
    pub(super) port: u16,
    /// Where they are led to.
    pub(super) servers: Vec<SocketAddr>,
    /// The entity ID of the service.
    pub(super) entity_id: String,
    /// Certificates with their keys that browsers see, one for each name.
    pub(super) pairs: Vec<String>,
    /// Certificates that servers may show.
    pub(super) trusted: Vec<String>,
    /// For its files.
    pub(super) folder: PathBuf,
}

impl Balancer {
    /// Begins, and asks the servers by `name` whether they are ready.
    pub(super) async fn start(
        haproxy: Option<&Path>,
        front: Front,
        name: &str,
    ) -> Result<Self, Failure> {
        match haproxy {
            Some(program) => Haproxy::start(program, front, name).map(Self::Haproxy),
            None => Small::start(front, name).await.map(Self::Small),
        }
    }

    /// From now on the servers are asked by `name`. Browsers may come by any.
    pub(super) fn ask_by(&mut self, name: &str) -> Result<(), Failure> {
        match self {
            Self::Haproxy(haproxy) => haproxy.ask_by(name),
            Self::Small(small) => small.ask_by(name),
        }
    }
}

/// The small one.
#[derive(Debug)]
pub(super) struct Small {
    front: Front,
    servers: Arc<[Place]>,
    looking: JoinSet<()>,
    /// Ends when it is dropped.
    _leading: JoinSet<()>,
}

impl Small {
    async fn start(front: Front, name: &str) -> Result<Self, Failure> {
        let listener = made(TcpListener::bind((Ipv4Addr::LOCALHOST, front.port)).await)?;
        let servers: Arc<[_]> = front.servers.iter().map(|it| Place::new(*it)).collect();
        let mut leading = JoinSet::new();
        leading.spawn(lead(listener, Arc::clone(&servers)));
        let mut small = Self {
            front,
            servers,
            looking: JoinSet::new(),
            _leading: leading,
        };
        small.ask_by(name)?;
        Ok(small)
    }

    fn ask_by(&mut self, name: &str) -> Result<(), Failure> {
        let mut looking = JoinSet::new();
        let Front {
            entity_id, trusted, ..
        } = &self.front;
        for (number, address) in self.front.servers.iter().enumerate() {
            let browser = Browser::new(entity_id, name, *address, trusted)?;
            looking.spawn(look(browser, Arc::clone(&self.servers), number));
        }
        self.looking = looking;
        Ok(())
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

/// Asks a server again and again whether to send browsers there.
async fn look(browser: Browser, servers: Arc<[Place]>, number: usize) {
    let Some(place) = servers.get(number) else {
        return;
    };
    loop {
        let answer = tokio::time::timeout(LOOK_PATIENCE, browser.is_let_in()).await;
        place.is_ready.store(answer == Ok(true), Ordering::Relaxed);
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

const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const LOOK_PATIENCE: Duration = Duration::from_secs(2);
