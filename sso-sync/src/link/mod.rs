//! Stand-in for the link to a hub.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sso_core::Clock;
use tokio::sync::Mutex;

use crate::feed::HubHead;
use crate::hub::{Hub, InvitationCode};
use crate::seal::MemberKeys;
use crate::store::{DomainId, Seq};
use crate::wire::{
    Beats, Code, Message, OpenSession, Problem, SessionId, SessionOpened, SignedRequest,
    Statements, WireError,
};

/// One exchange with a hub.
#[async_trait]
pub trait Link: fmt::Debug + Send + Sync + 'static {
    /// Host and port as dialled.
    fn authority(&self) -> &str;

    /// Sends.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, LinkError>;
}

/// No exchange.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Nobody answers.
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
}

/// In memory.
#[derive(Debug)]
pub struct DirectLink {
    hub: Arc<Hub>,
    authority: String,
    clock: Arc<dyn Clock>,
}

impl DirectLink {
    /// To this hub.
    pub fn new(hub: Arc<Hub>, authority: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let authority = authority.into();
        Self { hub, authority, clock }
    }
}

#[async_trait]
impl Link for DirectLink {
    fn authority(&self) -> &str {
        &self.authority
    }

    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, LinkError> {
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ok(self.hub.answer(request, peer, self.clock.now()).await)
    }
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No exchange.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The hub says no.
    #[error("{}", .0.detail)]
    Problem(Problem),
    /// The answer makes no sense.
    #[error(transparent)]
    Malformed(#[from] WireError),
}

impl CallError {
    /// The code of the hub's problem.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            _ => None,
        }
    }
}

/// Signs requests.
#[derive(Debug)]
pub struct HubClient {
    link: Arc<dyn Link>,
    domain: DomainId,
    keys: Arc<MemberKeys>,
    session: Mutex<Option<SessionId>>,
    fixed: bool,
    counter: AtomicU64,
}

impl HubClient {
    /// Opens its session by itself.
    #[must_use]
    pub fn new(link: Arc<dyn Link>, domain: DomainId, keys: Arc<MemberKeys>) -> Self {
        Self {
            link,
            domain,
            keys,
            session: Mutex::new(None),
            fixed: false,
            counter: AtomicU64::new(0),
        }
    }

    /// The domain.
    #[must_use]
    pub const fn domain(&self) -> DomainId {
        self.domain
    }

    /// In a session of a sign-in.
    #[must_use]
    pub fn in_session(
        link: Arc<dyn Link>,
        domain: DomainId,
        keys: Arc<MemberKeys>,
        session: SessionId,
    ) -> Self {
        let session = Mutex::new(Some(session));
        Self { session, fixed: true, ..Self::new(link, domain, keys) }
    }

    /// Numbers requests from here on.
    #[must_use]
    pub fn counting_from(self, counter: u64) -> Self {
        self.counter.store(counter, Ordering::Relaxed);
        self
    }

