//! The configuration in force, renewed by every revision that this machine can use.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sso_core::Clock;
use sso_core::config::{ConfigSource, Fields, NoPrivateKeys, PrivateKeys, SharedConfig};
use tokio::sync::watch;

use crate::node::Configurations;
use crate::seal::ConfigDocument;
use crate::status::RefusedRevision;

/// Takes in revisions, and keeps the last good one in force. Clones are the same.
///
/// A fresh server has none; [`first`](Self::first) waits for it and answers what the host gives to
/// the rest of the program.
#[derive(Clone, Debug)]
pub struct ReplicatedConfig(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    private: Arc<dyn PrivateKeys>,
    check: Box<HostCheck>,
    active: watch::Sender<Option<ActiveConfig>>,
    refused: Mutex<Option<RefusedRevision>>,
}

/// What a host looks at beside the configuration itself.
type HostCheck = dyn Fn(&SharedConfig) -> Result<(), String> + Send + Sync;

/// A revision in force.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ActiveConfig {
    /// Its number.
    pub revision: u64,
    /// What it says.
    pub config: Arc<SharedConfig>,
}

impl ReplicatedConfig {
    /// Waits for the first revision.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_check(clock, |_| Ok(()))
    }

    /// Waits for the first revision, and takes only those that `check` takes too: whether this
    /// machine can use it, e.g. its certificate. Its errors are for people.
    #[must_use]
    pub fn with_check(
        clock: Arc<dyn Clock>,
        check: impl Fn(&SharedConfig) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self::with_keys(clock, Arc::new(NoPrivateKeys), check)
    }

    /// The same on a machine that holds `private` keys of its own, which are used before those of
    /// the configuration. They are asked whenever a revision is offered, and may wait for a module.
    #[must_use]
    pub fn with_keys(
        clock: Arc<dyn Clock>,
        private: Arc<dyn PrivateKeys>,
        check: impl Fn(&SharedConfig) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            clock,
            private,
            check: Box::new(check),
            active: watch::Sender::new(None),
            refused: Mutex::default(),
        }))
    }

    /// The configuration, as soon as there is one.
    pub async fn first(&self) -> ConfigInForce {
        let mut active = self.0.active.subscribe();
        loop {
            let first = active.borrow_and_update().clone();
            match first {
                Some(first) => {
                    let active = active.clone();
                    return ConfigInForce { active, first };
                }
                // The sender is ours, so this waits until it is used.
                None => drop(active.changed().await),
            }
        }
    }

    /// The revision in force.
    #[must_use]
    pub fn active(&self) -> Option<ActiveConfig> {
        self.0.active.borrow().clone()
    }

    /// Is told of every revision that comes into force: for who keeps something that was made of
    /// it, such as the certificate of a listener.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Option<ActiveConfig>> {
        self.0.active.subscribe()
    }

    /// The newest revision, if it could not be used, and why.
    #[must_use]
    pub fn refused(&self) -> Option<RefusedRevision> {
        self.lock_refused().clone()
    }

    fn check(&self, revision: u64, document: &ConfigDocument) -> Result<SharedConfig, String> {
        let newest = self.0.active.borrow().as_ref().map(|it| it.revision);
        if newest > Some(revision) {
            return Err(older(revision, newest.unwrap_or_default()));
        }
        let fields = Fields::try_from(document).map_err(|error| error.to_string())?;
        let config = fields.check_with_keys(self.0.clock.now(), &*self.0.private);
        let config = config.map_err(|problems| problems.to_string())?;
        (self.0.check)(&config)?;
        Ok(config)
    }

    /// Puts it in force, unless a newer one came first.
    fn activate(&self, revision: u64, config: SharedConfig) {
        let new = ActiveConfig {
            revision,
            config: Arc::new(config),
        };
        let is_newer = self.0.active.send_if_modified(|active| {
            let is_newer = active.as_ref().is_none_or(|it| it.revision < revision);
            if is_newer {
                *active = Some(new);
            }
            is_newer
        });
        if is_newer {
            *self.lock_refused() = None;
        }
    }

    fn refuse(&self, number: u64, why: String) {
        let mut refused = self.lock_refused();
        if refused.as_ref().is_none_or(|it| it.number <= number) {
            *refused = Some(RefusedRevision { number, why });
        }
    }

    fn is_active(&self, revision: u64) -> bool {
        let active = self.0.active.borrow();
        active.as_ref().is_some_and(|it| it.revision == revision)
    }

    fn lock_refused(&self) -> std::sync::MutexGuard<'_, Option<RefusedRevision>> {
        self.0
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Configurations for ReplicatedConfig {
    async fn offer(&self, revision: u64, document: &ConfigDocument) -> Result<(), String> {
        if self.is_active(revision) {
            return Ok(());
        }
        match self.check(revision, document) {
            Ok(config) => {
                self.activate(revision, config);
                Ok(())
            }
            Err(why) => {
                self.refuse(revision, why.clone());
                Err(why)
            }
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revision = self.active.borrow().as_ref().map(|it| it.revision);
        write!(f, "revision {revision:?}")
    }
}

/// A [`ConfigSource`] that always answers the newest revision that was found good.
#[derive(Clone, Debug)]
pub struct ConfigInForce {
    active: watch::Receiver<Option<ActiveConfig>>,
    first: ActiveConfig,
}

impl ConfigSource for ConfigInForce {
    fn current(&self) -> Arc<SharedConfig> {
        let active = self.active.borrow();
        Arc::clone(&active.as_ref().unwrap_or(&self.first).config)
    }
}

fn older(revision: u64, newest: u64) -> String {
    format!(
        "revision {revision} is older than revision {newest}, which is in force here. The hub may have \
         been restored from a backup: its servers bring it up to date."
    )
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use proptest::prelude::*;
    use sso_core::UnixTime;
    use sso_core::config::SharedConfigDocument;
    use sso_core::testkit::ManualClock;

    use super::*;

    #[test]
    fn a_good_revision_comes_into_force_and_reaches_everybody() {
        let config = config();
        assert!(config.active().is_none());
        offer(&config, 1, "https://a.example").unwrap();
        let source = block_on(config.first());
        let news = config.subscribe();
        offer(&config, 2, "https://b.example").unwrap();
        assert_eq!(base_url(&source), "https://b.example");
        assert!(news.has_changed().unwrap());
        assert_eq!(config.active().map(|it| it.revision), Some(2));
    }

    #[test]
    fn a_host_waits_for_the_first_revision() {
        let config = config();
        let waiting = std::thread::spawn({
            let config = config.clone();
            move || block_on(config.first())
        });
        offer(&config, 1, "https://a.example").unwrap();
        assert_eq!(base_url(&waiting.join().unwrap()), "https://a.example");
    }

    #[test]
    fn a_bad_revision_is_named_and_leaves_the_last_good_one() {
        let config = config();
        offer(&config, 1, "https://a.example").unwrap();
        let why = offer(&config, 2, "http://a.example").unwrap_err();
        assert!(why.starts_with("base_url"), "{why}");
        let source = block_on(config.first());
        assert_eq!(base_url(&source), "https://a.example");
        let refused = config.refused().unwrap();
        assert_eq!((refused.number, refused.why), (2, why));
        offer(&config, 3, "https://c.example").unwrap();
        assert_eq!(config.refused(), None);
    }

    #[test]
    fn a_revision_that_this_machine_cannot_use_is_refused() {
        let clock = Arc::new(ManualClock::at(NOON));
        let config =
            ReplicatedConfig::with_check(clock, |config| match config.service().base_url() {
                "https://a.example" => Ok(()),
                _ => Err("another machine".into()),
            });
        offer(&config, 1, "https://a.example").unwrap();
        let refused = offer(&config, 2, "https://b.example");
        assert_eq!(refused, Err("another machine".into()));
        assert_eq!(config.active().map(|it| it.revision), Some(1));
    }

    #[test]
    fn an_older_revision_is_refused_and_the_same_one_changes_nothing() {
        let config = config();
        offer(&config, 5, "https://a.example").unwrap();
        insta::assert_snapshot!(offer(&config, 4, "https://b.example").unwrap_err(), @"revision 4 is older than revision 5, which is in force here. The hub may have been restored from a backup: its servers bring it up to date.");
        let news = config.subscribe();
        offer(&config, 5, "https://b.example").unwrap();
        assert!(!news.has_changed().unwrap());
        assert_eq!(config.active().map(|it| it.revision), Some(5));
    }

    proptest! {
        #[test]
        fn what_is_in_force_never_goes_back(revisions in proptest::collection::vec(
            (0_u64..8, proptest::bool::ANY), 0..20,
        )) {
            let config = config();
            let mut best = None;
            for (revision, is_good) in revisions {
                let url = if is_good { "https://a.example" } else { "x" };
                let taken = offer(&config, revision, url).is_ok();
                if taken {
                    best = best.max(Some(revision));
                }
                prop_assert_eq!(config.active().map(|it| it.revision), best);
            }
        }
    }

    fn config() -> ReplicatedConfig {
        ReplicatedConfig::new(Arc::new(ManualClock::at(NOON)))
    }

    fn offer(config: &ReplicatedConfig, revision: u64, base_url: &str) -> Result<(), String> {
        let fields = Fields::of(&SharedConfigDocument::new(base_url)).unwrap();
        block_on(config.offer(revision, &fields.into()))
    }

    fn base_url(source: &ConfigInForce) -> String {
        source.current().service().base_url().to_owned()
    }

    const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);
}
