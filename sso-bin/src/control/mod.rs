//! The control channel: how commands of this machine speak with the running server.
//!
//! HTTP with JSON on a random port of the loopback address, open to whoever can read
//! `control.json` in the data folder, which is whoever could read the keys as well:
//!
//! ```text
//! GET  /status          how the server is                         → Report
//! POST /sync            {"force": false}: a full sync, now        → SyncDone
//! GET  /users           ?after=ACCOUNT&limit=1000, ascending      → [UserLine]
//! GET  /users/{user}    by id, account or e-mail address          → UserDetail
//! GET  /servers         the servers of the domain                 → [ServerLine]
//! GET  /fork            whether two histories exist             → ForkReport
//! POST /fork            {"hub": true}: which one goes on        → null
//! GET  /drain           how far it is with leaving                → DrainReport
//! POST /drain           {"notice": 10}: leaves, seconds of notice → DrainReport
//! GET  /acme            the certificate of the domain by ACME     → AcmeReport
//! POST /acme            has a new one ordered                     → Wish
//! ```
//!
//! Every request shows the token of `control.json` (`Authorization: Bearer`), names the address
//! itself as its host and comes from no page: a browser that was led here gets nowhere.

mod alone;
mod answer;
mod client;
mod door;
mod file;
mod fork;
mod of_node;
mod report;
mod serve;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

pub use crate::acme::{AcmeReport, Wish};
pub use crate::drain::{DrainPhase, DrainReport};
pub use alone::Alone;
pub use client::Client;
pub use fork::{ForkReport, SettledReport, SideLine};
pub use report::{
    CertificateLine, ConfirmedReport, DeletionReport, HubReport, KeysReport, Moment,
    RefusedConfiguration, Report, ServerLine, ShownCertificate, SyncDone, SyncReport,
    TrafficReport, UserDetail, UserLine, VersionsReport,
};
pub use serve::Control;

/// What can be asked of a running server. Whoever runs one hands it to [`Control::start`].
#[async_trait]
pub trait Controlled: fmt::Debug + Send + Sync + 'static {
    /// How it is.
    async fn report(&self) -> Report;

    /// Compares everything with the hub and mends what differs; with `force` it rebuilds its copy
    /// beside the present one and swaps. Serving goes on.
    ///
    /// # Errors
    ///
    /// Why it came to nothing.
    async fn sync(&self, force: bool) -> Result<SyncDone, Refusal>;

    /// At most `limit` users behind `after`, ascending by account.
    ///
    /// # Errors
    ///
    /// Why there is no list.
    async fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<UserLine>, Refusal>;

    /// One user, by id, account or e-mail address. Never the secret.
    ///
    /// # Errors
    ///
    /// Why nobody can tell.
    async fn user(&self, wanted: &str) -> Result<Option<UserDetail>, Refusal>;

    /// The servers of the domain, with what each said of itself last.
    ///
    /// # Errors
    ///
    /// Why there is no list.
    async fn servers(&self) -> Result<Vec<ServerLine>, Refusal>;

    /// What is known of two histories of the domain.
    ///
    /// # Errors
    ///
    /// Why nobody can tell.
    async fn fork(&self) -> Result<ForkReport, Refusal>;

    /// Goes on with the history of the hub, or with what this server holds, after a person decided
    /// so.
    ///
    /// # Errors
    ///
    /// Why nothing was decided.
    async fn settle(&self, hub: bool) -> Result<(), Refusal>;

    /// How it is with the certificate that an authority issues by itself.
    ///
    /// # Errors
    ///
    /// Why nobody can tell.
    async fn acme(&self) -> Result<AcmeReport, Refusal>;

    /// Has a new certificate ordered.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    async fn renew(&self) -> Result<Wish, Refusal>;

    /// Begins to leave if `notice` says for how long to serve meanwhile; how far it is.
    ///
    /// # Errors
    ///
    /// Why it cannot.
    async fn drain(&self, notice: Option<Duration>) -> Result<DrainReport, Refusal>;
}

/// Why a server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It belongs to no domain.
    NoDomain,
    /// The hub does not answer; why.
    Unreachable(String),
    /// Something else; why.
    Why(String),
}
