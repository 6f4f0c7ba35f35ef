//! The domain's configuration comes into force.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use aws_lc_rs::digest;
use rustls_pki_types::CertificateDer;
use sso_core::Clock;
use sso_core::cert::Validity;
use sso_core::config::{ConfigSource as _, SharedConfig};
use sso_sync::Digest;
use sso_sync::driver::Node;
use sso_sync::embed::ReplicatedConfig;
use sso_sync::node::Configurations;
use sso_sync::seal::ConfigDocument;
use sso_sync::status::CertificateStatus;
use tokio::sync::watch;

use super::certificate::Served;
use crate::current_config::CurrentConfig;
use crate::tls;
use crate::token::TokenKeys;

/// Takes in revisions. Clones are the same.
#[derive(Clone, Debug)]
pub struct Configuration(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    replicated: ReplicatedConfig,
    current: OnceLock<Arc<CurrentConfig>>,
    revision: watch::Sender<u64>,
}

impl Configuration {
    /// Waits for the first revision. `keys` are those on this server's token.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, keys: TokenKeys) -> Self {
        let private = Arc::new(keys.clone());
        let check = move |config: &SharedConfig| usable(config, &keys);
        Self(Arc::new(Inner {
            replicated: ReplicatedConfig::with_keys(clock, private, check),
            current: OnceLock::new(),
            revision: watch::Sender::new(0),
        }))
    }

    /// What is in force, as soon as something is.
    pub async fn first(&self) -> Arc<CurrentConfig> {
        let mut revision = self.0.revision.subscribe();
        loop {
            if let Some(current) = self.0.current.get() {
                return Arc::clone(current);
            }
            // The sender is ours, so this waits until it is used.
            let _ = revision.changed().await;
        }
    }

    /// What is in force now.
    #[must_use]
    pub fn current(&self) -> Option<Arc<SharedConfig>> {
        self.0.current.get().map(|current| current.current())
    }

    /// Is told of every revision that came into force.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.revision.subscribe()
    }

    fn put_in_force(&self, revision: u64) {
        let Some(active) = self.0.replicated.active() else {
            return;
        };
        let config = &active.config;
        let first = || Arc::new(CurrentConfig::new(Arc::clone(config)));
        self.0
            .current
            .get_or_init(first)
            .replace(Arc::clone(config));
        self.0.revision.send_replace(revision);
        tracing::info!(revision, "a configuration came into force");
    }

    fn refuse(&self, revision: u64, why: &str) {
        tracing::error!(
            revision,
            reason = why,
            fix = "sso-connect config rollback, or config edit",
            "the new configuration is refused, the last good one stays in force"
        );
        if let Some(current) = self.0.current.get() {
            current.refuse(REFUSED.into());
        }
    }
}

#[async_trait]
impl Configurations for Configuration {
    async fn offer(&self, revision: u64, document: &ConfigDocument) -> Result<(), String> {
        let offered = self.0.replicated.offer(revision, document).await;
        match &offered {
            Ok(()) => self.put_in_force(revision),
            Err(why) => self.refuse(revision, why),
        }
        offered
    }
}

/// Whether this machine can use it.
fn usable(config: &SharedConfig, keys: &TokenKeys) -> Result<(), String> {
    tls::of_config(config, keys)
        .map(drop)
        .map_err(|error| format!("tls: the certificate of the domain cannot be used: {error}"))
}

/// Tells the other servers which certificate is in use here; for ever.
pub(super) async fn tell(
    node: Node,
    configuration: Configuration,
    mut issued: watch::Receiver<Served>,
) {
    let mut revision = configuration.subscribe();
    loop {
        let certificate = in_use(&configuration, issued.borrow_and_update().clone());
        node.tell_certificate(certificate.as_ref().and_then(told));
        let changed = tokio::select! {
            changed = revision.changed() => changed,
            changed = issued.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
    }
}

/// What was issued by itself comes before what was imported.
fn in_use(configuration: &Configuration, issued: Served) -> Served {
    issued.or_else(|| configuration.current()?.tls()?.chain().first().cloned())
}

/// The certificate as other servers show it.
fn told(certificate: &CertificateDer<'static>) -> Option<CertificateStatus> {
    let until = Validity::of(certificate).ok()?.until;
    let digest = digest::digest(&digest::SHA256, certificate);
    let digest = Digest::new(digest.as_ref().try_into().ok()?);
    let end = until.as_secs();
    Some(CertificateStatus { digest, end })
}

/// Strangers read it at `/ping`.
const REFUSED: &str = "the newest configuration of the domain cannot be used here, the last good one stays in \
                       force: sso-connect status";
