//! The way of one server to the hub, with an ear on it, and its clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use sso_core::{Clock, UnixTime};
use sso_sync::link::{DirectLink, Link, LinkError};

use crate::bug::Bug;
use crate::no_plaintext_at_the_hub::{MARK, is_marked};
use crate::wire::lock;
use crate::world::{AUTHORITY, World};

/// The last stretch of the way to a hub: hears everything that arrives there.
#[derive(Debug)]
pub(crate) struct Road {
    hub: Mutex<Arc<DirectLink>>,
    bug: Option<Bug>,
    leaks: Mutex<Vec<String>>,
    /// The last success of a write.
    success: Mutex<Option<Response<Bytes>>>,
}

impl Road {
    pub(crate) fn to(world: &World, bug: Option<Bug>) -> Self {
        Self {
            hub: Mutex::new(Arc::new(direct(world))),
            bug,
            leaks: Mutex::default(),
            success: Mutex::default(),
        }
    }

    /// Leads to the hub that the world has now.
    pub(crate) fn lead_to(&self, world: &World) {
        *lock(&self.hub) = Arc::new(direct(world));
    }

    /// The requests that told the hub what it must not know, since the last call.
    pub(crate) fn leaks(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.leaks))
    }

    fn hear(&self, request: &Request<Bytes>) {
        let head = format!(
            "{} {} {:?}",
            request.method(),
            request.uri(),
            request.headers()
        );
        if is_marked(head.as_bytes()) || is_marked(request.body()) {
            lock(&self.leaks).push(format!("the hub was sent plain text: {head}"));
        }
    }

    fn disguised(&self, answer: Response<Bytes>) -> Response<Bytes> {
        if answer.status() == StatusCode::OK {
            *lock(&self.success) = Some(answer.clone());
            return answer;
        }
        let success = lock(&self.success).clone();
        success
            .filter(|_| answer.status() == StatusCode::CONFLICT)
            .unwrap_or(answer)
    }
}

#[async_trait]
impl Link for Road {
    fn authority(&self) -> &str {
        AUTHORITY
    }

    async fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        if self.bug == Some(Bug::Babbles) {
            let user = HeaderValue::from_static(MARK);
            request.headers_mut().insert("x-user", user);
        }
        self.hear(&request);
        let is_write = request.uri().path().ends_with("/feed") && request.method() == "POST";
        let hub = Arc::clone(&lock(&self.hub));
        let answer = hub.send(request).await?;
        match self.bug {
            Some(Bug::ConflictIsSuccess) if is_write => Ok(self.disguised(answer)),
            _ => Ok(answer),
        }
    }
}

fn direct(world: &World) -> DirectLink {
    DirectLink::new(Arc::clone(&world.hub), AUTHORITY, Arc::clone(&world.clock))
}

/// A clock that goes wrong by some seconds.
#[derive(Debug)]
pub(crate) struct Jumping {
    clock: Arc<dyn Clock>,
    wrong_by: AtomicI64,
}

impl Jumping {
    pub(crate) fn over(clock: &Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(clock),
            wrong_by: AtomicI64::new(0),
        })
    }

    /// Is wrong by so many seconds from now on.
    pub(crate) fn jump(&self, seconds: i64) {
        self.wrong_by.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for Jumping {
    fn now(&self) -> UnixTime {
        let (now, wrong_by) = (self.clock.now(), self.wrong_by.load(Ordering::Relaxed));
        let by = Duration::from_secs(wrong_by.unsigned_abs());
        match wrong_by.is_negative() {
            true => now.earlier(by),
            false => now.later(by),
        }
    }
}
