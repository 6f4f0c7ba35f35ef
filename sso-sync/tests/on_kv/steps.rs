//! A store that takes one step at a time, and whoever drives it decides whose step is next.

use std::cmp::Ordering;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use bytes::Bytes;
use sso_sync::store::{Caps, Entry, Expect, KvStore, MemoryStore, Page, StoreError, Version};

/// A handle on a store in memory. Every call waits for one poll before it does something.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    store: MemoryStore,
    faults: Arc<Mutex<Faults>>,
    habits: Habits,
}

/// How a store behaves, within what its contract allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    /// Longest value.
    pub(crate) max_value: usize,
    /// Longest page.
    pub(crate) page: usize,
    /// Lists the keys first, then reads each entry in a step of its own.
    pub(crate) tears_lists: bool,
}

/// What goes wrong.
#[derive(Debug, Default)]
struct Faults {
    calls: usize,
    plan: Option<(usize, Fault)>,
    /// Whether all later calls are refused.
    for_good: bool,
    late: Vec<Write>,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It arrives, but its answer does not.
    LosesAnswer,
    /// It arrives when [`Steps::arrive`] is called.
    Late,
    /// It never arrives, and the caller knows.
    Refused,
}

#[derive(Clone, Debug)]
enum Write {
    Delete(String, Version),
    Put(String, Bytes, Expect),
}

impl Habits {
    /// Large values, long pages.
    pub(crate) const PLAIN: Self = Self {
        max_value: 64 * 1024,
        page: 1000,
        tears_lists: false,
    };

    /// Values so small that everything has many parts, pages of two.
    pub(crate) const NARROW: Self = Self {
        max_value: 320,
        page: 2,
        tears_lists: false,
    };

    /// Lists are made of single reads.
    pub(crate) const TORN: Self = Self {
        max_value: 320,
        page: 3,
        tears_lists: true,
    };
}

impl Steps {
    pub(crate) fn new(habits: Habits) -> Self {
        Self {
            store: MemoryStore::new(),
            faults: Arc::default(),
            habits,
        }
    }

    /// A handle on the same content to which nothing goes wrong.
    pub(crate) fn sound(&self) -> Self {
        Self {
            faults: Arc::default(),
            ..self.clone()
        }
    }

    /// A handle whose call number `call`, from 0 on, goes wrong; all after it are refused if it
    /// does `for_good`.
    pub(crate) fn faulty(&self, call: usize, fault: Fault, for_good: bool) -> Self {
        let faults = Faults {
            plan: Some((call, fault)),
            for_good,
            ..Faults::default()
        };
        Self {
            faults: Arc::new(Mutex::new(faults)),
            ..self.clone()
        }
    }

    /// Lets everything go well from now on.
    pub(crate) fn mend(&self) {
        self.faults.lock().unwrap().plan = None;
    }

    /// Whether the call that was to go wrong was made.
    pub(crate) fn went_wrong(&self) -> bool {
        let faults = self.faults.lock().unwrap();
        faults.plan.is_some_and(|(call, _)| faults.calls > call)
    }

    /// Lets the writes arrive that were late.
    pub(crate) async fn arrive(&self) {
        let late = std::mem::take(&mut self.faults.lock().unwrap().late);
        for write in late {
            let _ = self.write(write).await;
        }
    }

    /// All keys.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let page = self.store.list("", None, usize::MAX).await.unwrap();
        page.entries.into_iter().map(|(key, _)| key).collect()
    }

    async fn write(&self, write: Write) -> Result<Option<Version>, StoreError> {
        match write {
            Write::Delete(key, version) => self.store.delete(&key, version).await.map(|()| None),
            Write::Put(key, value, expect) => self.store.put(&key, value, expect).await.map(Some),
        }
    }

    /// Waits for the turn of this call; says what goes wrong with it.
    async fn turn(&self) -> Option<Fault> {
        step().await;
        let mut faults = self.faults.lock().unwrap();
        faults.calls += 1;
        let call = faults.calls - 1;
        let (at, fault) = faults.plan?;
        match call.cmp(&at) {
            Ordering::Equal => Some(fault),
            Ordering::Greater if faults.for_good => Some(Fault::Refused),
            _ => None,
        }
    }

    async fn read_turn(&self) -> Result<(), StoreError> {
        match self.turn().await {
            None => Ok(()),
            Some(_) => Err(StoreError::unavailable("as planned")),
        }
    }

    async fn write_turn(&self, write: Write) -> Result<Option<Version>, StoreError> {
        match self.turn().await {
            None => self.write(write).await,
            Some(Fault::Refused) => Err(StoreError::unavailable("as planned")),
            Some(Fault::LosesAnswer) => {
                let _ = self.write(write).await;
                Err(StoreError::unknown("as planned"))
            }
            Some(Fault::Late) => {
                self.faults.lock().unwrap().late.push(write);
                Err(StoreError::unknown("as planned"))
            }
        }
    }

    async fn tear(&self, page: Page) -> Page {
        let mut entries = Vec::new();
        for (key, _) in page.entries {
            step().await;
            if let Some(entry) = self.store.get(&key).await.unwrap() {
                entries.push((key, entry));
            }
        }
        let more = page.more && !entries.is_empty();
        Page { entries, more }
    }
}

#[async_trait]
impl KvStore for Steps {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.read_turn().await?;
        self.store.get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        self.caps().check(key, &value)?;
        let write = Write::Put(key.into(), value, expect);
        Ok(self.write_turn(write).await?.unwrap())
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let write = Write::Delete(key.into(), expect);
        self.write_turn(write).await.map(drop)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.read_turn().await?;
        let mut after = after.map(str::to_owned);
        loop {
            let limit = limit.min(self.habits.page);
            let page = self.store.list(prefix, after.as_deref(), limit).await?;
            if !self.habits.tears_lists {
                return Ok(page);
            }
            after = page.entries.last().map(|(key, _)| key.clone());
            let (more, torn) = (page.more, self.tear(page).await);
            // What is gone must not look like the end.
            if !more || torn.more {
                return Ok(torn);
            }
        }
    }

    fn caps(&self) -> Caps {
        Caps {
            max_key: Caps::MIN_KEY,
            max_value: self.habits.max_value,
        }
    }
}

/// Pending once.
async fn step() {
    let mut waited = false;
    poll_fn(|_| match std::mem::replace(&mut waited, true) {
        false => Poll::Pending,
        true => Poll::Ready(()),
    })
    .await;
}

/// Something that is under way.
pub(crate) type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Lets a task take one step; whether it is done.
pub(crate) fn advance(task: &mut Task<'_>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    task.as_mut().poll(&mut context).is_ready()
}

/// Runs something by itself.
pub(crate) fn alone<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
    panic!("it does not end");
}

/// Runs something for so many steps, then lets it die; `None` if it died.
pub(crate) fn crash_after<T>(steps: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..=steps {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return Some(done);
        }
    }
    None
}
