//! People who sign in one after another, whatever happens meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sso_core::testkit::FakeIdp;
use tokio::task::JoinHandle;

use crate::browser::Browser;
use crate::domain::{sign_in, user};

/// Sign-ins that go on until [`stop`](Self::stop).
pub(crate) struct Steady {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<Vec<String>>>,
}

struct Shared {
    browser: Browser,
    done: AtomicU64,
    idp: FakeIdp,
    is_over: AtomicBool,
}

impl Steady {
    /// Lets `workers` people sign in at once where `browser` leads.
    pub(crate) fn begin(browser: Browser, idp: &FakeIdp, workers: usize) -> Self {
        let shared = Arc::new(Shared {
            browser,
            done: AtomicU64::new(0),
            idp: idp.clone(),
            is_over: AtomicBool::new(false),
        });
        let worker = |number| tokio::spawn(work(Arc::clone(&shared), number));
        Self {
            workers: (0..workers).map(worker).collect(),
            shared,
        }
    }

    /// Waits until so many more have signed in.
    pub(crate) async fn until_more(&self, more: u64) {
        let done = || self.shared.done.load(Ordering::Relaxed);
        let end = done() + more;
        let wait = async {
            while done() < end {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_mins(1), wait).await;
        waited.expect("people sign in");
    }

    /// Ends it: how many have signed in, and what went wrong for the others.
    pub(crate) async fn stop(self) -> (u64, Vec<String>) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let mut failures = Vec::new();
        for worker in self.workers {
            failures.extend(worker.await.unwrap());
        }
        (self.shared.done.load(Ordering::Relaxed), failures)
    }
}

/// Signs people in; what a browser shows that is no success is a failure, and there is no second
/// attempt.
async fn work(shared: Arc<Shared>, worker: usize) -> Vec<String> {
    let mut failures = Vec::new();
    for turn in 0.. {
        if shared.is_over.load(Ordering::Relaxed) {
            break;
        }
        let one = once(Arc::clone(&shared), format!("user{worker}x{}", turn % 5));
        match tokio::spawn(one).await {
            Ok(()) => drop(shared.done.fetch_add(1, Ordering::Relaxed)),
            Err(panic) => failures.push(said(panic)),
        }
    }
    failures
}

async fn once(shared: Arc<Shared>, name: String) {
    let mut browser = shared.browser.clone();
    let answer = sign_in(&shared.idp, &mut browser, &name).await;
    answer.location();
    assert!(user(&mut browser).await.is_some(), "{name} is signed in");
}

fn said(panic: tokio::task::JoinError) -> String {
    let panic = panic.into_panic();
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| "a sign-in failed".into())
}
