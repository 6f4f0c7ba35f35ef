//! The routes, one file each, and what surrounds them.

mod acs;
mod answer;
mod auth;
pub(crate) mod cookies;
mod home;
mod login;
mod logout;
mod metadata;
mod name;
mod parameters;
mod ping;
mod refusal;
mod secret;
mod self_check;
mod session;
mod slo;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, Request, State as Shared};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{any, get, post};
use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue, Version};
use sso_core::StoreError;
use sso_core::UnixTime;
use sso_core::config::{ConfigSource as _, ProviderState, SharedConfig, service};
use sso_core::session::Session;
use sso_core::sso::Sso;
use sso_core::user::User;
use sso_sync::local::Frozen;
use sso_sync::node::NodeStatus;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;

use crate::control::Moment;
use crate::current_config::CurrentConfig;
use crate::drain::Drain;
use crate::failure::deeper_cause;
use crate::former_names::FormerNames;
use crate::front::Shut;
use crate::handover::RsaPadding;
use crate::network::Network;
use crate::pages::End;
use crate::status::{State, Status, Storage};
use crate::wiring;
use parameters::Intake;
use refusal::Refusal;

/// Everything under the public address.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/", get(home::show))
        .route("/livez", get(ping::live))
        .route("/ping", get(ping::ping))
        .route("/readyz", get(ping::ready))
        .route(service::ROOT, get(home::show))
        .route(service::ACS, post(acs::receive))
        .route(service::LOGIN, get(login::begin))
        .route(service::LOGOUT, get(logout::begin).post(logout::begin))
        .route(service::METADATA, get(metadata::show))
        .route(service::SLO, get(slo::by_redirect).post(slo::by_post))
        .route("/sso-connect/auth", any(auth::check))
        .route("/sso-connect/secret", post(secret::hand_over))
        .route("/sso-connect/session", get(session::show));
    let routes = routes.layer(axum::middleware::from_fn(name::same_place));
    let proxies = app.0.parts.trusted_proxies.clone();
    let counted = axum::middleware::from_fn_with_state(Arc::clone(app.drain()), count);
    surround(routes, proxies).layer(counted).with_state(app)
}

/// Counts a request while it is answered. A connection to a server that leaves ends with the answer,
/// so that the next one is led elsewhere.
async fn count(Shared(drain): Shared<Arc<Drain>>, request: Request, next: Next) -> Response {
    let _under_way = drain.begin();
    let is_one = request.version() < Version::HTTP_2;
    let mut response = next.run(request).await;
    if is_one && drain.is_stopping() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// What every route is surrounded by: limits, headers, a trace id, and pages for bare errors. Of
/// `proxies` is believed for whom they speak.
pub(crate) fn surround<S>(routes: Router<S>, proxies: Arc<[Network]>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(answer::recover))
        .layer(axum::middleware::from_fn_with_state(
            proxies,
            answer::answer,
        ))
}

/// What the routes share.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    drain: Arc<Drain>,
    intake: Intake,
    parts: Parts,
    shut: OnceLock<watch::Receiver<Shut>>,
    former: FormerNames,
}

/// What an [`App`] is made of.
#[derive(Debug)]
pub struct Parts {
    /// The library.
    pub sso: Sso,
    /// The configuration that `sso` works with.
    pub config: Arc<CurrentConfig>,
    /// Where `sso` keeps users, marks and revocations.
    pub storage: Arc<dyn Storage>,
    /// How the server keeps up with its domain, if it belongs to one.
    pub sync: Option<watch::Receiver<NodeStatus>>,
    /// How secrets are padded for RSA keys.
    pub rsa_padding: RsaPadding,
    /// Proxies whose word about their clients counts.
    pub trusted_proxies: Arc<[Network]>,
    /// How long a client may take to send a form.
    pub body_timeout: Duration,
}

