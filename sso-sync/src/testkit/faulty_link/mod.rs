//! A network that fails as networks do.

mod faults;

pub use faults::{Fault, Faults};

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use tokio::sync::watch;

use super::seed::Random;
use crate::link::{Link, LinkError, Patience};
use crate::wire::{Message as _, Problem};

/// A link on which requests and answers get lost, late, doubled and garbled.
///
/// Which ones is decided by a seed, in the order in which requests are sent: the same seed and the
/// same requests suffer the same. Whatever takes time takes it from tokio's clock, so that a
/// paused one makes it quick.
pub struct FaultyLink {
    link: Arc<dyn Link>,
    cut: watch::Sender<bool>,
    state: Mutex<State>,
}

struct State {
    random: Random,
    faults: Faults,
    next: VecDeque<Fault>,
    suffered: Vec<Fault>,
}

impl FaultyLink {
    /// A link that does as `faults` say, by the chances of `seed`.
    #[must_use]
    pub fn new(link: Arc<dyn Link>, seed: u64, faults: Faults) -> Self {
        Self {
            link,
            cut: watch::Sender::new(false),
            state: Mutex::new(State {
                random: Random::new(seed),
                faults,
                next: VecDeque::new(),
                suffered: Vec::new(),
            }),
        }
    }

    /// Goes on with other faults; what is under way is not changed.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Lets the next request suffer this, whatever the seed says; called again, the one after it.
    pub fn suffer(&self, fault: Fault) {
        self.state().next.push_back(fault);
    }

    /// Cuts the connection: what is under way breaks, and nothing comes through any more.
    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.cut.send_replace(false);
    }

    /// Whether the connection is cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        *self.cut.borrow()
    }

    /// What requests have suffered so far, in their order.
    #[must_use]
    pub fn suffered(&self) -> Vec<Fault> {
        self.state().suffered.clone()
    }

    async fn carry(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let (fault, chance) = self.state().draw();
        let Some(fault) = fault else {
            return self.link.send(request).await;
        };
        match fault {
            Fault::AnswersOtherwise(code) => Ok(problem(&Problem::new(code))),
            Fault::DelaysAnswer(by) => {
                let answer = self.link.send(request).await;
                tokio::time::sleep(by).await;
                answer
            }
            Fault::DelaysRequest(by) => {
                tokio::time::sleep(by).await;
                self.link.send(request).await
            }
            Fault::LosesAnswer => {
                drop(self.link.send(request).await);
                Err(self.broken("the answer was lost on purpose"))
            }
            Fault::LosesRequest => {
                let Patience(after) = Patience::of(&request);
                tokio::time::sleep(after).await;
                let hub = self.link.authority().into();
                Err(LinkError::TimedOut { hub, after })
            }
            Fault::SendsTwice => {
                let first = self.link.send(request.clone()).await;
                let second = self.link.send(request).await;
                if chance % 2 == 0 { first } else { second }
            }
            Fault::Truncates => Ok(truncated(self.link.send(request).await?, chance)),
        }
    }

    fn broken(&self, how: &str) -> LinkError {
        LinkError::Interrupted {
            hub: self.link.authority().into(),
            source: how.into(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What the next request suffers, and a number for what is left to chance in it.
    fn draw(&mut self) -> (Option<Fault>, u64) {
        // As many numbers for every request, so that one fault does not shift all others.
        let drawn = self.faults.draw(&mut self.random);
        let chance = self.random.below(u64::MAX);
        let fault = self.next.pop_front().or(drawn);
        self.suffered.extend(fault);
        (fault, chance)
    }
}

#[async_trait]
impl Link for FaultyLink {
    fn authority(&self) -> &str {
        self.link.authority()
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        if self.is_cut() {
            return Err(LinkError::Unreachable {
                hub: self.link.authority().into(),
                source: "the connection was cut on purpose".into(),
            });
        }
        let mut cut = self.cut.subscribe();
        tokio::select! {
            biased;
            _ = cut.wait_for(|cut| *cut) => Err(self.broken("the connection was cut on purpose")),
            answer = self.carry(request) => answer,
        }
    }
}

impl fmt::Debug for FaultyLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyLink")
            .field("link", &self.link)
            .field("is_cut", &self.is_cut())
            .finish_non_exhaustive()
    }
}

/// What a hub answers that has this problem.
pub(super) fn problem(problem: &Problem) -> Response<Bytes> {
    let mut answer = Response::new(problem.to_bytes().into());
    *answer.status_mut() = problem.status();
    let cbor = HeaderValue::from_static("application/cbor");
    answer.headers_mut().insert(CONTENT_TYPE, cbor);
    answer
}

/// The beginning of an answer: less than all of it, if there is any.
fn truncated(mut answer: Response<Bytes>, chance: u64) -> Response<Bytes> {
    let length = answer.body().len() as u64;
    let kept = chance.checked_rem(length).unwrap_or_default();
    answer
        .body_mut()
        .truncate(usize::try_from(kept).unwrap_or_default());
    answer
}

/// Longest delay unless something else is said.
const DELAY: Duration = Duration::from_secs(2);
