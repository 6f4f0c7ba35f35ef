//! The hub as a service without sockets: a request comes in, an answer goes out.
//!
//! [`Hub::answer`] takes whatever a stranger sends. Until the signature of a member holds, the work
//! is bounded and nothing is remembered. What is written is checked as every follower will check
//! it, so an honest hub keeps nothing that a server would refuse. Several processes may serve the
//! same domains over the same stores: one compare-and-swap decides every write.
//!
//! [`docs::protocol`](crate::docs::protocol) is the specification.

mod administrators;
mod audit;
mod beats;
mod behind;
mod caller;
mod counters;
mod desk;
mod document;
mod domain;
mod ending;
mod housekeeper;
mod invitation;
mod limit;
mod quota;
mod registry;
mod request;
mod route;
mod session;
mod settings;
mod target;

pub use administrators::{Administrators, Attended, NoAdministrators};
pub use audit::{Audit, AuditEvent, NoAudit};
pub use counters::{Counters, Counts};
pub use ending::{Ended, Swept};
pub use housekeeper::{Housekeeper, Keeping, Tidied};
pub use invitation::{InvitationCode, Invited};
pub use quota::{Quotas, Usage};
pub use registry::{DomainEntry, DomainState};
pub use settings::HubSettings;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use domain::Domains;
use http::{Request, Response};
use limit::{Limits, UnderWay};
use session::Sessions;
use sso_core::UnixTime;
use tokio::sync::watch;

use crate::seal::{MemberId, SealError};
use crate::store::{DomainId, DomainStore, KvStore, StoreError};
use crate::wire::{Code, Problem};

/// A hub: what it decides, on stores that others may share.
#[derive(Debug)]
pub struct Hub {
    settings: HubSettings,
    domains: Domains,
    store: Arc<dyn DomainStore>,
    documents: Arc<dyn KvStore>,
    administrators: Arc<dyn Administrators>,
    audit: Arc<dyn Audit>,
    sessions: Sessions,
    sources: Limits<IpAddr>,
    members: Limits<(DomainId, MemberId)>,
    strangers: Limits<IpAddr>,
    under_way: UnderWay,
    counters: Counters,
    stopping: watch::Sender<bool>,
}

impl Hub {
    /// A hub that keeps domains in `store`, and what it knows of them beside in `documents`.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the operating system has no randomness.
    pub fn new(
        settings: HubSettings,
        store: Arc<dyn DomainStore>,
        documents: Arc<dyn KvStore>,
        audit: Arc<dyn Audit>,
    ) -> Result<Self, SealError> {
        Ok(Self {
            sources: Limits::new(settings.source_limit(), settings::MAX_SOURCES),
            members: Limits::new(settings.member_limit(), settings::MAX_MEMBERS),
            strangers: Limits::new(settings::STRANGERS, settings::MAX_SOURCES),
            settings,
            domains: Domains::default(),
            store,
            documents,
            administrators: Arc::new(NoAdministrators),
            audit,
            sessions: Sessions::new()?,
            under_way: UnderWay::default(),
            counters: Counters::default(),
            stopping: watch::Sender::new(false),
        })
    }

    /// Answers a request that came from `peer`.
    ///
    /// `now` is the present moment. Answers that wait for news take up to 50 seconds.
    pub async fn answer(
        &self,
        request: Request<Bytes>,
        peer: IpAddr,
        now: UnixTime,
    ) -> Response<Bytes> {
        let answer = self.try_answer(request, peer, now).await;
        self.counters.count(&answer);
        request::response(answer)
    }

    async fn try_answer(
        &self,
        request: Request<Bytes>,
        peer: IpAddr,
        now: UnixTime,
    ) -> Result<Bytes, Problem> {
        self.sources.count(source(peer), now)?;
        if request.body().len() > HubSettings::MAX_BODY {
            return Err(Code::TooLarge.into());
        }
        let asked = request::Asked::new(&request, peer, now)?;
        route::answer(self, &asked).await
    }

    /// Refuses a request before it is read as a whole: it is counted as others are.
    #[must_use]
    pub fn refuse(&self, problem: Problem) -> Response<Bytes> {
        let answer = Err(problem);
        self.counters.count(&answer);
        request::response(answer)
    }

    /// Who signs administrators in. Default: [`NoAdministrators`].
    #[must_use]
    pub fn with_administrators(mut self, administrators: Arc<dyn Administrators>) -> Self {
        self.administrators = administrators;
        self
    }

    /// Goes on without what members claim that the hub has lost: an operator has decided that it
    /// does not come back, or never was.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn go_on_without(&self, domain: DomainId) -> Result<(), StoreError> {
        behind::settle(&*self.documents, domain).await?;
        self.audit.record(&AuditEvent::DomainGoesOn { domain });
        Ok(())
    }

    /// Whether members know more of a domain than this hub, which takes no writes until they have
    /// brought it back.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn is_behind(&self, domain: DomainId) -> Result<bool, StoreError> {
        let claims = behind::Claims::read(&*self.documents, domain).await?;
        let head = self.store.head(&domain).await?;
        let mark = head.map(|head| head.mark()).unwrap_or_default();
        Ok(claims.is_some_and(|claims| !claims.are_met(mark)))
    }

    /// Answers those who wait for news now, and lets nobody wait from now on: the process ends.
    pub fn stop_waiting(&self) {
        self.stopping.send_replace(true);
    }

    /// What has happened so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counters.counts()
    }

    fn stores(&self) -> domain::Stores<'_> {
        domain::Stores {
            domains: &*self.store,
            documents: &*self.documents,
        }
    }

    /// How much each domain may take up.
    #[must_use]
    pub const fn quotas(&self) -> Quotas {
        *self.settings.quotas()
    }

    /// How many requests were answered with each [code](crate::wire::Code::text) of a problem so
    /// far; those that were not answered so are left out.
    #[must_use]
    pub fn problems(&self) -> BTreeMap<&'static str, u64> {
        self.counters.problems()
    }
}

/// For whom requests are counted: an address, or of IPv6 the network that one customer has.
fn source(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !(u128::from(u64::MAX));
            IpAddr::V6(network.into())
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