impl App {
    /// Puts the routes' state together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            drain: Arc::default(),
            intake: Intake::new(parts.body_timeout),
            parts,
            shut: OnceLock::new(),
            former: FormerNames::new(wiring::now()),
        }))
    }

    /// What the server is doing, and whether it leaves.
    #[must_use]
    pub fn drain(&self) -> &Arc<Drain> {
        &self.0.drain
    }

    /// Browsers come by an address that may be shut.
    pub(crate) fn is_reached_by(&self, shut: watch::Receiver<Shut>) {
        // Nobody opens a second one.
        let _ = self.0.shut.set(shut);
    }

    /// Why the public address is shut, if it is: with addresses of this machine, which are no
    /// strangers' business.
    pub(crate) fn shut(&self) -> Shut {
        self.0.shut.get().and_then(|shut| shut.borrow().clone())
    }

    /// What mends it, if nobody can sign in for a reason that a command mends.
    pub(crate) fn remedy(&self, state: State) -> Option<String> {
        let shut = self.shut().map(|error| error.fix());
        let frozen = || self.frozen().map(Frozen::remedy);
        shut.or_else(|| self.add_provider(state)).or_else(frozen)
    }

    /// How the server is.
    pub async fn status(&self) -> Status {
        let parts = &self.0.parts;
        let refused = parts.config.refused();
        let (state, reason) = self.state().await;
        let status = Status::new(refused.is_some(), state, reason.or(refused));
        match &parts.sync {
            Some(node) => status.in_step(&node.borrow()),
            None => status,
        }
    }

    /// That the domain is going to be deleted, or was.
    fn end(&self) -> Option<End> {
        let node = self.0.parts.sync.as_ref()?.borrow();
        let ending = node.ending.as_ref()?;
        Some(match ending.confirmed {
            Some(_) => End::Confirmed,
            None => End::Announced(UnixTime::from_secs(ending.not_before)),
        })
    }

    async fn state(&self) -> (State, Option<String>) {
        if self.0.drain.is_stopping() {
            return (State::Stopped, Some("the server is shutting down".into()));
        }
        if self.shut().is_some() {
            return (State::Stopped, Some(SHUT.into()));
        }
        if let Err(error) = self.0.parts.storage.health().await {
            self.storage_failed(&error);
            return (State::Stopped, Some(error.to_string()));
        }
        if !self
            .config()
            .identity_providers()
            .iter()
            .any(|idp| idp.state() == ProviderState::Enabled)
        {
            return (State::NotConfiguredYet, Some(NO_PROVIDER.into()));
        }
        (State::Running, self.frozen().map(|_| FROZEN.into()))
    }

    /// Why no user is added or changed here, if a newer program wrote the users of this server; those
    /// of a domain are elsewhere.
    pub(crate) fn frozen(&self) -> Option<&Frozen> {
        let is_alone = self.0.parts.sync.is_none();
        self.0.parts.storage.frozen().filter(|_| is_alone)
    }

    /// The command that adds an identity provider, if there is none.
    fn add_provider(&self, state: State) -> Option<String> {
        let command = match self.0.parts.sync {
            Some(_) => SAVE_A_PROVIDER,
            None => "sso-connect idp add",
        };
        (state == State::NotConfiguredYet).then(|| command.into())
    }

    fn sso(&self) -> &Sso {
        &self.0.parts.sso
    }

    /// The library, for a request with these headers.
    fn sso_for(&self, headers: &HeaderMap) -> Sso {
        match name::of(headers, &self.config()) {
            Some(name) => self.sso().at(&name),
            None => self.sso().clone(),
        }
    }

    /// Somebody comes to sign in: if by a former name, that is remembered.
    fn came_to_sign_in(&self, headers: &HeaderMap) {
        let config = self.config();
        let name = name::of(headers, &config);
        let service = name.and_then(|name| config.service_named(&name));
        if service.is_some_and(|service| config.is_former(service)) {
            self.0.former.used(wiring::now());
        }
    }

    /// Where a sign-in begins, for a request with these headers.
    fn login_url(&self, headers: &HeaderMap) -> String {
        let config = self.config();
        let name = name::of(headers, &config).unwrap_or_default();
        config.service_at(&name).login_url()
    }

    /// When somebody came by a former name last, or may have; nothing if there is none.
    pub(crate) fn former_sign_in(&self) -> Option<Moment> {
        let has_former = self.config().services().count() > 1;
        has_former.then(|| Moment(*self.0.former.last().borrow()))
    }

    /// When somebody came by a former name.
    pub(crate) fn former(&self) -> &FormerNames {
        &self.0.former
    }

    /// What is in force.
    pub(crate) fn config(&self) -> Arc<SharedConfig> {
        self.0.parts.config.current()
    }

    fn rsa_padding(&self) -> RsaPadding {
        self.0.parts.rsa_padding
    }

    async fn signed_in(&self, headers: &HeaderMap) -> Result<Option<(Session, User)>, Refusal> {
        let session = self.sso().session(cookies::of(headers).as_deref()).await;
        session.map_err(|error| self.storage_failed(&error))
    }

    /// Logs why storage failed, in full, and answers that it is away.
    #[expect(clippy::unused_self, reason = "reads as what it is about")]
    fn storage_failed(&self, error: &StoreError) -> Refusal {
        tracing::error!(
            reason = error.to_string().as_str(),
            cause = deeper_cause(error),
            "storage failed"
        );
        Refusal::unavailable()
    }
}

impl FromRef<App> for Intake {
    fn from_ref(app: &App) -> Self {
        app.0.intake.clone()
    }
}

/// Strangers may read it.
const FROZEN: &str = "a newer version wrote the users of this server: users who are known go on signing in, \
                      new ones wait: sso-connect status";
/// Strangers may read it.
const SHUT: &str = "the server cannot listen at its private address: sso-connect status";

const NO_PROVIDER: &str = "there is no identity provider";

/// Larger than any accepted message in base64 with the other fields around it.
const MAX_BODY_BYTES: usize = 512 * 1024;

/// How a server of a domain, whose configuration is the domain's, gets an identity provider.
pub(crate) const SAVE_A_PROVIDER: &str = "sso-connect config edit, or sso-connect config set \
    identity_providers.NAME.metadata --file FILE";
