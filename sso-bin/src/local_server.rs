//! A listener for programs of this machine: without TLS, and within limits all the same, since what
//! it takes is taken from the people who sign in.

use std::io;
use std::net::{SocketAddr, TcpListener};

use axum::Router;
use axum_server::Handle;
use axum_server::accept::DefaultAcceptor;
use tokio::task::JoinHandle;

use crate::server::{Capped, HEAD_TIMEOUT, log_refused};

/// Serves until it is dropped.
#[derive(Debug)]
pub(crate) struct LocalServer {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
}

impl LocalServer {
    /// Serves `router` to at most 64 connections at a time; one on which nothing is asked for 15 s is
    /// closed.
    ///
    /// # Errors
    ///
    /// If the listener cannot be used.
    pub(crate) fn start(listener: TcpListener, router: Router) -> io::Result<Self> {
        let (address, handle) = (listener.local_addr()?, Handle::new());
        let mut server = axum_server::from_tcp(listener)?
            .handle(handle.clone())
            .first_request_timeout(HEAD_TIMEOUT)
            .accept_error_handler(log_refused)
            .acceptor(Capped {
                handle: handle.clone(),
                inner: DefaultAcceptor::new(),
                room: MOST.into(),
            });
        let builder = server.http_builder();
        builder.http1().header_read_timeout(HEAD_TIMEOUT);
        let task = tokio::spawn(server.serve(router.into_make_service()));
        Ok(Self {
            address,
            handle,
            task,
        })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.handle.shutdown();
        self.task.abort();
    }
}

/// Commands and probes come one by one.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_program_that_opens_many_connections_takes_no_more_than_its_share() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let router = Router::new().route("/", get(async || "here"));
        let server = LocalServer::start(listener, router).unwrap();
        let mut held = Vec::new();
        for _ in 0..MOST {
            let mut connection = TcpStream::connect(server.address()).await.unwrap();
            assert!(is_served(&mut connection).await);
            held.push(connection);
        }
        let mut one_more = TcpStream::connect(server.address()).await.unwrap();
        assert!(!is_served(&mut one_more).await);
    }

    /// Whether a request is answered; the connection stays open.
    async fn is_served(connection: &mut TcpStream) -> bool {
        let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let sent = connection.write_all(request).await;
        let mut answer = [0; 4];
        let read = connection.read(&mut answer).await;
        sent.is_ok() && read.is_ok_and(|count| count > 0)
    }
}
