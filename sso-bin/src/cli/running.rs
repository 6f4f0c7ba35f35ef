//! A server at work: how it is started, what it reads again, and how it leaves.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use sso_core::SystemClock;
use sso_core::config::ConfigSource as _;
use sso_sync::local::DataKey;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::place::Place;
use crate::acme::{FileShelf, Issued, Keeper, Shared, Shelf, ShelfError};
use crate::control::{Alone, Control};
use crate::current_config::CurrentConfig;
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::drain::{Drain, DrainPhase};
use crate::failure::Failure;
use crate::front::{Behind, Front, Shut};
use crate::http::{self, App};
use crate::local_settings::LocalSettings;
use crate::member::{Configuration, Member};
use crate::server::RenewTls;
use crate::supervisor::{SelfCheck, Supervised};
use crate::token::TokenKeys;
use crate::{acme, key_files, settings, tls, webhook, wiring};

/// Starts the server that the folder is of, one of its own or one of a domain. A `supervised` one
/// says so if it has to wait for the configuration of the domain.
///
/// # Errors
///
/// Those of [`start`] and [`start_member`].
pub(super) async fn start_as(
    dir: &DataDir,
    local: &LocalSettings,
    domain: Option<DomainSettings>,
    place: Place,
    supervised: &Supervised,
) -> Result<Running, Failure> {
    match domain {
        None => {
            let data_key = wiring::sealed_data_key(dir, local).await?;
            let mut running = start_at(dir, local, &data_key, place)?;
            let alone = Arc::new(Alone::new(running.app.clone()));
            running.control = Some(Control::start(dir, alone)?);
            Ok(running)
        }
        Some(domain) => start_member_at(dir, local, &domain, place, supervised).await,
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
    let shelf = FileShelf::new(dir.clone(), data_key.clone());
    let mut running = Running::begin(dir, local, (app, config), place, shelf.load())?;
    let name = crate::network::host_name();
    running.keep_certificate(Arc::new(shelf), (name.clone(), name));
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
    let place = Place::taken(listener, address);
    start_member_at(dir, local, domain, place, &Supervised::by_nobody()).await
}

fn local_address(listener: &TcpListener) -> Result<SocketAddr, Failure> {
    listener.local_addr().map_err(not_started)
}

async fn start_member_at(
    dir: &DataDir,
    local: &LocalSettings,
    domain: &DomainSettings,
    place: Place,
    supervised: &Supervised,
) -> Result<Running, Failure> {
    tls::install_provider();
    let (member, store) = wiring::start_member(dir, local, domain).await?;
    if member.configurations().current().is_none() {
        supervised.waits(NOTHING_TO_SERVE);
    }
    let (app, config) = wiring::assemble_member(local, &member, store).await;
    let shelf = member.shelf();
    let shared = match config.current().acme() {
        Some(_) => known_before(&*shelf).await,
        None => Ok(Shared::default()),
    };
    let mut running = Running::begin(dir, local, (app, config), place, shared)?;
    running.keep_certificate(shelf, member.identity());
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

/// The certificate that was issued before, without waiting for a hub that may be away.
async fn known_before(shelf: &dyn Shelf) -> Result<Shared, ShelfError> {
    let read = tokio::time::timeout(LONGEST_LOOK, shelf.read()).await;
    read.unwrap_or_else(|_| Ok(Shared::default()))
}

/// A server at work.
#[derive(Debug)]
pub struct Running {
    app: App,
    certificates: Option<JoinHandle<()>>,
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
        (app, config): (App, Arc<CurrentConfig>),
        place: Place,
        shared: Result<Shared, ShelfError>,
    ) -> Result<Self, Failure> {
        let tls = RenewTls::from(prepare_tls(dir, &config)?);
        if config.current().acme().is_some() {
            tls.prefer(issued_before(shared));
        }
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
            certificates: None,
            config,
            control: None,
            dir: dir.clone(),
            front,
            member: None,
            renewals: None,
            webhook: None,
        })
    }

    fn keep_certificate(&mut self, shelf: Arc<dyn Shelf>, server: (String, String)) {
        let (config, clock) = (Arc::clone(&self.config) as _, Arc::new(SystemClock));
        let keeper = Keeper::new(shelf, config, clock, self.front.tls(), server);
        self.certificates = Some(tokio::spawn(keeper.run()));
    }

    /// Where it listens, or would.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.front.address()
    }

    /// What it is doing, and whether it leaves.
    #[must_use]
    pub(super) fn drain(&self) -> &Arc<Drain> {
        self.app.drain()
    }

    /// Why its public address is shut, if it is, and every change of that.
    #[must_use]
    pub(super) fn shut(&self) -> watch::Receiver<Shut> {
        self.front.shut()
    }

    /// Whom a supervisor asks.
    #[must_use]
    pub(super) fn check(&self) -> Arc<dyn SelfCheck> {
        Arc::new(self.app.clone())
    }

    /// How long [`stop`](Self::stop) takes at most.
    #[must_use]
    pub(super) fn longest_stop(&self, notice: Duration) -> Duration {
        notice + LONGEST_STOP + LONGEST_HANDOVER
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
        let tasks = [&self.certificates, &self.renewals, &self.webhook];
        for task in tasks.into_iter().flatten() {
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

/// What was issued by itself before, so that nobody gets another certificate for a moment.
fn issued_before(shared: Result<Shared, ShelfError>) -> Option<Issued> {
    match shared {
        Ok(shared) => Issued::of(&shared.certificate?),
        Err(error) => {
            tracing::warn!(%error, "what is known of the certificate by ACME is out of reach");
            None
        }
    }
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
    let host = config.service().host().map(|host| host.ascii());
    if key_files::ensure_tls(dir, &host.unwrap_or_default(), wiring::now())? {
        tracing::warn!("there was no TLS certificate: made a self-signed one, keys/tls.pem");
    }
    let loaded = tls::load(dir)?;
    for line in tls::advice(dir, config.service(), wiring::now())?.lines() {
        tracing::warn!(certificate = "keys/tls.pem", "{line}");
    }
    Ok(loaded)
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
pub(super) fn not_started(error: io::Error) -> Failure {
    Failure::because(format!("the server cannot run: {error}"))
}

/// Strangers read it at `/ping`, so it says nothing of what is in the file.
const REFUSED: &str =
    "the new configuration is refused, the last good one stays in force: sso-connect check";

/// For the certificate that was issued before, at the start.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// For the requests under way.
const LONGEST_STOP: Duration = Duration::from_secs(30);

/// For what waits for the hub. It is kept on disk, and goes on when the server runs again.
const LONGEST_HANDOVER: Duration = Duration::from_secs(10);

/// Of a server of a domain that has no configuration yet.
const NOTHING_TO_SERVE: &str =
    "Not Configured Yet: waits for the first configuration of the domain: sso-connect status";
