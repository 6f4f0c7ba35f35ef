//! A host with one identity provider, and a browser that keeps cookies.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_executor::block_on;
use sso_core::config::{ConfigSource, Destinations, IdentityProvider, Service, SharedConfig};
use sso_core::cookie::{SameSite, SetCookie};
use sso_core::login::{AcsPost, BrowserStep, FailedLogin, LoginStart, SignedIn};
use sso_core::memory::{MemoryReplayLog, MemoryUserDirectory};
use sso_core::saml::{ReplayKey, ReplayLog, Sighting};
use sso_core::seal::{SealingKey, SealingKeySource, SealingKeys};
use sso_core::session::Session;
use sso_core::sso::SsoBuilder;
use sso_core::testkit::{FakeIdp, FakeRequest, ManualClock, NOON};
use sso_core::user::User;
use sso_core::{Sso, StoreError, UnixTime};

/// A host with one identity provider, and what a test wants to turn.
pub(crate) struct Host {
    pub(crate) clock: ManualClock,
    pub(crate) idp: FakeIdp,
    pub(crate) keys: ChangingKeys,
    pub(crate) replay_log: Arc<FragileLog>,
    pub(crate) source: Arc<Changing>,
    pub(crate) sso: Sso,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self::built(|builder| builder)
    }

    /// A host that turns something when it is built.
    pub(crate) fn built(turn: impl FnOnce(SsoBuilder) -> SsoBuilder) -> Self {
        let (clock, idp) = (ManualClock::at(NOON), FakeIdp::new());
        let source = Arc::new(Changing::new([idp.identity_provider("work")]));
        let replay_log = Arc::new(FragileLog::default());
        let users = Arc::new(MemoryUserDirectory::default());
        let keys = ChangingKeys::default();
        let builder = Sso::builder(source.clone(), keys.clone(), users)
            .clock(clock.clone())
            .replay_log(replay_log.clone());
        let sso = turn(builder).build();
        Self {
            clock,
            idp,
            keys,
            replay_log,
            source,
            sso,
        }
    }

    /// Replaces the provider by a changed one.
    pub(crate) fn configure(&self, change: impl FnOnce(IdentityProvider) -> IdentityProvider) {
        self.source
            .set(config([change(self.idp.identity_provider("work"))]));
    }

    /// Begins a sign-in: the request as the provider reads it.
    pub(crate) fn begin(&self, browser: &mut Browser, start: &LoginStart) -> FakeRequest {
        let begun = block_on(self.sso.begin_login(start, browser.header().as_deref())).unwrap();
        browser.keep(&begun.cookies);
        match begun.step {
            BrowserStep::Form { fields, .. } => FakeRequest::read_form(
                fields.iter().map(|(name, value)| (*name, value.as_str())),
                None,
            ),
            BrowserStep::Redirect(url) => FakeRequest::read_redirect(&url, None),
        }
    }

    /// Lets the provider answer as it should.
    pub(crate) fn finish(
        &self,
        browser: &mut Browser,
        request: &FakeRequest,
    ) -> Result<SignedIn, FailedLogin> {
        self.post(browser, &self.idp.response(request).to_base64(), request)
    }

    /// Posts a response, with the RelayState of `request`.
    pub(crate) fn post(
        &self,
        browser: &mut Browser,
        saml_response: &str,
        request: &FakeRequest,
    ) -> Result<SignedIn, FailedLogin> {
        let post = AcsPost {
            saml_response,
            relay_state: request.relay_state.as_deref(),
        };
        let finished = block_on(
            self.sso
                .finish_login(&post, browser.header_of_a_foreign_form().as_deref()),
        );
        match &finished {
            Ok(signed_in) => browser.keep(&signed_in.cookies),
            Err(failed) => browser.keep(&failed.cookies),
        }
        finished
    }

    /// A whole sign-in.
    pub(crate) fn sign_in(
        &self,
        browser: &mut Browser,
        start: &LoginStart,
    ) -> Result<SignedIn, FailedLogin> {
        let request = self.begin(browser, start);
        self.finish(browser, &request)
    }

    /// Who is signed in.
    pub(crate) fn session(&self, browser: &Browser) -> Option<(Session, User)> {
        block_on(self.sso.session(browser.header().as_deref())).unwrap()
    }
}

/// Sealing keys that change while the host runs.
#[derive(Clone, Debug)]
pub(crate) struct ChangingKeys(Arc<Mutex<SealingKeys>>);

impl ChangingKeys {
    pub(crate) fn set(&self, keys: SealingKeys) {
        *self.0.lock().unwrap() = keys;
    }
}

impl Default for ChangingKeys {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(SealingKeys::new(
            SealingKey::from_bytes([1; 32]),
        ))))
    }
}

impl SealingKeySource for ChangingKeys {
    fn current(&self) -> SealingKeys {
        self.0.lock().unwrap().clone()
    }
}

/// The service `https://app.example` with these providers; `https://wiki.example` is listed.
pub(crate) fn config<const N: usize>(providers: [IdentityProvider; N]) -> SharedConfig {
    let service = service();
    let destinations = Destinations::of(&service)
        .allow("https://wiki.example")
        .unwrap();
    let builder = SharedConfig::builder(service).destinations(destinations);
    let add = |builder: sso_core::config::SharedConfigBuilder, idp| builder.identity_provider(idp);
    providers.into_iter().fold(builder, add).build().unwrap()
}

pub(crate) fn service() -> Service {
    Service::new("https://app.example").unwrap()
}

/// A browser, as far as cookies go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: Vec<SetCookie>,
}

impl Browser {
    pub(crate) fn keep(&mut self, cookies: &[SetCookie]) {
        for cookie in cookies {
            self.cookies.retain(|kept| kept.name() != cookie.name());
            if !cookie.max_age().is_zero() {
                self.cookies.push(cookie.clone());
            }
        }
    }

    pub(crate) fn header(&self) -> Option<String> {
        header(self.cookies.iter())
    }

    /// What comes along when another site posts a form.
    pub(crate) fn header_of_a_foreign_form(&self) -> Option<String> {
        header(
            self.cookies
                .iter()
                .filter(|it| it.same_site() == SameSite::None),
        )
    }
}

fn header<'a>(cookies: impl Iterator<Item = &'a SetCookie>) -> Option<String> {
    let pairs: Vec<_> = cookies
        .map(|it| format!("{}={}", it.name(), it.value()))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}

/// A configuration that a test changes under way.
#[derive(Debug)]
pub(crate) struct Changing(Mutex<Arc<SharedConfig>>);

impl Changing {
    fn new<const N: usize>(providers: [IdentityProvider; N]) -> Self {
        Self(Mutex::new(Arc::new(config(providers))))
    }

    pub(crate) fn set(&self, config: SharedConfig) {
        *self.0.lock().unwrap() = Arc::new(config);
    }
}

impl ConfigSource for Changing {
    fn current(&self) -> Arc<SharedConfig> {
        self.0.lock().unwrap().clone()
    }
}

/// A replay log that can be out of reach.
#[derive(Debug, Default)]
pub(crate) struct FragileLog {
    is_down: AtomicBool,
    log: MemoryReplayLog,
}

impl FragileLog {
    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }
}

#[async_trait]
impl ReplayLog for FragileLog {
    async fn record(
        &self,
        key: &ReplayKey,
        now: UnixTime,
        expires: UnixTime,
    ) -> Result<Sighting, StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("out of reach"));
        }
        self.log.record(key, now, expires).await
    }
}
