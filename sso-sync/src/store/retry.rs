//! Trying again, where that is safe.

use std::time::Duration;

use bytes::Bytes;

use super::{Batch, DomainId, DomainStore, Expect, Feed, KvStore, Seq, StoreError, Version};

/// How often and how patiently failed calls are tried again.
///
/// A call that is known to have changed nothing ([`StoreError::Unavailable`]) is made again. After
/// a lost answer ([`StoreError::Unknown`]) the store is asked what it holds: if that is what was
/// to be written, the write has happened; if it is what was there before, the write is made
/// again; if it is anything else, another writer came first.
///
/// Pauses double from one try to the next, and each is a random part of its length, so that
/// clients that failed together do not come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    tries: u32,
    first_pause: Duration,
    longest_pause: Duration,
}

impl Default for Retry {
    /// Six tries, pauses from 20 ms up to 2 s.
    fn default() -> Self {
        Self {
            tries: 6,
            first_pause: Duration::from_millis(20),
            longest_pause: Duration::from_secs(2),
        }
    }
}

impl Retry {
    /// How many tries there are in all. Default: 6; at least 1.
    #[must_use]
    pub const fn tries(mut self, tries: u32) -> Self {
        self.tries = if tries == 0 { 1 } else { tries };
        self
    }

    /// How long the first pause is at most, and every pause. Defaults: 20 ms, 2 s.
    #[must_use]
    pub const fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    /// Reads, or does something else that may be done twice.
    ///
    /// # Errors
    ///
    /// What the last try answered.
    pub async fn read<T, F>(&self, call: impl Fn() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut tried = 0;
        loop {
            tried += 1;
            match call().await {
                Err(StoreError::Unavailable(_) | StoreError::Unknown(_)) if tried < self.tries => {
                    self.pause(tried).await;
                }
                answer => return answer,
            }
        }
    }

    /// [`KvStore::put`], until it is known whether it happened.
    ///
    /// Two writers who put the same bytes cannot be told apart: both may be told that they did it.
    /// Where that matters, let every value differ.
    ///
    /// # Errors
    ///
    /// As for [`KvStore::put`]; [`StoreError::Unknown`] only if reading back fails as well.
    pub async fn put(
        &self,
        store: &dyn KvStore,
        key: &str,
        value: Bytes,
        expect: Expect,
    ) -> Result<Version, StoreError> {
        let (value, expect) = (&value, &expect);
        let call = || store.put(key, value.clone(), expect.clone());
        let found = || async move {
            let there = store.get(key).await?;
            let version = there.as_ref().map(|entry| &entry.version);
            Ok(match there.as_ref() {
                _ if as_expected(version, expect) => Found::Before,
                Some(entry) if entry.value == *value => Found::Written(entry.version.clone()),
                _ => Found::Another,
            })
        };
        self.write(call, found).await
    }

    /// [`DomainStore::append`], until it is known whether it happened.
    ///
    /// # Errors
    ///
    /// As for [`DomainStore::append`]; [`StoreError::Unknown`] only if reading back fails as well.
    pub async fn append(
        &self,
        store: &dyn DomainStore,
        domain: &DomainId,
        position: u64,
        statement: Bytes,
    ) -> Result<(), StoreError> {
        let statement = &statement;
        let call = || store.append(domain, position, statement.clone());
        let found = || async move {
            let there = store.statements(domain, position, 1).await?;
            Ok(Found::compare(there.first(), statement, ()))
        };
        self.write(call, found).await
    }

    /// [`DomainStore::commit`], until it is known whether it happened.
    ///
    /// # Errors
    ///
    /// As for [`DomainStore::commit`]; [`StoreError::Unknown`] only if reading back fails as well.
    pub async fn commit(
        &self,
        store: &dyn DomainStore,
        domain: &DomainId,
        after: Seq,
        batch: Batch,
    ) -> Result<Seq, StoreError> {
        let batch = &batch;
        let last = after.plus(batch.records().len());
        let call = || store.commit(domain, after, batch.clone());
        let found = || async move {
            match store.feed(domain, after, 1).await? {
                Feed::Batches(there) => {
                    let there = there.first().filter(|it| it.first == after.plus(1));
                    let there = there.map(|it| &it.batch);
                    Ok(Found::compare(there, batch, last))
                }
                Feed::Compacted(_) => Err(StoreError::unavailable("compacted since")),
            }
        };
        self.write(call, found).await
    }

    /// Makes a call until its outcome is known. Once an answer was lost, "another came first" may
    /// mean our own write, too, that arrived late.
    async fn write<T, C, F>(
        &self,
        call: impl Fn() -> C,
        found: impl Fn() -> F,
    ) -> Result<T, StoreError>
    where
        C: Future<Output = Result<T, StoreError>>,
        F: Future<Output = Result<Found<T>, StoreError>>,
    {
        let mut answer_was_lost = false;
        let mut tried = 0;
        loop {
            tried += 1;
            let failed = match call().await {
                Err(failed @ StoreError::Unavailable(_)) => failed,
                Err(failed @ StoreError::Conflict) if !answer_was_lost => return Err(failed),
                Err(failed @ (StoreError::Conflict | StoreError::Unknown(_))) => {
                    answer_was_lost = true;
                    match self.read(&found).await {
                        Ok(Found::Another) => return Err(StoreError::Conflict),
                        Ok(Found::Before) => failed,
                        Ok(Found::Written(answer)) => return Ok(answer),
                        Err(source) => return Err(StoreError::unknown(source)),
                    }
                }
                answer => return answer,
            };
            if tried >= self.tries {
                return Err(match failed {
                    StoreError::Unavailable(source) if answer_was_lost => {
                        StoreError::Unknown(source)
                    }
                    failed => failed,
                });
            }
            self.pause(tried).await;
        }
    }

    async fn pause(&self, tried: u32) {
        let doubled = self.first_pause.saturating_mul(1 << tried.min(16));
        let longest = doubled.min(self.longest_pause);
        tokio::time::sleep(longest.mul_f64(random_part())).await;
    }
}

/// What stands where a write should be.
enum Found<T> {
    /// Something else: another writer came first.
    Another,
    /// What was there before: the write has not happened so far.
    Before,
    /// What was to be written, and what its writer would have been answered.
    Written(T),
}

impl<T> Found<T> {
    fn compare<V: PartialEq>(there: Option<&V>, written: &V, answer: T) -> Self {
        match there {
            None => Self::Before,
            Some(there) if there == written => Self::Written(answer),
            Some(_) => Self::Another,
        }
    }
}

fn as_expected(there: Option<&Version>, expect: &Expect) -> bool {
    match expect {
        Expect::Absent => there.is_none(),
        Expect::Is(version) => there == Some(version),
    }
}

/// A number from 0 to 1.
fn random_part() -> f64 {
    let mut byte = [0; 1];
    // Without randomness the pause is as long as it may be.
    let byte = aws_lc_rs::rand::fill(&mut byte).map_or(u8::MAX, |()| byte[0]);
    f64::from(byte) / f64::from(u8::MAX)
}
