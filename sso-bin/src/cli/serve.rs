//! `sso-connect serve`: runs the server.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use sso_core::SystemClock;
use sso_core::config::ConfigSource as _;
use sso_sync::local::DataKey;
use tokio::task::JoinHandle;
use url::Url;

use super::print;
use crate::acme::FileShelf;
use crate::address::{self, AddressError};
use crate::args::ServeArgs;
use crate::control::{Alone, Control};
use crate::current_config::CurrentConfig;
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::drain::DrainPhase;
use crate::failure::Failure;
use crate::front::{Behind, Front, Wanted};
use crate::http::{self, App};
use crate::local_settings::LocalSettings;
use crate::member::{Configuration, Member};
use crate::server::RenewTls;
use crate::shutdown::{Signal, Signals};
use crate::token::TokenKeys;
use crate::{acme, key_files, settings, telemetry, tls, webhook, wiring};

pub(super) async fn run(dir: &DataDir, args: &ServeArgs) -> Result<(), Failure> {
    let local = LocalSettings::load(dir)?;
    telemetry::start(args.log_format.unwrap_or(local.log_format));
    let domain = DomainSettings::load(dir)?;
    if !args.new_database && domain.is_none() {
        dir.expect_database()?;
    }
    let mut signals = Signals::listen().map_err(not_started)?;
    let place = Place::of(dir, &local, args)?;
    let running = tokio::select! {
        running = start_as(dir, &local, domain, place) => running?,
        () = next_stop(&mut signals) => return Ok(()),
    };
    let end = end(&running, &mut signals).await?;
    tracing::info!("shutting down");
    let impatient = async {
        if let End::Ordered(_) = end {
            // Whoever stops the unit now wants the same, and no request cut off.
            next_stop(&mut signals).await;
        }
        next_stop(&mut signals).await;
        tracing::warn!("ending at once");
    };
    let notice = match end {
        End::Ordered(notice) => notice,
        End::Signal => local.drain(),
    };
    tokio::select! {
        stopped = running.stop(notice) => stopped,
        () = impatient => Ok(()),
    }
}

/// Why a server leaves.
#[derive(Clone, Copy)]
enum End {
    /// `sso-connect drain`, with the time that it gives.
    Ordered(Duration),
    /// The operating system.
    Signal,
}

/// Goes on until there is a reason to leave.
async fn end(running: &Running, signals: &mut Signals) -> Result<End, Failure> {
    let drain = Arc::clone(running.app.drain());
    let mut shut = running.front.shut();
    shut.mark_changed();
    loop {
        tokio::select! {
            Ok(()) = shut.changed() => tell(running, shut.borrow_and_update().is_none())?,
            notice = drain.ordered() => return Ok(End::Ordered(notice)),
            signal = signals.next() => match signal {
                Signal::Reload => running.reload(),
                Signal::Stop => return Ok(End::Signal),
            },
        }
    }
}

/// Where to listen, and the listener, or why there is none yet.
#[derive(Debug)]
struct Place {
    wanted: Wanted,
    listener: Result<TcpListener, AddressError>,
}

impl Place {
    /// An address that was given is taken at once or not at all; that of the setting as soon as it
    /// can be had.
    fn of(dir: &DataDir, local: &LocalSettings, args: &ServeArgs) -> Result<Self, Failure> {
        let Some(given) = args.listen else {
            let wanted = Wanted::Setting(dir.clone(), local.listen());
            let listener = address::bind(local.listen());
            return Ok(Self { wanted, listener });
        };
        Ok(Self::taken(address::bind(given)?, given))
    }

    const fn taken(listener: TcpListener, address: SocketAddr) -> Self {
        Self {
            wanted: Wanted::Given(address),
            listener: Ok(listener),
        }
    }
}

async fn start_as(
    dir: &DataDir,
    local: &LocalSettings,
    domain: Option<DomainSettings>,
    place: Place,
) -> Result<Running, Failure> {
    match domain {
        None => {
            let data_key = wiring::sealed_data_key(dir, local).await?;
            let mut running = start_at(dir, local, &data_key, place)?;
            let alone = Arc::new(Alone::new(running.app.clone()));
            running.control = Some(Control::start(dir, alone).await?);
            Ok(running)
        }
        Some(domain) => start_member_at(dir, local, &domain, place).await,
    }
}

/// Says whenever the public address opens; that it is shut stands in the log and in the status.
fn tell(running: &Running, is_open: bool) -> Result<(), Failure> {
    if !is_open {
        return Ok(());
    }
    let address = running.address();
    let version = crate::version::version();
    tracing::info!(version, address = address.to_string().as_str(), "listening");
    print(&format!("listening on https://{address}\n"))
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
    let address = local_address(&listener)?;
    start_at(dir, local, data_key, Place::taken(listener, address))
}

