//! How often things happened, for metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::{Tidied, Usage};
use crate::wire::{Code, Problem};

/// Counts what happens.
#[derive(Debug, Default)]
pub struct Counters {
    answered: AtomicU64,
    batches: AtomicU64,
    compactions: AtomicU64,
    busy: AtomicU64,
    by_code: Mutex<BTreeMap<&'static str, u64>>,
    failed: AtomicU64,
    fullest: Mutex<Usage>,
    removed: AtomicU64,
    records: AtomicU64,
    refused: AtomicU64,
    statements: AtomicU64,
    waiting: AtomicU64,
}

/// What was counted since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests that were answered as asked.
    pub answered: u64,
    /// Batches that were committed.
    pub batches: u64,
    /// How often a feed was compacted.
    pub compactions: u64,
    /// The most that any domain takes up, number by number, when all were looked at last.
    pub fullest: Usage,
    /// Records that had expired and were removed.
    pub removed: u64,
    /// Requests that were put off.
    pub busy: u64,
    /// Requests that the hub could not answer for reasons of its own.
    pub failed: u64,
    /// Records that were committed.
    pub records: u64,
    /// Requests that were refused.
    pub refused: u64,
    /// Statements that were appended.
    pub statements: u64,
    /// Requests that wait for news at this moment.
    pub waiting: u64,
}

impl Counters {
    pub(super) fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            answered: read(&self.answered),
            batches: read(&self.batches),
            compactions: read(&self.compactions),
            fullest: *self.fullest.lock().unwrap_or_else(PoisonError::into_inner),
            removed: read(&self.removed),
            busy: read(&self.busy),
            failed: read(&self.failed),
            records: read(&self.records),
            refused: read(&self.refused),
            statements: read(&self.statements),
            waiting: read(&self.waiting),
        }
    }

    pub(super) fn count(&self, answer: &Result<Bytes, Problem>) {
        let counter = match answer.as_ref().map_err(|problem| problem.code) {
            Ok(_) => &self.answered,
            Err(Code::Busy) => &self.busy,
            Err(Code::Unavailable | Code::Unknown) => &self.failed,
            Err(_) => &self.refused,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if let Err(problem) = answer {
            let mut by_code = self.by_code.lock().unwrap_or_else(PoisonError::into_inner);
            *by_code.entry(problem.code.text()).or_default() += 1;
        }
    }

    pub(super) fn problems(&self) -> BTreeMap<&'static str, u64> {
        let by_code = self.by_code.lock().unwrap_or_else(PoisonError::into_inner);
        by_code.clone()
    }

    pub(super) fn count_batch(&self, records: usize) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.records.fetch_add(records as u64, Ordering::Relaxed);
    }

    pub(super) fn count_tidied(&self, tidied: &Tidied) {
        let compactions = u64::from(tidied.compacted.is_some());
        self.compactions.fetch_add(compactions, Ordering::Relaxed);
        self.removed.fetch_add(tidied.removed, Ordering::Relaxed);
    }

    pub(super) fn keep_fullest(&self, fullest: Usage) {
        *self.fullest.lock().unwrap_or_else(PoisonError::into_inner) = fullest;
    }

    pub(super) fn count_statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts somebody who waits, until the result is dropped.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.waiting)
    }
}

/// Somebody waits.
pub(super) struct Waiting<'a>(&'a AtomicU64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
