//! The loop that has a certificate ordered whenever one is due, and serves it.

use std::sync::Arc;
use std::time::Duration;

use sso_core::config::document::KeyPairDocument;
use sso_core::config::{AcmeSettings, ConfigSource, SharedConfig};
use sso_core::{Clock, UnixTime};
use tokio::time::sleep;

use super::client::AuthorityClient;
use super::decide::{LEASE, Next, Sight, decide, leave_out, pause, wanted_names};
use super::issued::Issued;
use super::order::{Member, Trouble};
use super::put::{put, put_on};
use super::shelf::{Lease, Shared, Shelf, ShelfError};
use crate::server::RenewTls;

/// Keeps the certificate of the public address, as long as the configuration says so.
#[derive(Debug)]
pub struct Keeper {
    shelf: Arc<dyn Shelf>,
    config: Arc<dyn ConfigSource>,
    clock: Arc<dyn Clock>,
    tls: RenewTls,
    server: Server,
    served: Option<KeyPairDocument>,
    seen: Option<(u64, UnixTime)>,
    missed: u32,
    again: UnixTime,
    is_damaged: bool,
}

/// One of those that share a shelf.
#[derive(Debug)]
struct Server {
    id: String,
    name: String,
}

impl Keeper {
    /// A server among those that share `shelf`: an id that no other one has, and a name for people.
    #[must_use]
    pub fn new(
        shelf: Arc<dyn Shelf>,
        config: Arc<dyn ConfigSource>,
        clock: Arc<dyn Clock>,
        tls: RenewTls,
        (id, name): (String, String),
    ) -> Self {
        Self {
            shelf,
            config,
            clock,
            tls,
            server: Server { id, name },
            served: None,
            seen: None,
            missed: 0,
            again: UnixTime::default(),
            is_damaged: false,
        }
    }

    /// Goes on for ever.
    pub async fn run(mut self) {
        loop {
            let config = self.config.current();
            let looked = self.look(&config).await;
            self.say(looked);
            sleep(LOOK).await;
        }
    }

    /// What is out of reach comes back by itself; damage does not, and is told once.
    fn say(&mut self, looked: Result<(), ShelfError>) {
        match looked {
            Ok(()) => self.is_damaged = false,
            Err(error @ ShelfError::Damaged { .. }) if !self.is_damaged => {
                self.is_damaged = true;
                tracing::warn!(%error, "no certificate is ordered by ACME");
            }
            Err(error) => {
                tracing::debug!(%error, "what is known of the certificate by ACME is out of reach");
            }
        }
    }

    async fn look(&mut self, config: &SharedConfig) -> Result<(), ShelfError> {
        let Some(settings) = config.acme() else {
            self.rest();
            return Ok(());
        };
        let shared = self.shelf.read().await?;
        self.take_up(&shared);
        let (names, now) = (names(config), self.clock.now());
        let sight = Sight {
            shared: &shared,
            since: self.seen_since(shared.version, now),
        };
        let next = decide(sight, settings, &names, &self.server.id, now);
        if next != Next::Order || now < self.again || self.shelf.obstacle().await.is_some() {
            return Ok(());
        }
        let taken = self.take(shared, settings, &names).await;
        self.pause_after(taken);
        Ok(())
    }

    /// No authority issues certificates by itself.
    fn rest(&mut self) {
        self.serve(None);
        self.tls.answers().replace(&[]);
        self.shelf.tell(None);
    }

    /// Answers and serves what is on the shelf.
    fn take_up(&mut self, shared: &Shared) {
        self.tls.answers().replace(&shared.challenges);
        self.shelf.tell(Some(shared.version));
        self.serve(shared.certificate.as_ref());
    }

    fn seen_since(&mut self, version: u64, now: UnixTime) -> UnixTime {
        match self.seen {
            Some((seen, since)) if seen == version => since,
            _ => {
                self.seen = Some((version, now));
                now
            }
        }
    }

    /// What others see of a failure is on the shelf; this is about the shelf itself.
    fn pause_after(&mut self, taken: Result<(), ShelfError>) {
        let Err(error) = taken else {
            self.missed = 0;
            return;
        };
        self.missed = self.missed.saturating_add(1);
        let pause = pause(self.missed, None).min(LONGEST_MISS);
        self.again = self.clock.now().later(pause);
        tracing::warn!(
            %error,
            again_in_seconds = pause.as_secs(),
            "a certificate is due by ACME, and what is known of it cannot be changed now"
        );
    }

    /// Takes the lease, orders, and puts down what came of it.
    async fn take(
        &mut self,
        shared: Shared,
        settings: &AcmeSettings,
        names: &[String],
    ) -> Result<(), ShelfError> {
        let names = wanted_names(&shared, names);
        let Some(mut shared) = put(&*self.shelf, self.begun(shared, settings)).await? else {
            return Ok(());
        };
        let ordered = self.attempt(&mut shared, settings, &names).await;
        shared.challenges.clear();
        shared.lease = None;
        shared.wanted = false;
        match ordered {
            Ok(pair) => {
                shared.certificate = Some(pair);
                (shared.failures, shared.failure, shared.not_before) = (0, None, 0);
                tracing::info!(
                    names = names.join(", "),
                    "the authority issued a certificate"
                );
            }
            // Not at once again: the authority counts orders.
            Err((Trouble::Lost, _)) => return Err(ShelfError::Lost),
            Err((trouble, asked)) => self.failed(&mut shared, &trouble, asked, &names),
        }
        self.settle(shared).await
    }

    fn begun(&self, mut shared: Shared, settings: &AcmeSettings) -> Shared {
        if shared.directory != settings.directory() {
            shared.account = None;
        }
        shared.directory = settings.directory().to_owned();
        shared.lease = Some(self.lease());
        shared
    }

