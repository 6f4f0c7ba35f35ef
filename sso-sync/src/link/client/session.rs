//! Under which session and counter a request is signed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use tokio::sync::Mutex;

use super::{CallError, FIRST, HubClient, answer, call};
use crate::wire::{Code, Message as _, OpenSession, SessionId, SessionOpened};

/// The session of a client.
pub(super) enum Sessions {
    /// A sign-in made it.
    Given(Arc<Session>),
    /// The client opens it, and another one when it ends.
    Opened(Mutex<Option<Arc<Session>>>),
}

/// A session, and the counter of its next request.
pub(super) struct Session {
    pub(super) id: SessionId,
    next: AtomicU64,
}

impl Session {
    fn new(id: SessionId, first: u64) -> Arc<Self> {
        let next = AtomicU64::new(first);
        Arc::new(Self { id, next })
    }

    /// A counter that no other request has.
    pub(super) fn counter(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

impl Sessions {
    pub(super) fn given(session: SessionId, first: u64) -> Self {
        Self::Given(Session::new(session, first))
    }

    pub(super) fn opened_when_needed() -> Self {
        Self::Opened(Mutex::new(None))
    }

    pub(super) fn count_from(&self, counter: u64) {
        if let Self::Given(session) = self {
            session.next.fetch_max(counter, Ordering::Relaxed);
        }
    }

    /// The session to sign with.
    ///
    /// # Errors
    ///
    /// Why none could be opened.
    pub(super) async fn current(&self, client: &HubClient) -> Result<Arc<Session>, CallError> {
        match self {
            Self::Given(session) => Ok(Arc::clone(session)),
            Self::Opened(session) => {
                let mut session = session.lock().await;
                match &*session {
                    Some(session) => Ok(Arc::clone(session)),
                    None => renew(client, &mut session).await,
                }
            }
        }
    }

    /// The session to try with after `error`, the first of which has the number 0; `None` if
    /// another would not help.
    ///
    /// # Errors
    ///
    /// Why none could be opened.
    pub(super) async fn after(
        &self,
        client: &HubClient,
        used: &Arc<Session>,
        error: &CallError,
        tries: usize,
    ) -> Result<Option<Arc<Session>>, CallError> {
        match (self, error.code()) {
            (Self::Given(session), Some(Code::ReplayedRequest)) => {
                Ok(AHEAD.get(tries).map(|far| {
                    session.next.fetch_add(*far, Ordering::Relaxed);
                    Arc::clone(session)
                }))
            }
            (Self::Opened(session), Some(Code::ReplayedRequest | Code::UnknownSession))
                if tries == 0 =>
            {
                let mut session = session.lock().await;
                match &*session {
                    // Another call has opened one meanwhile.
                    Some(other) if !Arc::ptr_eq(other, used) => Ok(Some(Arc::clone(other))),
                    _ => renew(client, &mut session).await.map(Some),
                }
            }
            _ => Ok(None),
        }
    }
}

async fn renew(
    client: &HubClient,
    session: &mut Option<Arc<Session>>,
) -> Result<Arc<Session>, CallError> {
    let body = OpenSession {
        domain: client.domain(),
        member: client.keys().id(),
    };
    let body = body.to_bytes().into();
    let request = call::request(Method::POST, "/sync/v1/session", body);
    let answer = client.link().send(request).await?;
    let opened: SessionOpened = answer::read(answer)?;
    let opened = Session::new(opened.session, FIRST);
    Ok(Arc::clone(session.insert(opened)))
}

/// How far a counter goes ahead when somebody else counts in the same session, try by try. Who
/// counts milliseconds is a second ahead at first, so that the others come after by themselves; in
/// the end it is more than the milliseconds of the day that a session lasts.
const AHEAD: [u64; 4] = [1 << 10, 1 << 16, 1 << 22, 1 << 28];
