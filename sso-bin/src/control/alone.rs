//! A server that belongs to no domain.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    AcmeReport, Controlled, DrainReport, ForkReport, Refusal, Report, ServerLine, SyncDone,
    UserDetail, UserLine, Wish,
};
use crate::http::App;
use crate::status::State;

/// Answers what such a server is asked: how it is, and that it has no domain.
#[derive(Debug)]
pub struct Alone(App);

impl Alone {
    /// Speaks for `app`.
    #[must_use]
    pub const fn new(app: App) -> Self {
        Self(app)
    }
}

#[async_trait]
impl Controlled for Alone {
    async fn report(&self) -> Report {
        let status = self.0.status().await;
        let shut = self.0.shut().map(|error| error.to_string());
        let runs = status.status == State::Running;
        let frozen = self.0.frozen().filter(|_| runs).map(ToString::to_string);
        Report {
            version: crate::version::version().into(),
            status: status.status,
            reason: shut.or(frozen).or(status.reason),
            remedy: self.0.remedy(status.status),
            base_url: self.0.config().service().base_url().into(),
            revision: None,
            refused: None,
            former_sign_in: self.0.former_sign_in(),
            hub: None,
            traffic: None,
        }
    }

    async fn sync(&self, _force: bool) -> Result<SyncDone, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn users(&self, _after: Option<&str>, _limit: usize) -> Result<Vec<UserLine>, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn user(&self, _wanted: &str) -> Result<Option<UserDetail>, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn servers(&self) -> Result<Vec<ServerLine>, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn fork(&self) -> Result<ForkReport, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn settle(&self, _hub: bool) -> Result<(), Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn acme(&self) -> Result<AcmeReport, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn renew(&self) -> Result<Wish, Refusal> {
        Err(Refusal::NoDomain)
    }

    async fn drain(&self, _notice: Option<Duration>) -> Result<DrainReport, Refusal> {
        Err(Refusal::NoDomain)
    }
}
