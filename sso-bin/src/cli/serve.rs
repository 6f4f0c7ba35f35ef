//! `sso-connect serve`: runs the server.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use sso_core::config::ConfigSource as _;
use sso_sync::local::DataKey;
use tokio::task::JoinHandle;
use url::Url;

use super::print;
use crate::args::ServeArgs;
use crate::current_config::CurrentConfig;
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::http::{self, App};
use crate::local_settings::LocalSettings;
use crate::member::{Configuration, Member};
use crate::server::{RenewTls, Server};
use crate::shutdown::{Signal, Signals};
use crate::{address, key_files, settings, telemetry, tls, wiring};

pub(super) async fn run(dir: &DataDir, args: &ServeArgs) -> Result<(), Failure> {
    let local = LocalSettings::load(dir)?;
    telemetry::start(args.log_format.unwrap_or(local.log_format));
    let domain = DomainSettings::load(dir)?;
    if !args.new_database && domain.is_none() {
        dir.expect_database()?;
    }
    let mut signals = Signals::listen().map_err(not_started)?;
    let listener = address::bind(args.listen.unwrap_or_else(|| local.listen()))?;
    let running = tokio::select! {
        running = start_as(dir, &local, domain, listener) => running?,
        () = next_stop(&mut signals) => return Ok(()),
    };
    print(&format!("listening on https://{}\n", running.address()))?;
    let version = env!("CARGO_PKG_VERSION");
    tracing::info!(
        version,
        address = running.address().to_string().as_str(),
        "listening"
    );
    while signals.next().await == Signal::Reload {
        running.reload();
    }
    tracing::info!("shutting down");
    tokio::select! {
        stopped = running.stop(local.drain()) => stopped,
        () = next_stop(&mut signals) => Ok(()),
    }
}

async fn start_as(
    dir: &DataDir,
    local: &LocalSettings,
    domain: Option<DomainSettings>,
    listener: TcpListener,
) -> Result<Running, Failure> {
    match domain {
        None => {
            let data_key = wiring::sealed_data_key(dir, local).await?;
            start(dir, local, &data_key, listener)
        }
        Some(domain) => start_member(dir, local, &domain, listener).await,
    }
}

/// Starts a server on `listener` and returns as soon as it answers. `data_key` is the key of its
/// database.
///
/// # Errors
///
/// A [`Failure`] if the configuration, a key, the certificate or the database cannot be used.
pub fn start(
    dir: &DataDir,
    local: &LocalSettings,
    data_key: &DataKey,
    listener: TcpListener,
) -> Result<Running, Failure> {
    tls::install_provider();
    let (app, config) = wiring::assemble(dir, local, data_key)?;
    Running::begin(dir, local, app, config, listener)
}

/// The same for a server of a domain. If the domain has no configuration yet, it waits for that.
///
/// # Errors
///
/// A [`Failure`] if a key, the database or the copy of the domain cannot be used.
pub async fn start_member(
    dir: &DataDir,
    local: &LocalSettings,
    domain: &DomainSettings,
    listener: TcpListener,
) -> Result<Running, Failure> {
    tls::install_provider();
    let (app, config, member) = wiring::assemble_member(dir, local, domain).await?;
    let mut running = Running::begin(dir, local, app, config, listener)?;
    let (configurations, tls) = (member.configurations().clone(), running.server.tls());
    running.renewals = Some(tokio::spawn(renew(configurations, tls)));
    running.member = Some(member);
    Ok(running)
}

/// A server at work.
#[derive(Debug)]
pub struct Running {
    app: App,
    config: Arc<CurrentConfig>,
    dir: DataDir,
    member: Option<Member>,
    renewals: Option<JoinHandle<()>>,
    server: Server,
}

impl Running {
    fn begin(
        dir: &DataDir,
        local: &LocalSettings,
        app: App,
        config: Arc<CurrentConfig>,
        listener: TcpListener,
    ) -> Result<Self, Failure> {
        let tls = prepare_tls(dir, &config)?;
        let router = http::router(app.clone());
        let server =
            Server::start(listener, tls, router, local.max_connections).map_err(not_started)?;
        Ok(Self {
            app,
            config,
            dir: dir.clone(),
            member: None,
            renewals: None,
            server,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Reads configuration and certificate again, unless they come from the domain. What is wrong
    /// stays as it was, and is logged.
    pub fn reload(&self) {
        if self.member.is_none() {
            self.reload_configuration();
        }
        if self.config.current().tls().is_none() {
            self.reload_certificate();
        }
    }

    fn reload_configuration(&self) {
        match settings::load(&self.dir, wiring::now()) {
            Ok(config) => {
                self.config.replace(config);
                tracing::info!("the configuration was read again");
            }
            Err(error) => {
                tracing::error!(
                    reason = error.to_string().as_str(),
                    fix = error.fix(),
                    "the new configuration is refused, the last good one stays in force"
                );
                self.config.refuse(REFUSED.into());
            }
        }
    }

    fn reload_certificate(&self) {
        match tls::load(&self.dir) {
            Ok(tls) => self.server.renew_tls(tls),
            Err(error) => tracing::error!(
                reason = error.to_string().as_str(),
                fix = error.fix(),
                "the new certificate is refused, the last good one stays in use"
            ),
        }
    }

    /// Fails the readiness probe, waits for `drain`, then lets the requests under way finish.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server had ended by itself.
    pub async fn stop(self, drain: Duration) -> Result<(), Failure> {
        self.app.announce_stop();
        tokio::time::sleep(drain).await;
        if let Some(renewals) = &self.renewals {
            renewals.abort();
        }
        let stopped = self.server.stop(LONGEST_STOP).await.map_err(not_started);
        if let Some(member) = self.member {
            member.stop().await;
        }
        stopped
    }
}

/// Uses the certificate of each configuration of the domain for connections from then on; those
/// that are open stay.
async fn renew(configurations: Configuration, tls: RenewTls) {
    let mut revision = configurations.subscribe();
    while revision.changed().await.is_ok() {
        revision.borrow_and_update();
        let config = configurations.current();
        let Some(pair) = config.as_ref().and_then(|config| config.tls()) else {
            continue;
        };
        match tls::of_pair(pair) {
            Ok(config) => tls.renew(config),
            Err(error) => tracing::error!(%error, "the certificate of the domain is not used"),
        }
    }
}

/// A second signal to stop means: at once.
async fn next_stop(signals: &mut Signals) {
    while signals.next().await == Signal::Reload {}
    tracing::warn!("ending at once");
}

fn prepare_tls(
    dir: &DataDir,
    config: &CurrentConfig,
) -> Result<Arc<rustls::ServerConfig>, Failure> {
    let config = config.current();
    if let Some(pair) = config.tls() {
        return tls::of_pair(pair).map_err(|error| Failure::because(error.to_string()));
    }
    let url = Url::parse(config.service().base_url()).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    if key_files::ensure_tls(dir, host, wiring::now())? {
        tracing::warn!("there was no TLS certificate: made a self-signed one, keys/tls.pem");
    }
    let loaded = tls::load(dir)?;
    for line in tls::advice(dir, config.service(), wiring::now())?.lines() {
        tracing::warn!(certificate = "keys/tls.pem", "{line}");
    }
    Ok(loaded)
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn not_started(error: io::Error) -> Failure {
    Failure::because(format!("the server cannot run: {error}"))
}

/// Strangers read it at `/ping`, so it says nothing of what is in the file.
const REFUSED: &str =
    "the new configuration is refused, the last good one stays in force: sso-connect check";

/// For the requests under way.
const LONGEST_STOP: Duration = Duration::from_secs(30);
