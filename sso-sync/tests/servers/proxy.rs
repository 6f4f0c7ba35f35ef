//! A network that loses what it is told to lose.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Forwards connections to a server, on a loopback port of its own. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    address: SocketAddr,
    accepting: JoinHandle<()>,
    state: Arc<watch::Sender<State>>,
}

/// What becomes of the bytes that come from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The server gets everything, its client nothing.
    Answers,
    /// Everything arrives.
    Nothing,
    /// The server gets nothing any more.
    Requests,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// How often all connections were cut.
    cuts: u64,
    loss: Loss,
    /// How many bytes were lost since the last cut.
    lost: usize,
}

impl Proxy {
    /// Listens, and loses nothing so far.
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(watch::Sender::new(State {
            cuts: 0,
            loss: Loss::Nothing,
            lost: 0,
        }));
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&state)));
        Self {
            address,
            accepting,
            state,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Loses this from now on, without a sign of it.
    pub(crate) fn lose(&self, loss: Loss) {
        self.state.send_modify(|state| state.loss = loss);
    }

    /// Closes every connection; those that come then lose nothing.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| {
            state.cuts += 1;
            state.loss = Loss::Nothing;
            state.lost = 0;
        });
    }

    /// Waits until this many bytes were lost since the last cut.
    pub(crate) async fn has_lost(&self, bytes: usize) {
        let mut state = self.state.subscribe();
        state.wait_for(|state| state.lost >= bytes).await.unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, state: Arc<watch::Sender<State>>) {
    while let Ok((client, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            if let Ok(server) = TcpStream::connect(server).await {
                forward(client, server, &state).await;
            }
        });
    }
}

/// Until either side closes the connection, or it is cut.
async fn forward(mut client: TcpStream, mut server: TcpStream, state: &watch::Sender<State>) {
    let mut watched = state.subscribe();
    let cuts = watched.borrow_and_update().cuts;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    tokio::select! {
        () = copy(from_client, to_server, state, cuts, Loss::Requests) => {}
        () = copy(from_server, to_client, state, cuts, Loss::Answers) => {}
        _ = watched.wait_for(|state| state.cuts > cuts) => {}
    }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    state: &watch::Sender<State>,
    cuts: u64,
    lost: Loss,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let now = *state.borrow();
        if now.cuts > cuts {
            return;
        }
        if now.loss == lost {
            state.send_modify(|state| state.lost += count);
            continue;
        }
        let arrived = bytes.get(..count).unwrap_or_default();
        if to.write_all(arrived).await.is_err() {
            return;
        }
    }
}