    fn lease(&self) -> Lease {
        Lease {
            holder: self.server.id.clone(),
            name: self.server.name.clone(),
            until: self.clock.now().later(LEASE).as_secs(),
        }
    }

    async fn attempt(
        &self,
        shared: &mut Shared,
        settings: &AcmeSettings,
        names: &[String],
    ) -> Result<KeyPairDocument, (Trouble, Option<Duration>)> {
        let client = AuthorityClient::new(settings).map_err(|error| (error.into(), None))?;
        let ordered = self.order(shared, &client, settings, names).await;
        ordered.map_err(|trouble| (trouble, client.asked()))
    }

    async fn order(
        &self,
        shared: &mut Shared,
        client: &AuthorityClient,
        settings: &AcmeSettings,
        names: &[String],
    ) -> Result<KeyPairDocument, Trouble> {
        let account = shared.account.clone();
        let member = Member::of(settings, client, account.as_deref());
        let mut member = self.holding(shared, member).await?;
        if let Some(made) = member.made.take() {
            shared.account = Some(made);
            self.put_down(shared).await?;
        }
        let begun = member.order(names, settings.challenge());
        let begun = self.holding(shared, begun).await?;
        shared.challenges.clone_from(&begun.challenges);
        self.put_down(shared).await?;
        self.tls.answers().replace(&shared.challenges);
        let version = shared.version;
        self.holding(shared, self.answered_by_all(version)).await?;
        self.holding(shared, begun.finish()).await
    }

    /// Waits until every server answers by `version`, since the authority may be led to any; not for
    /// ever, since one that is gone is led to nobody.
    async fn answered_by_all(&self, version: u64) -> Result<(), Trouble> {
        let until = self.clock.now().later(LONGEST_HEARING);
        loop {
            let behind = self.shelf.behind(version).await;
            if behind.is_empty() {
                return Ok(());
            }
            if until <= self.clock.now() {
                let servers = behind.join(", ");
                tracing::warn!(servers, "not known to answer the authority");
                return Ok(());
            }
            sleep(LOOK / 4).await;
        }
    }

    /// Waits for some work, and says meanwhile that this server is still at it.
    async fn holding<T>(
        &self,
        shared: &mut Shared,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = sleep(STILL) => self.say_still(shared).await?,
            }
        }
    }

    async fn say_still(&self, shared: &mut Shared) -> Result<(), Trouble> {
        shared.lease = Some(self.lease());
        match self.put_on(shared.clone()).await {
            Ok(Some(next)) => *shared = next,
            Ok(None) => return Err(Trouble::Lost),
            // Nobody else can take over then either.
            Err(error) => tracing::debug!(%error, "the lease was not renewed"),
        }
        Ok(())
    }

    fn failed(
        &self,
        shared: &mut Shared,
        trouble: &Trouble,
        asked: Option<Duration>,
        names: &[String],
    ) {
        leave_out(shared, trouble.name(), names);
        if trouble.is_of_account() {
            shared.account = None;
        }
        shared.failures = shared.failures.saturating_add(1);
        let pause = pause(shared.failures, asked);
        shared.not_before = self.clock.now().later(pause).as_secs();
        shared.failure = Some(trouble.to_string());
        tracing::error!(
            reason = trouble.to_string().as_str(),
            again_in_seconds = pause.as_secs(),
            fix = "sso-connect certificate acme status",
            "there is no new certificate; the old one stays in use"
        );
    }

    /// Puts down what came of an order. What was issued is not given up because the shelf is out of
    /// reach for a while.
    async fn settle(&mut self, shared: Shared) -> Result<(), ShelfError> {
        let until = self.clock.now().later(LONGEST_MISS);
        loop {
            match self.put_on(shared.clone()).await {
                Err(error) if self.clock.now() < until => {
                    tracing::debug!(%error, "what came of an order is not put down yet");
                    sleep(LOOK).await;
                }
                put => {
                    let shared = put?.ok_or(ShelfError::Lost)?;
                    self.take_up(&shared);
                    return Ok(());
                }
            }
        }
    }

    async fn put_down(&self, shared: &mut Shared) -> Result<(), Trouble> {
        *shared = self.put_on(shared.clone()).await?.ok_or(Trouble::Lost)?;
        Ok(())
    }

    async fn put_on(&self, shared: Shared) -> Result<Option<Shared>, ShelfError> {
        put_on(&*self.shelf, &self.server.id, shared).await
    }

    fn serve(&mut self, pair: Option<&KeyPairDocument>) {
        if self.served.as_ref() == pair {
            return;
        }
        self.served = pair.cloned();
        let issued = pair.map(Issued::of);
        if matches!(issued, Some(None)) {
            tracing::error!("the certificate by ACME cannot be used");
            return;
        }
        let issued = issued.flatten();
        self.shelf
            .serves(issued.as_ref().and_then(Issued::certificate));
        self.tls.prefer(issued);
    }
}

/// The names that browsers reach the service by: the present one, then the former ones.
#[must_use]
pub fn names(config: &SharedConfig) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for host in config.services().filter_map(|it| it.host().ok()) {
        if !names.contains(&host.ascii()) {
            names.push(host.ascii());
        }
    }
    names
}

/// Between looks at the shelf: an authority asks within seconds after somebody else ordered.
const LOOK: Duration = Duration::from_secs(2);

/// How often a server that orders says that it is still at it.
const STILL: Duration = Duration::from_secs(15);

/// How long a server is waited for that does not say that it answers.
const LONGEST_HEARING: Duration = Duration::from_secs(30);

/// The hub may be back at any moment.
const LONGEST_MISS: Duration = Duration::from_mins(10);
