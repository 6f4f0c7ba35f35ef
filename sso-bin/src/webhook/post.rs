//! Telling it: an HTTPS POST, again until it arrives or a day is over.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs as provider;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use rustls_platform_verifier::Verifier;
use sso_core::Clock;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use url::Url;
use zeroize::Zeroizing;

use super::event::Event;
use super::settings::WebhookSettings;
use crate::data_dir::DataDir;
use crate::failure::{Failure, root_cause};

/// Where events go.
#[derive(Debug)]
pub(super) struct Post {
    url: Url,
    dir: DataDir,
    secret_file: std::path::PathBuf,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    /// The pause after the first failure; it doubles.
    pub(super) pause: Duration,
}

impl Post {
    /// Reads what it needs.
    ///
    /// # Errors
    ///
    /// A [`Failure`] naming the file.
    pub(super) fn new(
        dir: &DataDir,
        settings: &WebhookSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let post = Self {
            url: settings.url.clone(),
            dir: dir.clone(),
            secret_file: dir.root().join(&settings.secret_file),
            http: client(dir, settings)?,
            clock,
            pause: FIRST_PAUSE,
        };
        post.secret()?;
        Ok(post)
    }

    /// Tells one event; whatever happens, it ends.
    async fn deliver(&self, event: &Event) {
        let mut pause = self.pause;
        for attempt in 1..=ATTEMPTS {
            let Err(why) = self.try_once(event).await else {
                tracing::info!(event = event.event.name(), attempt, "the webhook was told");
                return;
            };
            tracing::warn!(
                event = event.event.name(),
                attempt,
                reason = why.as_str(),
                "the webhook was not told"
            );
            if attempt < ATTEMPTS {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
        tracing::error!(
            event = event.event.name(),
            id = event.id.as_str(),
            "the webhook was not told, and nothing more is tried"
        );
    }

    async fn try_once(&self, event: &Event) -> Result<(), String> {
        let body = serde_json::to_vec(event).map_err(|error| error.to_string())?;
        // The file may have another secret by now.
        let secret = self.secret().map_err(|failure| failure.to_string())?;
        let time = self.clock.now().as_secs();
        let sent = self
            .http
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("idempotency-key", &event.id)
            .header(SIGNATURE, signature(&secret, time, &body))
            .body(body)
            .send()
            .await;
        let answer = sent.map_err(|error| root_cause(&error.without_url()))?;
        match answer.status().is_success() {
            true => Ok(()),
            false => Err(format!("it answered {}", answer.status())),
        }
    }

    fn secret(&self) -> Result<Zeroizing<String>, Failure> {
        let text = self.dir.read(&self.secret_file)?;
        let line = text.lines().next().unwrap_or_default().trim();
        if line.len() < SHORTEST_SECRET {
            return Err(Failure::refused(
                format!(
                    "{}: the secret of the webhook has less than {SHORTEST_SECRET} characters",
                    self.secret_file.display()
                ),
                format!("openssl rand -hex 32 > {}", self.secret_file.display()),
            ));
        }
        Ok(Zeroizing::new(line.to_owned()))
    }
}

/// `t=SECONDS,v1=HEX`: HMAC-SHA-256 over the seconds, a point and the body.
pub(super) fn signature(secret: &str, time: u64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{time}.").as_bytes());
    context.update(body);
    let tag = context.sign();
    let hex: String = tag.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    format!("t={time},v1={hex}")
}

fn client(dir: &DataDir, settings: &WebhookSettings) -> Result<reqwest::Client, Failure> {
    let unusable = |why: String| {
        let path = dir.local_file();
        Failure::refused(
            format!("{}: the webhook cannot be used: {why}", path.display()),
            format!("edit {}", path.display()),
        )
    };
    let own = match &settings.authorities {
        Some(path) => authorities(&dir.root().join(path)).map_err(unusable)?,
        None => Vec::new(),
    };
    let provider = Arc::new(provider::default_provider());
    let verifier = Verifier::new_with_extra_roots(own, Arc::clone(&provider));
    let verifier = verifier.map_err(|error| unusable(error.to_string()))?;
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let built = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build();
    built.map_err(|error| unusable(root_cause(&error)))
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let found = CertificateDer::pem_file_iter(path).map_err(|error| failed(&error))?;
    let found: Result<Vec<_>, _> = found.collect();
    let found = found.map_err(|error| failed(&error))?;
    match found.is_empty() {
        true => Err(failed(&"there is no certificate in it")),
        false => Ok(found),
    }
}

/// Tells events one after the other, beside everything else.
#[derive(Debug)]
pub(super) struct Delivery {
    events: mpsc::Sender<Event>,
    delivered: mpsc::Receiver<String>,
    task: JoinHandle<()>,
}

impl Delivery {
    pub(super) fn start(post: Post) -> Self {
        let (events, mut waiting) = mpsc::channel::<Event>(WAITING);
        let (done, delivered) = mpsc::channel(WAITING);
        let task = tokio::spawn(async move {
            while let Some(event) = waiting.recv().await {
                post.deliver(&event).await;
                if done.send(event.id).await.is_err() {
                    return;
                }
            }
        });
        Self {
            events,
            delivered,
            task,
        }
    }

    /// What does not fit in is dropped; it is in the log.
    pub(super) fn send(&self, event: Event) {
        if self.events.try_send(event).is_err() {
            tracing::error!("too much waits for the webhook: an event is not told");
        }
    }

    /// The next one that arrived, or was given up.
    pub(super) async fn delivered(&mut self) -> String {
        match self.delivered.recv().await {
            Some(id) => id,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) const SIGNATURE: &str = "sso-connect-signature";
const SHORTEST_SECRET: usize = 16;
const PATIENCE: Duration = Duration::from_secs(15);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(30);

/// Over about a day.
const ATTEMPTS: u32 = 56;
const WAITING: usize = 256;
