//! A hub at work.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use sso_core::SystemClock;
use tokio::task::JoinHandle;

use super::inspection::{Inspected, Inspection};
use super::self_check::Check;
use super::service::Service;
use super::settings::Settings;
use super::sweep;
use super::upkeep::Upkeep;
use super::wiring::{self, Assembled, Stores};
use super::{AuditLog, Authority};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::server::{Room, Server};
use crate::supervisor::SelfCheck;
use crate::{key_files, tls};

/// Where a hub listens.
#[derive(Debug)]
pub struct Listeners {
    /// For servers and administrators.
    pub public: TcpListener,
    /// For the operator.
    pub inspection: Option<TcpListener>,
}

/// Starts a hub and returns as soon as it answers.
///
/// # Errors
///
/// A [`Failure`] if the certificate, the keys or the storage cannot be used.
pub async fn start(
    dir: &DataDir,
    settings: &Settings,
    listeners: Listeners,
) -> Result<Running, Failure> {
    tls::install_provider();
    let Assembled {
        hub, stores, audit, ..
    } = wiring::assemble(dir, settings).await?;
    let tls = prepare_tls(dir, settings)?;
    let service = Service::new(hub, settings);
    let connection_limit = settings.limits.connections;
    let room = Room {
        seats: connection_limit,
        standing: (connection_limit / STANDING).max(MIN_STANDING),
    };
    let server = Server::start(listeners.public, tls, service.router(), room);
    let server = server.map_err(not_started)?;
    let inspected = Inspected {
        service: service.clone(),
        connections: server.connection_counter(),
        connection_limit,
        audit: Arc::clone(&audit),
        stores: stores.clone(),
    };
    let inspection = listeners
        .inspection
        .map(|listener| Inspection::start(listener, inspected));
    let inspection = inspection.transpose().map_err(not_started)?;
    Ok(Running {
        audit,
        dir: dir.clone(),
        inspection,
        server,
        stores,
        sweep: sweep::start(service.clone(), Arc::new(SystemClock)),
        upkeep: Upkeep::start(service.clone()),
        service,
    })
}

/// A hub at work.
#[derive(Debug)]
pub struct Running {
    audit: Arc<AuditLog>,
    dir: DataDir,
    inspection: Option<Inspection>,
    server: Server,
    service: Service,
    stores: Stores,
    sweep: JoinHandle<()>,
    upkeep: Upkeep,
}

impl Running {
    /// Where servers reach it.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Where the operator reaches it.
    #[must_use]
    pub fn inspection_address(&self) -> Option<SocketAddr> {
        self.inspection.as_ref().map(Inspection::address)
    }

    /// What strangers reach.
    #[must_use]
    pub const fn service(&self) -> &Service {
        &self.service
    }

    /// Whom a supervisor asks.
    #[must_use]
    pub fn check(&self) -> Arc<dyn SelfCheck> {
        Arc::new(Check {
            service: self.service.clone(),
            stores: self.stores.clone(),
        })
    }

    /// How long [`stop`](Self::stop) takes at most.
    #[must_use]
    pub const fn longest_stop(&self) -> Duration {
        LONGEST_STOP
    }

    /// Reads the certificate again, and goes on in a new audit log if the old one was moved away.
    /// A bad certificate leaves the old one in use, and is logged.
    pub async fn reload(&self) {
        self.audit.reopen().await;
        match tls::load(&self.dir) {
            Ok(tls) => {
                self.server.renew_tls(tls);
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::error!(
                reason = error.to_string().as_str(),
                fix = error.fix(),
                "the new certificate is refused, the last good one stays in use"
            ),
        }
    }

    /// Answers those who wait for news, lets the requests under way finish, and ends.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server had ended by itself.
    pub async fn stop(self) -> Result<(), Failure> {
        drop(self.upkeep);
        self.service.hub().stop_waiting();
        self.sweep.abort();
        let stopped = self.server.stop(LONGEST_STOP).await.map_err(not_started);
        self.audit.flush().await;
        stopped
    }
}

fn prepare_tls(dir: &DataDir, settings: &Settings) -> Result<Arc<rustls::ServerConfig>, Failure> {
    let hosts: Vec<_> = settings.reached_as.iter().map(Authority::host).collect();
    if key_files::ensure_tls_for(dir, &hosts, crate::wiring::now())? {
        tracing::warn!(
            "there was no TLS certificate: made a self-signed one, keys/tls.pem, which servers and \
             administrators have to be given"
        );
    }
    let loaded = tls::load(dir)?;
    for host in hosts {
        for line in tls::advice_for(dir, host, crate::wiring::now())?.lines() {
            tracing::warn!(certificate = "keys/tls.pem", "{line}");
        }
    }
    Ok(loaded)
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn not_started(error: io::Error) -> Failure {
    Failure::because(format!("the hub cannot run: {error}"))
}

/// One in so many connections may come on top, to be told to come back later.
const STANDING: usize = 10;

/// But so many at least.
const MIN_STANDING: usize = 8;

/// For the requests under way.
const LONGEST_STOP: Duration = Duration::from_secs(30);
