//! What a member asks of the hub: one method a route.

mod answer;
mod beats;
mod call;
mod chain;
mod error;
mod feed;
mod head;
mod people;
mod records;
mod session;
mod sets;
mod stranger;

pub use error::CallError;
pub use stranger::{administrators, first_statement, info};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use call::Call;
use session::Sessions;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::Link;
use crate::seal::MemberKeys;
use crate::store::DomainId;
use crate::wire::{Code, HubInfo, Message, SessionId};

/// Asks the hub as one member of one domain.
///
/// It opens its session by itself, and again if the hub does not know it any more. While the hub has
/// too much to do, a call waits as told, ten seconds in all. Clones share
/// session and connections; calls may be made at the same time, and a call that is dropped leaves
/// nothing behind.
#[derive(Clone)]
pub struct HubClient(Arc<Shared>);

struct Shared {
    link: Arc<dyn Link>,
    domain: DomainId,
    keys: Arc<MemberKeys>,
    sessions: Sessions,
    turns: Semaphore,
}

impl HubClient {
    /// For a server or an enrolment token: opens a session with the first call.
    #[must_use]
    pub fn new(link: Arc<dyn Link>, domain: DomainId, keys: Arc<MemberKeys>) -> Self {
        Self::with(link, domain, keys, Sessions::opened_when_needed())
    }

    /// What the hub says about itself.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn info(&self) -> Result<HubInfo, CallError> {
        info(&**self.link()).await
    }

    /// For an administrator: under the session that a sign-in made. When the hub ends it, calls
    /// fail with [`UnknownSession`](crate::wire::Code::UnknownSession), and another sign-in is due.
    ///
    /// A session that several processes use, one after the other, has one row of counters: see
    /// [`counting_from`](Self::counting_from).
    #[must_use]
    pub fn in_session(
        link: Arc<dyn Link>,
        domain: DomainId,
        keys: Arc<MemberKeys>,
        session: SessionId,
    ) -> Self {
        Self::with(link, domain, keys, Sessions::given(session, FIRST))
    }

    /// Numbers the requests of an administrator's session from `counter` on, unless it has come
    /// further: a number that no process before has come to, such as the milliseconds since 1970.
    /// Default: 1.
    ///
    /// It has no effect on sessions that the client opens by itself.
    #[must_use]
    pub fn counting_from(self, counter: u64) -> Self {
        self.0.sessions.count_from(counter);
        self
    }

    /// The domain that it asks about.
    #[must_use]
    pub fn domain(&self) -> DomainId {
        self.0.domain
    }

    /// Who asks.
    #[must_use]
    pub fn keys(&self) -> &Arc<MemberKeys> {
        &self.0.keys
    }

    /// How it reaches the hub.
    #[must_use]
    pub fn link(&self) -> &Arc<dyn Link> {
        &self.0.link
    }

    fn with(
        link: Arc<dyn Link>,
        domain: DomainId,
        keys: Arc<MemberKeys>,
        sessions: Sessions,
    ) -> Self {
        Self(Arc::new(Shared {
            link,
            domain,
            keys,
            sessions,
            turns: Semaphore::new(AT_ONCE),
        }))
    }

    /// Asks, and again when a hub that has too much to do says so, as long as a person would wait.
    async fn ask<M: Message>(&self, call: &Call) -> Result<M, CallError> {
        let mut left = PATIENCE;
        loop {
            let answer = self.ask_now(call).await;
            let pause = answer.as_ref().err().and_then(wanted_pause);
            let Some(pause) = pause.filter(|pause| *pause <= left) else {
                return answer;
            };
            left -= pause;
            sleep(pause).await;
        }
    }

    /// Asks, and again under another session or counter if that is all that is wrong.
    async fn ask_now<M: Message>(&self, call: &Call) -> Result<M, CallError> {
        let shared = &*self.0;
        // The semaphore is never closed.
        let _turn = shared.turns.acquire().await;
        let mut session = shared.sessions.current(self).await?;
        let mut tries = 0;
        loop {
            let answer = call.send(self, &session).await.and_then(answer::read);
            let Err(error) = answer else { return answer };
            let other = shared.sessions.after(self, &session, &error, tries).await?;
            session = other.ok_or(error)?;
            tries += 1;
        }
    }
}

impl fmt::Debug for HubClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubClient")
            .field("link", &self.0.link)
            .field("domain", &self.0.domain)
            .field("keys", &self.0.keys)
            .finish_non_exhaustive()
    }
}

/// How long a hub that is busy wants to be left alone.
fn wanted_pause(error: &CallError) -> Option<Duration> {
    let is_busy = error.code() == Some(Code::Busy);
    error.retry_after().filter(|_| is_busy)
}

/// So long a call waits in all for a hub that is busy: somebody who signs in may be waiting for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many calls are under way at once; the others wait their turn. The hub takes counters in any
/// order within 64, and what overtakes must not come that far.
const AT_ONCE: usize = 32;

const FIRST: u64 = 1;
