//! A link that can be cut, and time as it flows for tokio.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use sso_core::{Clock, UnixTime};
use sso_sync::link::{DirectLink, Link, LinkError};
use tokio::time::Instant;

use crate::world::{AUTHORITY, NOON, World};

/// A link that can be cut.
#[derive(Debug)]
pub(crate) struct Wire {
    link: Mutex<Arc<dyn Link>>,
    weather: Mutex<Weather>,
    sent: Mutex<Vec<String>>,
    began: Instant,
}

/// How the network is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weather {
    #[default]
    Fine,
    /// Nothing comes through.
    Cut,
    /// Requests to such a path come through, and the answer to the next of them is lost.
    LosesAnswer(&'static str),
    /// Requests to such a path come through, and the answers are changed on the way.
    Changes(&'static str),
    /// Requests to such a path do not come through.
    Without(&'static str),
}

impl Wire {
    pub(crate) fn to(link: DirectLink) -> Arc<Self> {
        Arc::new(Self {
            link: Mutex::new(Arc::new(link)),
            weather: Mutex::default(),
            sent: Mutex::default(),
            began: Instant::now(),
        })
    }

    pub(crate) fn set(&self, weather: Weather) {
        *lock(&self.weather) = weather;
    }

    /// Leads to another hub from now on.
    pub(crate) fn lead_to(&self, world: &World) {
        let link = DirectLink::new(Arc::clone(&world.hub), AUTHORITY, Arc::clone(&world.clock));
        self.lead_through(Arc::new(link));
    }

    /// Leads over this link from now on.
    pub(crate) fn lead_through(&self, link: Arc<dyn Link>) {
        *lock(&self.link) = link;
    }

    /// How many requests there were so far whose method and address contain this.
    pub(crate) fn count(&self, part: &str) -> usize {
        lock(&self.sent)
            .iter()
            .filter(|it| it.contains(part))
            .count()
    }

    /// What was asked for so far, and when.
    pub(crate) fn sent(&self, world: &World) -> Vec<String> {
        let domain = world.chain.domain().to_string();
        let sent = lock(&self.sent);
        sent.iter()
            .map(|it| it.replace(&domain, "domain"))
            .collect()
    }

    fn interrupted(&self) -> LinkError {
        LinkError::Interrupted {
            hub: AUTHORITY.into(),
            source: "lost".into(),
        }
    }

    fn unreachable(&self) -> LinkError {
        LinkError::Unreachable {
            hub: AUTHORITY.into(),
            source: "cut".into(),
        }
    }
}

#[async_trait]
impl Link for Wire {
    fn authority(&self) -> &str {
        AUTHORITY
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let address = format!("{} {}", request.method(), request.uri());
        let at = self.began.elapsed().as_millis();
        lock(&self.sent).push(format!("{at} {address}"));
        if address.contains("/snapshot") {
            // A page takes a while, so that whoever watches a filling sees it.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let weather = lock(&self.weather).clone();
        match weather {
            Weather::Cut => return Err(self.unreachable()),
            Weather::Without(part) if address.contains(part) => return Err(self.unreachable()),
            _ => {}
        }
        let link = Arc::clone(&lock(&self.link));
        let answer = link.send(request).await?;
        match weather {
            Weather::LosesAnswer(part) if address.contains(part) => {
                self.set(Weather::Fine);
                Err(self.interrupted())
            }
            Weather::Changes(part) if address.contains(part) => {
                Ok(answer.map(|body| changed(&body)))
            }
            _ if *lock(&self.weather) == Weather::Cut => Err(self.interrupted()),
            _ => Ok(answer),
        }
    }
}

/// With another bit at the end.
fn changed(body: &Bytes) -> Bytes {
    let mut body = body.to_vec();
    if let Some(last) = body.last_mut() {
        *last ^= 1;
    }
    body.into()
}

/// Time as it flows for tokio.
#[derive(Debug)]
pub(crate) struct Flowing(Instant);

impl Flowing {
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Flowing {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(NOON).later(self.0.elapsed())
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
