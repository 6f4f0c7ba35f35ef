//! A link that breaks where a test wants it, and answers what a test wants.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use sso_sync::link::{Link, LinkError};
use tokio::sync::Notify;

/// A link to a hub that can be cut, or made to lie.
#[derive(Debug)]
pub(crate) struct TestLink {
    inner: Arc<dyn Link>,
    left: AtomicUsize,
    cut: Mutex<Cut>,
    reached: AtomicBool,
    cut_now: Notify,
    lies: Mutex<Vec<Lie>>,
}

/// What happens at the exchange that is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The hub never hears of it, and the program dies.
    KilledBefore,
    /// The hub does it, and the program dies.
    KilledAfter,
    /// The hub never hears of it, nor of anything later.
    LostBefore,
    /// The hub does it, the answer is lost, and the hub cannot be reached any more.
    LostAfter,
    /// The hub does it, the answer is lost, and everything goes on.
    AnswerLost,
}

pub(crate) const CUTS: [Cut; 5] = [
    Cut::KilledBefore,
    Cut::KilledAfter,
    Cut::LostBefore,
    Cut::LostAfter,
    Cut::AnswerLost,
];

/// An answer in place of the hub's.
#[derive(Clone, Debug)]
pub(crate) struct Lie {
    /// What the address of the request has in it.
    pub(crate) about: &'static str,
    pub(crate) answer: Bytes,
}

impl TestLink {
    pub(crate) fn new(inner: Arc<dyn Link>) -> Self {
        Self {
            inner,
            left: AtomicUsize::new(usize::MAX),
            cut: Mutex::new(Cut::LostBefore),
            reached: AtomicBool::new(false),
            cut_now: Notify::new(),
            lies: Mutex::default(),
        }
    }

    /// Cuts the link at the exchange after so many more.
    pub(crate) fn cut_after(&self, exchanges: usize, cut: Cut) {
        *self.cut.lock().unwrap() = cut;
        self.left.store(exchanges, Ordering::SeqCst);
        self.reached.store(false, Ordering::SeqCst);
    }

    /// Works again; whether it was cut.
    pub(crate) fn mend(&self) -> bool {
        self.left.store(usize::MAX, Ordering::SeqCst);
        self.reached.swap(false, Ordering::SeqCst)
    }

    /// Runs `work` until it is done, or the program is killed.
    pub(crate) async fn until_killed<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.cut_now.notified() => None,
        }
    }

    pub(crate) fn lie(&self, about: &'static str, answer: Bytes) {
        self.lies.lock().unwrap().push(Lie { about, answer });
    }

    pub(crate) fn be_honest(&self) {
        self.lies.lock().unwrap().clear();
    }

    /// Whether this exchange is the one, or a later one on a link that is gone.
    fn cut(&self) -> Option<Cut> {
        let cut = *self.cut.lock().unwrap();
        let left = self.left.load(Ordering::SeqCst);
        if left == usize::MAX {
            return None;
        }
        if left > 0 {
            self.left.store(left - 1, Ordering::SeqCst);
            return None;
        }
        let first = !self.reached.swap(true, Ordering::SeqCst);
        match cut {
            Cut::LostAfter if !first => Some(Cut::LostBefore),
            Cut::AnswerLost if !first => None,
            cut => Some(cut),
        }
    }

    async fn die(&self) -> Result<Response<Bytes>, LinkError> {
        self.cut_now.notify_one();
        std::future::pending().await
    }

    fn lost(&self) -> Result<Response<Bytes>, LinkError> {
        Err(LinkError::Unreachable {
            hub: self.inner.authority().into(),
            source: "the link was cut".into(),
        })
    }
}

#[async_trait]
impl Link for TestLink {
    fn authority(&self) -> &str {
        self.inner.authority()
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError> {
        let address = request.uri().to_string();
        let lies = self.lies.lock().unwrap().clone();
        if let Some(lie) = lies.iter().find(|lie| address.contains(lie.about)) {
            let answer = Response::builder().header("content-type", "application/cbor");
            return Ok(answer.body(lie.answer.clone()).unwrap());
        }
        match self.cut() {
            None => self.inner.send(request).await,
            Some(Cut::KilledBefore) => self.die().await,
            Some(Cut::KilledAfter) => {
                self.inner.send(request).await?;
                self.die().await
            }
            Some(Cut::LostBefore) => self.lost(),
            Some(Cut::LostAfter | Cut::AnswerLost) => {
                self.inner.send(request).await?;
                self.lost()
            }
        }
    }
}
