//! Disks that fail when they are told to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::store::{Caps, Entry, Expect, KvStore, MemoryStore, Page, StoreError, Version};

/// How a write fails.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// The process dies before the write; nothing can be read or written any more.
    DiesBefore,
    /// The write happens, then the process dies.
    DiesAfter,
    /// The disk is full: this write and all that follow change nothing.
    Full,
    /// The write happens, and its answer is lost; so are all answers to what follows.
    Lost,
}

/// What every access of a place goes through.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<Plan>);

#[derive(Debug, Default)]
struct Plan {
    writes: u64,
    /// From which write on, and how.
    fault: Option<(u64, DiskFault)>,
    is_dead: bool,
}

impl Gate {
    pub(super) fn writes(&self) -> u64 {
        self.plan().writes
    }

    pub(super) fn fail_after(&self, after: u64, fault: DiskFault) {
        let mut plan = self.plan();
        plan.fault = Some((plan.writes + after, fault));
    }

    pub(super) fn heal(&self) {
        let mut plan = self.plan();
        plan.fault = None;
        plan.is_dead = false;
    }

    /// Whether anything can be read.
    pub(super) fn read(&self) -> Result<(), StoreError> {
        if self.plan().is_dead {
            return Err(dead());
        }
        Ok(())
    }

    /// Makes a write, unless it fails.
    pub(super) fn write<T>(
        &self,
        write: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let fault = self.count()?;
        match fault {
            None => write(),
            Some(DiskFault::Full) => Err(StoreError::full("the disk of this test")),
            Some(DiskFault::DiesBefore) => Err(dead()),
            Some(DiskFault::DiesAfter) => {
                write()?;
                Err(StoreError::unknown("the process of this test died"))
            }
            Some(DiskFault::Lost) => {
                write()?;
                Err(StoreError::unknown("the answer was lost"))
            }
        }
    }

    fn count(&self) -> Result<Option<DiskFault>, StoreError> {
        let mut plan = self.plan();
        if plan.is_dead {
            return Err(dead());
        }
        let fault = plan.fault.filter(|(at, _)| *at <= plan.writes);
        let fault = fault.map(|(_, fault)| fault);
        plan.is_dead = matches!(fault, Some(DiskFault::DiesBefore | DiskFault::DiesAfter));
        plan.writes += 1;
        Ok(fault)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn dead() -> StoreError {
    StoreError::unavailable("the process of this test is dead")
}

/// Single keys behind a gate.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) gate: Arc<Gate>,
    pub(super) store: MemoryStore,
}

#[async_trait]
impl KvStore for Faulty {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.gate.read()?;
        self.store.get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        self.gate.write(|| self.store.put_now(key, value, &expect))
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        self.gate.write(|| self.store.delete_now(key, &expect))
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        self.gate.read()?;
        self.store.list(prefix, after, limit).await
    }

    fn caps(&self) -> Caps {
        self.store.caps()
    }
}
