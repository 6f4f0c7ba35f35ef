//! The side of the running server.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use axum::middleware;
use tower_http::limit::RequestBodyLimitLayer;

use super::file::ControlFile;
use super::{Controlled, answer, door};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::local_server::LocalServer;

/// An open control channel. It closes when it is dropped; [`stop`](Self::stop) also takes
/// `control.json` away.
#[derive(Debug)]
pub struct Control {
    dir: DataDir,
    file: ControlFile,
    _server: LocalServer,
}

impl Control {
    /// Opens a channel to `controlled`, and writes where it is into the data folder.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if there is no port, or the file cannot be written.
    pub fn start(dir: &DataDir, controlled: Arc<dyn Controlled>) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.map_err(|error| not_open(&error))?;
        let port = listener
            .local_addr()
            .map_err(|error| not_open(&error))?
            .port();
        let file = ControlFile::new(port)?;
        let router = answer::router(controlled)
            .layer(RequestBodyLimitLayer::new(MAX_BYTES))
            .layer(middleware::from_fn_with_state(file.clone(), door::guard));
        let server = LocalServer::start(listener, router).map_err(|error| not_open(&error))?;
        file.write(dir)?;
        Ok(Self {
            dir: dir.clone(),
            file,
            _server: server,
        })
    }

    /// Closes the channel.
    pub fn stop(self) {
        if let Err(error) = self.file.remove(&self.dir) {
            tracing::warn!(%error, "control.json stays behind");
        }
    }
}

fn not_open(error: &io::Error) -> Failure {
    Failure::because(format!("the control channel cannot be opened: {error}"))
}

/// Nothing large is sent here.
const MAX_BYTES: usize = 64 * 1024;