fn start_at(
    dir: &DataDir,
    local: &LocalSettings,
    data_key: &DataKey,
    place: Place,
) -> Result<Running, Failure> {
    tls::install_provider();
    let (app, config) = wiring::assemble(dir, local, data_key)?;
    let mut running = Running::begin(dir, local, app, config, place)?;
    running.renewals = Some(tokio::spawn(acme::keep(
        Arc::new(FileShelf::new(dir.clone())),
        Arc::clone(&running.config) as _,
        Arc::new(SystemClock),
        running.front.tls(),
        crate::network::host_name(),
    )));
    Ok(running)
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
    let address = local_address(&listener)?;
    start_member_at(dir, local, domain, Place::taken(listener, address)).await
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(not_started)
}

async fn start_member_at(
    dir: &DataDir,
    local: &LocalSettings,
    domain: &DomainSettings,
    place: Place,
) -> Result<Running, Failure> {
    tls::install_provider();
    let (app, config, member) = wiring::assemble_member(dir, local, domain).await?;
    let mut running = Running::begin(dir, local, app, config, place)?;
    running.webhook = Some(webhook::start(
        dir,
        local.webhook.as_ref(),
        domain,
        member.status(),
        Arc::new(SystemClock),
    )?);
    let (configurations, tls) = (member.configurations().clone(), running.front.tls());
    running.renewals = Some(tokio::spawn(renew(
        configurations,
        tls,
        TokenKeys::load(dir)?,
    )));
    running.member = Some(member);
    Ok(running)
}

/// A server at work.
#[derive(Debug)]
pub struct Running {
    app: App,
    config: Arc<CurrentConfig>,
    control: Option<Control>,
    dir: DataDir,
    front: Front,
    member: Option<Member>,
    renewals: Option<JoinHandle<()>>,
    webhook: Option<JoinHandle<()>>,
}

impl Running {
    fn begin(
        dir: &DataDir,
        local: &LocalSettings,
        app: App,
        config: Arc<CurrentConfig>,
        place: Place,
    ) -> Result<Self, Failure> {
        let tls = RenewTls::from(prepare_tls(dir, &config)?);
        let asked = acme::routes(tls.answers().clone());
        let behind = Behind {
            tls,
            router: asked.merge(http::router(app.clone())),
            max_connections: local.max_connections,
        };
        let front = Front::open(place.wanted, place.listener, behind)?;
        app.is_reached_by(front.shut());
        Ok(Self {
            app,
            config,
            control: None,
            dir: dir.clone(),
            front,
            member: None,
            renewals: None,
            webhook: None,
        })
    }

    /// Where it listens, or would.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.front.address()
    }

    /// Reads configuration and certificate again, unless they come from the domain. What is wrong
    /// stays as it was, and is logged. A public address that is shut is tried at once.
    pub fn reload(&self) {
        self.front.try_now();
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
            Ok(tls) => self.front.tls().renew(tls),
            Err(error) => tracing::error!(
                reason = error.to_string().as_str(),
                fix = error.fix(),
                "the new certificate is refused, the last good one stays in use"
            ),
        }
    }

    /// Fails the readiness probe and serves for `notice` meanwhile, lets the requests under way
    /// finish, hands to the hub what waits for it, and ends.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the server had ended by itself.
    pub async fn stop(self, notice: Duration) -> Result<(), Failure> {
        let drain = Arc::clone(self.app.drain());
        let enter = |phase, most| drain.enter(phase, wiring::now().later(most));
        enter(DrainPhase::Leaving, notice);
        tokio::time::sleep(notice).await;
        enter(DrainPhase::Finishing, LONGEST_STOP);
        for task in [&self.renewals, &self.webhook].into_iter().flatten() {
            task.abort();
        }
        let stopped = self.front.stop(LONGEST_STOP).await;
        if let Some(control) = self.control {
            control.stop();
        }
        if let Some(member) = self.member {
            enter(DrainPhase::HandingOver, LONGEST_HANDOVER);
            let _ = tokio::time::timeout(LONGEST_HANDOVER, member.handed_over()).await;
            enter(DrainPhase::Ended, Duration::ZERO);
            drain.seen_to_end().await;
            member.stop().await;
        }
        stopped
    }
}

/// Uses the certificate of each configuration of the domain for connections from then on; those
/// that are open stay.
async fn renew(configurations: Configuration, tls: RenewTls, keys: TokenKeys) {
    let mut revision = configurations.subscribe();
    while revision.changed().await.is_ok() {
        revision.borrow_and_update();
        let config = configurations.current();
        let Some(config) = config else {
            continue;
        };
        match tls::of_config(&config, &keys) {
            Ok(Some(config)) => tls.renew(config),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the certificate of the domain is not used"),
        }
    }
}

/// Until the operating system asks to stop.
async fn next_stop(signals: &mut Signals) {
    while signals.next().await == Signal::Reload {}
}

fn prepare_tls(
    dir: &DataDir,
    config: &CurrentConfig,
) -> Result<Arc<rustls::ServerConfig>, Failure> {
    let config = config.current();
    let of_domain = tls::of_config(&config, &TokenKeys::load(dir)?);
    if let Some(tls) = of_domain.map_err(|error| Failure::because(error.to_string()))? {
        return Ok(tls);
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

/// For what waits for the hub. It is kept on disk, and goes on when the server runs again.
const LONGEST_HANDOVER: Duration = Duration::from_secs(10);
