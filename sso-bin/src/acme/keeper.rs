//! The loop that has a certificate ordered whenever one is due, and serves it.

use std::sync::Arc;
use std::time::Duration;

use sso_core::Clock;
use sso_core::config::document::KeyPairDocument;
use sso_core::config::{AcmeSettings, ConfigSource, SharedConfig, TlsKeyPair};
use url::Url;

use super::client::AuthorityClient;
use super::decide::{Next, decide, pause};
use super::order::{Member, Trouble};
use super::shelf::{Lease, Shared, Shelf, ShelfError};
use crate::server::RenewTls;
use crate::tls;

/// Keeps the certificate of the public address, as long as the configuration says so; for ever.
///
/// `server` is the name of this one among those that share `shelf`.
pub async fn keep(
    shelf: Arc<dyn Shelf>,
    config: Arc<dyn ConfigSource>,
    clock: Arc<dyn Clock>,
    tls: RenewTls,
    server: String,
) {
    let mut keeper = Keeper {
        shelf,
        clock,
        tls,
        server,
        served: None,
    };
    loop {
        let config = config.current();
        if let Err(error) = keeper.look(&config).await {
            tracing::warn!(%error, "what is known of the certificate by ACME is out of reach");
        }
        tokio::time::sleep(LOOK).await;
    }
}

struct Keeper {
    shelf: Arc<dyn Shelf>,
    clock: Arc<dyn Clock>,
    tls: RenewTls,
    server: String,
    served: Option<KeyPairDocument>,
}

impl Keeper {
    async fn look(&mut self, config: &SharedConfig) -> Result<(), ShelfError> {
        let Some(settings) = config.acme() else {
            self.serve(None);
            self.tls.answers().replace(&[]);
            return Ok(());
        };
        let shared = self.shelf.read().await?;
        self.tls.answers().replace(&shared.challenges);
        self.serve(shared.certificate.as_ref());
        let host = host(config);
        let now = self.clock.now();
        match decide(&shared, settings, &host, &self.server, now) {
            Next::Wait(_) => Ok(()),
            Next::Order(lease) => self.take(shared, lease, settings, &host).await,
        }
    }

    /// Takes the lease, orders, and puts down what came of it.
    async fn take(
        &mut self,
        shared: Shared,
        lease: Lease,
        settings: &AcmeSettings,
        host: &str,
    ) -> Result<(), ShelfError> {
        let mut shared = shared;
        if shared.directory != settings.directory() {
            shared.account = None;
        }
        shared.lease = Some(lease);
        shared.directory = settings.directory().to_owned();
        let Some(mut shared) = self.put(shared).await? else {
            return Ok(());
        };
        let ordered = match AuthorityClient::new(settings) {
            Ok(client) => {
                let ordered = self.order(&mut shared, &client, settings, host).await;
                ordered.map_err(|trouble| (trouble, client.asked()))
            }
            Err(error) => Err((error.into(), None)),
        };
        shared.challenges.clear();
        shared.lease = None;
        shared.wanted = false;
        match ordered {
            Ok(pair) => {
                shared.certificate = Some(pair);
                (shared.failures, shared.failure, shared.not_before) = (0, None, 0);
                tracing::info!(host, "the authority issued a certificate");
            }
            Err((Trouble::Lost, _)) => return Ok(()),
            Err((trouble, asked)) => self.failed(&mut shared, &trouble, asked),
        }
        if let Some(shared) = self.put(shared).await? {
            self.tls.answers().replace(&[]);
            self.serve(shared.certificate.as_ref());
        }
        Ok(())
    }

    async fn order(
        &self,
        shared: &mut Shared,
        client: &AuthorityClient,
        settings: &AcmeSettings,
        host: &str,
    ) -> Result<KeyPairDocument, Trouble> {
        let mut member = Member::of(settings, client, shared.account.as_deref()).await?;
        if let Some(made) = member.made.take() {
            shared.account = Some(made);
            *shared = self.put(shared.clone()).await?.ok_or(Trouble::Lost)?;
        }
        let begun = member.order(host, settings.challenge()).await?;
        shared.challenges.clone_from(&begun.challenges);
        *shared = self.put(shared.clone()).await?.ok_or(Trouble::Lost)?;
        self.tls.answers().replace(&shared.challenges);
        begun.finish().await
    }

    fn failed(&self, shared: &mut Shared, trouble: &Trouble, asked: Option<Duration>) {
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

    /// Puts it on the shelf; `None` if somebody else was first.
    async fn put(&self, shared: Shared) -> Result<Option<Shared>, ShelfError> {
        let version = shared.version + 1;
        let is_first = self.shelf.put(shared.clone()).await?;
        Ok(is_first.then_some(Shared { version, ..shared }))
    }

    fn serve(&mut self, pair: Option<&KeyPairDocument>) {
        if self.served.as_ref() == pair {
            return;
        }
        let config = pair.map(|pair| {
            let pair = TlsKeyPair::from_pem(pair.key.expose(), &pair.certificate).ok()?;
            tls::of_pair(&pair).ok()
        });
        match config {
            Some(None) => tracing::error!("the certificate by ACME cannot be used"),
            Some(Some(config)) => self.tls.prefer(Some(config)),
            None => self.tls.prefer(None),
        }
        self.served = pair.cloned();
    }
}

fn host(config: &SharedConfig) -> String {
    let url = Url::parse(config.service().base_url()).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    host.to_owned()
}

/// Between looks at the shelf: an authority asks within seconds after somebody else ordered.
const LOOK: Duration = Duration::from_secs(2);
