//! People who sign in all the time, and what each was given first.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::chance::Chance;
use super::visitor::{Browser, Failed, Given};
use crate::failure::Failure;

/// Everybody. Clones are the same.
#[derive(Clone, Debug)]
pub(super) struct Crowd(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How people come: by these in turn.
    ways: Mutex<Vec<Arc<Browser>>>,
    people: usize,
    password: String,
    next: AtomicU64,
    given: Mutex<BTreeMap<usize, Given>>,
    failed: Mutex<Vec<String>>,
    sign_ins: AtomicU64,
    repeated: AtomicU64,
    is_over: AtomicBool,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Sign-ins that ended well.
    pub(super) sign_ins: u64,
    /// Sign-ins that a person would have seen fail.
    pub(super) failed: u64,
    /// Requests that were sent once more, since there was no answer.
    pub(super) repeated: u64,
    /// How many people have signed in at least once.
    pub(super) known: u64,
}

impl Crowd {
    /// So many people, who all have one `password` at the identity provider.
    pub(super) fn new(way: &Arc<Browser>, people: usize, password: &str) -> Self {
        Self(Arc::new(Shared {
            ways: Mutex::new(vec![Arc::clone(way)]),
            people,
            password: password.into(),
            next: AtomicU64::new(0),
            given: Mutex::default(),
            failed: Mutex::default(),
            sign_ins: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        }))
    }

    /// Begins: first everybody once, then whoever chance picks, until [`end`](Self::end).
    pub(super) fn begin(&self, seed: u64) -> Vec<JoinHandle<()>> {
        let worker = |number| tokio::spawn(self.clone().work(Chance::new(seed ^ number)));
        (1..=AT_ONCE).map(worker).collect()
    }

    /// Lets the sign-ins under way be the last ones.
    pub(super) async fn end(&self, workers: Vec<JoinHandle<()>>) {
        self.0.is_over.store(true, Ordering::Relaxed);
        for worker in workers {
            // It does not panic.
            let _ = worker.await;
        }
    }

    pub(super) fn tally(&self) -> Tally {
        let count = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
        Tally {
            sign_ins: self.0.sign_ins.load(Ordering::Relaxed),
            failed: count(lock(&self.0.failed).len()),
            repeated: self.0.repeated.load(Ordering::Relaxed),
            known: count(lock(&self.0.given).len()),
        }
    }

    /// People come by these from now on, in turn; who is under way stays where he is.
    pub(super) fn come_by(&self, ways: &[&Arc<Browser>]) {
        *lock(&self.0.ways) = ways.iter().copied().map(Arc::clone).collect();
    }

    /// Waits until nobody is under way by `way`, which people come by no more.
    pub(super) async fn have_left(&self, way: Arc<Browser>) {
        // Whoever is under way holds it as well.
        while Arc::strong_count(&way) > 1 {
            tokio::time::sleep(PACE).await;
        }
    }

    /// What the first failed sign-ins showed.
    pub(super) fn failures(&self) -> Vec<String> {
        lock(&self.0.failed).iter().take(10).cloned().collect()
    }

    /// Waits until everybody was here once, or was sent away.
    pub(super) async fn everybody(&self) -> Result<(), Failure> {
        let everybody = u64::try_from(self.0.people).unwrap_or(u64::MAX);
        let were_here = |tally: Tally| tally.known.saturating_add(tally.failed);
        while were_here(self.tally()) < everybody {
            self.more(1).await?;
        }
        Ok(())
    }

    /// Waits until so many more have signed in.
    pub(super) async fn more(&self, more: u64) -> Result<(), Failure> {
        let end = self.tally().sign_ins.saturating_add(more);
        let wait = async {
            while self.tally().sign_ins < end {
                tokio::time::sleep(PACE).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        waited.map_err(|_| {
            let why = self.failures().join("\n");
            Failure::because(format!("nobody can sign in any more: {why}"))
        })
    }

    /// Asks every user's id and secret at one server, and compares; who is somebody else there, or
    /// nobody. `asked` counts.
    pub(super) async fn ask_everybody(
        &self,
        browser: &Arc<Browser>,
        server: SocketAddr,
        asked: &Arc<AtomicU64>,
    ) -> Result<Vec<String>, Failure> {
        let next = Arc::new(AtomicU64::new(0));
        let ask = |_| {
            let (crowd, browser) = (self.clone(), Arc::clone(browser));
            let (next, asked) = (Arc::clone(&next), Arc::clone(asked));
            tokio::spawn(async move { crowd.ask(&browser, server, &next, &asked).await })
        };
        let mut wrong = Vec::new();
        for worker in (0..AT_ONCE).map(ask).collect::<Vec<_>>() {
            let found = worker.await;
            wrong.extend(found.map_err(|error| Failure::because(error.to_string()))?);
        }
        Ok(wrong)
    }

    async fn ask(
        &self,
        browser: &Browser,
        server: SocketAddr,
        next: &AtomicU64,
        asked: &AtomicU64,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        while let Some(number) = self.person(next.fetch_add(1, Ordering::Relaxed)) {
            let before = lock(&self.0.given).get(&number).cloned();
            let (now, _) = browser.sign_in(&name(number), &self.0.password).await;
            match (before, now) {
                (Some(before), Ok(now)) if before == now => {}
                (Some(before), Ok(now)) if before.id == now.id => {
                    wrong.push(format!("{} has a second secret at {server}", name(number)));
                }
                (_, Ok(_)) => wrong.push(format!("{} is somebody else at {server}", name(number))),
                (_, Err(Failed(why))) => {
                    wrong.push(format!("{} is lost at {server}: {why}", name(number)));
                }
            }
            asked.fetch_add(1, Ordering::Relaxed);
        }
        wrong
    }

    fn person(&self, next: u64) -> Option<usize> {
        let number = usize::try_from(next).ok()?;
        (number < self.0.people).then_some(number)
    }

    async fn work(self, mut chance: Chance) {
        while !self.0.is_over.load(Ordering::Relaxed) {
            let next = self.0.next.fetch_add(1, Ordering::Relaxed);
            let number = self.person(next);
            let number = number.unwrap_or_else(|| chance.below(self.0.people));
            if let Some(way) = self.way(next) {
                self.sign_in(number, &way).await;
            }
        }
    }

    fn way(&self, next: u64) -> Option<Arc<Browser>> {
        let turn = usize::try_from(next).unwrap_or_default();
        let ways = lock(&self.0.ways);
        ways.get(turn.checked_rem(ways.len())?).cloned()
    }

    async fn sign_in(&self, number: usize, way: &Browser) {
        let name = name(number);
        let (given, repeated) = way.sign_in(&name, &self.0.password).await;
        self.0.repeated.fetch_add(repeated, Ordering::Relaxed);
        match given {
            Ok(given) => self.compare(number, &given),
            Err(Failed(why)) => lock(&self.0.failed).push(format!("{name}: {why}")),
        }
    }

    /// The same person is given the same, always.
    fn compare(&self, number: usize, given: &Given) {
        let mut all = lock(&self.0.given);
        let before = all.entry(number).or_insert_with(|| given.clone());
        let is_same = before == given;
        drop(all);
        if is_same {
            self.0.sign_ins.fetch_add(1, Ordering::Relaxed);
        } else {
            let what = format!("{} was given something else than before", name(number));
            lock(&self.0.failed).push(what);
        }
    }
}

fn name(number: usize) -> String {
    format!("person-{number}")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many people are signing in at any moment.
const AT_ONCE: u64 = 4;

/// For some people to sign in, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_mins(2);

const PACE: Duration = Duration::from_millis(50);