    /// Invites.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn invite(&self, invitation: &crate::admin::InvitationRecord) -> Result<(), CallError> {
        let body = Message::to_bytes(invitation);
        let _: crate::wire::Done = self.call("POST", "invitations", body.into()).await?;
        Ok(())
    }

    /// Who has registered.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn registered(&self) -> Result<Vec<crate::wire::RegisteredAdministrator>, CallError> {
        let found: crate::wire::RegisteredAdministrators =
            self.call("GET", "administrators", Bytes::new()).await?;
        Ok(found.0)
    }

    /// Ends the session.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn sign_out(&self) -> Result<(), CallError> {
        let _: crate::wire::Done = self.call("POST", "sign-out", Bytes::new()).await?;
        Ok(())
    }

    /// The head.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn head(
        &self,
        seen: Option<(u64, Seq)>,
        wait: Duration,
    ) -> Result<HubHead, CallError> {
        let path = match seen {
            Some((statements, seq)) => format!(
                "head?statements={statements}&seq={}&wait={}",
                seq.number(),
                wait.as_secs()
            ),
            None => "head".into(),
        };
        self.call("GET", &path, Bytes::new()).await
    }

    /// Statements.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn statements(&self, from: u64) -> Result<Vec<Bytes>, CallError> {
        let path = format!("chain?from={from}");
        let found: Statements = self.call("GET", &path, Bytes::new()).await?;
        Ok(found.0.into_iter().map(crate::wire::Signed::into_bytes).collect())
    }

    /// Appends.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn append(&self, position: u64, statement: Bytes) -> Result<HubHead, CallError> {
        let path = format!("chain?position={position}");
        self.call("POST", &path, statement).await
    }

    /// Beats.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn beats(&self) -> Result<Vec<Bytes>, CallError> {
        let beats: Beats = self.call("GET", "beats", Bytes::new()).await?;
        Ok(beats.0)
    }

    pub(crate) async fn call<M: Message>(
        &self,
        method: &str,
        path: &str,
        body: Bytes,
    ) -> Result<M, CallError> {
        match self.once(method, path, body.clone()).await {
            Err(error) if error.code() == Some(Code::UnknownSession) && !self.fixed => {
                *self.session.lock().await = None;
                self.once(method, path, body).await
            }
            done => done,
        }
    }

    async fn once<M: Message>(
        &self,
        method: &str,
        path: &str,
        body: Bytes,
    ) -> Result<M, CallError> {
        let session = self.session().await?;
        let target = format!("/sync/v1/domains/{}/{path}", self.domain);
        let signed = SignedRequest {
            authority: self.link.authority(),
            domain: self.domain,
            member: self.keys.id(),
            session,
            counter: self.counter.fetch_add(1, Ordering::Relaxed) + 1,
            method,
            target: &target,
            body: &body,
        };
        let request = http::Request::builder()
            .method(method)
            .uri(&target)
            .header("authorization", signed.sign(&self.keys).header());
        send(&*self.link, request, body).await
    }

    async fn session(&self) -> Result<SessionId, CallError> {
        let mut session = self.session.lock().await;
        if let Some(session) = *session {
            return Ok(session);
        }
        let body = OpenSession { domain: self.domain, member: self.keys.id() };
        let request = http::Request::post("/sync/v1/session");
        let opened: SessionOpened = send(&*self.link, request, body.to_bytes().into()).await?;
        *session = Some(opened.session);
        Ok(opened.session)
    }
}

/// A message of an administrator.
///
/// # Errors
///
/// [`CallError`].
pub async fn administrators(link: &dyn Link, message: Bytes) -> Result<Bytes, CallError> {
    let request = http::Request::post("/sync/v1/administrators");
    exchange(link, request, message).await
}

/// The first statement.
///
/// # Errors
///
/// [`CallError`].
pub async fn first_statement(
    link: &dyn Link,
    domain: DomainId,
    statement: Bytes,
    code: &InvitationCode,
) -> Result<HubHead, CallError> {
    let request = http::Request::post(format!("/sync/v1/domains/{domain}/chain?position=0"))
        .header("authorization", format!("SSO-Connect-Invitation {}", code.text()));
    send(link, request, statement).await
}

async fn send<M: Message>(
    link: &dyn Link,
    request: http::request::Builder,
    body: Bytes,
) -> Result<M, CallError> {
    Ok(M::parse(&exchange(link, request, body).await?)?)
}

async fn exchange(
    link: &dyn Link,
    request: http::request::Builder,
    body: Bytes,
) -> Result<Bytes, CallError> {
    let request = request.header("host", link.authority()).body(body);
    let request = request.map_err(|error| LinkError::Unreachable(error.to_string()))?;
    let answer = link.send(request).await?;
    if answer.status().is_success() {
        return Ok(answer.into_body());
    }
    Err(CallError::Problem(Problem::parse(answer.body())?))
}
