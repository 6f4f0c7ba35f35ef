//! Small things that last.

use std::sync::Arc;

use bytes::Bytes;

use super::{Mirror, MirrorError};
use crate::store::{Expect, KvStore, Retry, StoreError};

impl Mirror {
    /// What was kept under `key`; `None` if nothing.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn fact(&self, key: &str) -> Result<Option<Bytes>, MirrorError> {
        Ok(self.facts.get(&named(key)).await?)
    }

    /// Keeps something under `key`, in place of what was there; it is durable afterwards. Secrets
    /// and what is about people is sealed before it comes here: drafts of configurations, say.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn set_fact(&self, key: &str, value: Bytes) -> Result<(), MirrorError> {
        Ok(self.facts.set(&named(key), value).await?)
    }

    /// Forgets what was kept under `key`; no error if there was nothing.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn remove_fact(&self, key: &str) -> Result<(), MirrorError> {
        Ok(self.facts.remove(&named(key)).await?)
    }

    /// Everything under the keys that begin with `prefix`, sorted by key.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Store`].
    pub async fn facts(&self, prefix: &str) -> Result<Vec<(String, Bytes)>, MirrorError> {
        let found = self.facts.list(&named(prefix), usize::MAX).await?;
        let own = |(key, value): (String, Bytes)| Some((key.strip_prefix(HOST)?.to_owned(), value));
        Ok(found.into_iter().filter_map(own).collect())
    }
}

/// The facts of a mirror and of its host, each with a prefix of its own.
#[derive(Clone, Debug)]
pub(super) struct Facts(Arc<dyn KvStore>);

impl Facts {
    pub(super) fn new(store: Arc<dyn KvStore>) -> Self {
        Self(store)
    }

    pub(super) fn store(&self) -> &dyn KvStore {
        &*self.0
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.0.get(key).await?.map(|entry| entry.value))
    }

    /// A number; 0 if there is none.
    pub(super) async fn number(&self, key: &str) -> Result<u64, StoreError> {
        let Some(value) = self.get(key).await? else {
            return Ok(0);
        };
        let bytes = <[u8; 8]>::try_from(&value[..]).map_err(StoreError::corrupt)?;
        Ok(u64::from_be_bytes(bytes))
    }

    pub(super) async fn set_number(&self, key: &str, number: u64) -> Result<(), StoreError> {
        self.set(key, Bytes::copy_from_slice(&number.to_be_bytes()))
            .await
    }

    pub(super) async fn set(&self, key: &str, value: Bytes) -> Result<(), StoreError> {
        let retry = Retry::default();
        loop {
            let there = self.0.get(key).await?;
            if there.as_ref().is_some_and(|entry| entry.value == value) {
                return Ok(());
            }
            let expect = there.map_or(Expect::Absent, |entry| Expect::Is(entry.version));
            let put = retry.put(&*self.0, key, value.clone(), expect);
            match put.await {
                // Another task of this process came first: the last one counts.
                Err(StoreError::Conflict) => {}
                done => return done.map(drop),
            }
        }
    }

    pub(super) async fn remove(&self, key: &str) -> Result<(), StoreError> {
        let Some(entry) = self.0.get(key).await? else {
            return Ok(());
        };
        match self.0.delete(key, entry.version).await {
            Err(StoreError::Unknown(source)) => match self.0.get(key).await? {
                None => Ok(()),
                Some(_) => Err(StoreError::unavailable(source)),
            },
            done => done,
        }
    }

    /// The first entries under a prefix, at most so many.
    pub(super) async fn list(
        &self,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        let mut found: Vec<(String, Bytes)> = Vec::new();
        loop {
            let after = found.last().map(|(key, _)| key.as_str());
            let left = limit.saturating_sub(found.len()).min(PAGE);
            if left == 0 {
                return Ok(found);
            }
            let page = self.0.list(prefix, after, left).await?;
            let entries = page.entries.into_iter();
            found.extend(entries.map(|(key, entry)| (key, entry.value)));
            if !page.more {
                return Ok(found);
            }
        }
    }
}

fn named(key: &str) -> String {
    format!("{HOST}{key}")
}

/// Under which the host keeps its facts.
const HOST: &str = "host/";

/// How many entries are read at once.
const PAGE: usize = 256;
