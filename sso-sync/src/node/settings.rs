//! What a host decides about its server.

use std::sync::Arc;
use std::time::Duration;

use sso_core::{Clock, SystemClock};

use super::join::FILL_BEYOND;
use crate::seal::Content;
use crate::status::CertificateStatus;

/// What a host decides about its server.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    pub(crate) name: String,
    pub(crate) program: String,
    pub(crate) schema: u64,
    pub(crate) address: String,
    pub(crate) certificate: Option<CertificateStatus>,
    pub(crate) key_protection: String,
    pub(crate) beat_interval: Duration,
    pub(crate) patience: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) seed: Option<u64>,
    pub(crate) fill_beyond: u64,
}

impl NodeSettings {
    /// A server with a name for people, running this version of the program.
    pub fn new(name: impl Into<String>, program: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            schema: Content::SCHEMA,
            address: String::new(),
            certificate: None,
            key_protection: String::new(),
            beat_interval: Duration::from_mins(1),
            patience: Duration::from_secs(10),
            clock: Arc::new(SystemClock),
            seed: None,
            fill_beyond: FILL_BEYOND,
        }
    }

    /// The newest schema that its program knows. Default: [`Content::SCHEMA`].
    #[cfg(feature = "dangerous-test-builds")]
    #[must_use]
    pub const fn dangerously_knowing(mut self, schema: u64) -> Self {
        self.schema = schema;
        self
    }

    /// Where administrators reach it, as other servers show it. Default: nothing.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = address.into();
        self
    }

    /// Its TLS certificate, as other servers show it. Default: none.
    #[must_use]
    pub const fn certificate(mut self, certificate: CertificateStatus) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// How its keys are kept at rest, in words for people. Default: nothing.
    #[must_use]
    pub fn key_protection(mut self, key_protection: impl Into<String>) -> Self {
        self.key_protection = key_protection.into();
        self
    }

    /// How often it tells about itself when nothing changes. Default: a minute.
    #[must_use]
    pub const fn beat_interval(mut self, beat_interval: Duration) -> Self {
        self.beat_interval = beat_interval;
        self
    }

    /// How long a caller waits for what only the hub can tell. Default: 10 s.
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Tells the time. Default: the system clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Makes pauses foreseeable, for simulations: they are drawn from this seed. Default: drawn
    /// anew at every start.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// From how many records on a fresh server joins and is filled beside, in place of following
    /// the feed from its beginning. Default: 4,096.
    #[must_use]
    pub const fn fill_beyond(mut self, records: u64) -> Self {
        self.fill_beyond = records;
        self
    }

    /// The server's name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of its program.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.program
    }
}
