//! A store of level 1 that is simple enough to be right, and breaks its contract on demand.

use std::collections::{BTreeMap, HashMap};
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sso_sync::store::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};
use sso_sync::testkit::Place;

/// Handles of one place share their content.
#[derive(Debug)]
pub(crate) struct Model {
    content: Arc<Mutex<Content>>,
    flaw: Option<Flaw>,
    /// What this handle has read, for [`Flaw::ReadsFromACache`].
    cache: Mutex<HashMap<String, Option<Entry>>>,
    /// How far this handle has listed, for [`Flaw::ListsByNumber`].
    listed: Mutex<HashMap<String, usize>>,
}

#[derive(Debug)]
pub(crate) struct ModelPlace {
    content: Arc<Mutex<Content>>,
    flaw: Option<Flaw>,
}

/// What a store does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    AbsentReplaces,
    ChangedNeverReturns,
    CursorIsInclusive,
    CursorMustBeThere,
    DeleteIgnoresItsVersion,
    DeleteLeavesAnEmptyValue,
    EmptyValuesAreMissing,
    EndsKeysAtNul,
    ForgetsTheNewestOnReopening,
    IgnoresCase,
    ListsByNumber,
    ListsWithoutVersions,
    LooksBeforeItWrites,
    MissingKeysHaveAnEmptyValue,
    PrefixIsAPattern,
    ReadsFromACache,
    RefusedWritesAreWrites,
    RepeatsWhatWasNotAnswered,
    SaysThatItIsIll,
    SaysThatThereIsNoMore,
    SortsAsUtf16,
    SortsWithoutCase,
    StaleVersionsReplace,
    TakesTooMuch,
    TruncatesLongKeys,
    TruncatesLongValues,
    VersionIsADigest,
    VersionRestartsAfterDelete,
    VersionsOfMissingKeysCreate,
}

#[derive(Debug, Default)]
struct Content {
    entries: BTreeMap<String, Entry>,
    writes: u64,
    newest: Option<String>,
}

impl ModelPlace {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        let content = Arc::default();
        Self { content, flaw }
    }
}

impl Place for ModelPlace {
    type Store = Model;

    async fn fresh() -> Self {
        Self::new(None)
    }

    async fn open(&self) -> Model {
        if self.flaw == Some(Flaw::ForgetsTheNewestOnReopening) {
            let mut content = self.content.lock().unwrap();
            let newest = content.newest.take();
            content
                .entries
                .retain(|key, _| Some(key) != newest.as_ref());
        }
        Model {
            content: Arc::clone(&self.content),
            flaw: self.flaw,
            cache: Mutex::default(),
            listed: Mutex::default(),
        }
    }
}

impl Model {
    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn key(&self, key: &str) -> String {
        match self.flaw {
            Some(Flaw::EndsKeysAtNul) => key.split('\0').next().unwrap().to_owned(),
            Some(Flaw::IgnoresCase) => key.to_lowercase(),
            Some(Flaw::TruncatesLongKeys) => key.chars().take(200).collect(),
            _ => key.to_owned(),
        }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap()
    }

    fn is_expected(&self, content: &Content, key: &str, expect: &Expect) -> bool {
        match (content.entries.get(&self.key(key)), expect) {
            (None, Expect::Absent) => true,
            (None, Expect::Is(_)) => self.is(Flaw::VersionsOfMissingKeysCreate),
            (Some(_), Expect::Absent) => self.is(Flaw::AbsentReplaces),
            (Some(there), Expect::Is(version)) => {
                there.version == *version || self.is(Flaw::StaleVersionsReplace)
            }
        }
    }

    fn store(&self, content: &mut Content, key: &str, value: Bytes) -> Version {
        content.writes += 1;
        let before = content.entries.get(&self.key(key));
        let version = match self.flaw {
            Some(Flaw::VersionIsADigest) => Version::new(value.clone()),
            Some(Flaw::VersionRestartsAfterDelete) => match before {
                None => Version::from(1),
                Some(_) => Version::from(content.writes),
            },
            _ => Version::from(content.writes),
        };
        let entry = Entry {
            value,
            version: version.clone(),
        };
        content.newest = Some(self.key(key));
        content.entries.insert(self.key(key), entry);
        version
    }

    fn matches(&self, key: &str, prefix: &str) -> bool {
        match self.flaw {
            Some(Flaw::PrefixIsAPattern) => {
                let pattern = prefix
                    .chars()
                    .map(Some)
                    .map(|it| it.filter(|it| *it != '_'));
                let mut key = key.chars();
                prefix.ends_with('%')
                    || pattern.into_iter().all(|wanted| {
                        let there = key.next();
                        there.is_some() && (wanted.is_none() || wanted == there)
                    })
            }
            _ => key.starts_with(prefix),
        }
    }

    fn is_after(&self, key: &str, after: Option<&str>) -> bool {
        match (self.flaw, after) {
            (_, None) => true,
            (Some(Flaw::CursorIsInclusive), Some(after)) => key >= after,
            (Some(Flaw::ListsByNumber), Some(_)) => true,
            (Some(Flaw::SortsAsUtf16), Some(after)) => key.encode_utf16().gt(after.encode_utf16()),
            (Some(Flaw::SortsWithoutCase), Some(after)) => {
                key.to_lowercase() > after.to_lowercase()
            }
            (_, Some(after)) => key > after,
        }
    }
}

#[async_trait]
impl KvStore for Model {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let mut there = self.content().entries.get(&self.key(key)).cloned();
        if self.is(Flaw::ReadsFromACache) {
            let mut cache = self.cache.lock().unwrap();
            return Ok(cache.entry(key.to_owned()).or_insert(there).clone());
        }
        if self.is(Flaw::EmptyValuesAreMissing) {
            there = there.filter(|it| !it.value.is_empty());
        }
        if self.is(Flaw::MissingKeysHaveAnEmptyValue) {
            there = Some(there.unwrap_or(Entry {
                value: Bytes::new(),
                version: Version::from(0),
            }));
        }
        Ok(there)
    }

    async fn put(
        &self,
        key: &str,
        mut value: Bytes,
        expect: Expect,
    ) -> Result<Version, StoreError> {
        if !self.is(Flaw::TakesTooMuch) {
            self.caps().check(key, &value)?;
        }
        if self.is(Flaw::TruncatesLongValues) {
            value.truncate(200_000);
        }
        let looked = self.is_expected(&self.content(), key, &expect);
        if self.is(Flaw::LooksBeforeItWrites) {
            tokio::task::yield_now().await;
        }
        let mut content = self.content();
        let expected = match self.flaw {
            Some(Flaw::LooksBeforeItWrites) => looked,
            Some(Flaw::RepeatsWhatWasNotAnswered) if key == "log" => true,
            _ => self.is_expected(&content, key, &expect),
        };
        if expected {
            self.cache.lock().unwrap().remove(key);
            return Ok(self.store(&mut content, key, value));
        }
        let there = content.entries.get(&self.key(key)).cloned();
        if let Some(there) = there.filter(|_| self.is(Flaw::RefusedWritesAreWrites)) {
            self.store(&mut content, key, there.value);
        }
        Err(StoreError::Conflict)
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let mut content = self.content();
        let there = content.entries.get(&self.key(key));
        let there = there.ok_or(StoreError::Conflict)?;
        if there.version != expect && !self.is(Flaw::DeleteIgnoresItsVersion) {
            return Err(StoreError::Conflict);
        }
        if self.is(Flaw::DeleteLeavesAnEmptyValue) {
            self.store(&mut content, key, Bytes::new());
            return Ok(());
        }
        self.cache.lock().unwrap().remove(key);
        content.entries.remove(&self.key(key));
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let content = self.content();
        let mut rest: Vec<_> = content.entries.clone().into_iter().collect();
        match self.flaw {
            Some(Flaw::SortsAsUtf16) => rest.sort_by_key(|(key, _)| utf16(key)),
            Some(Flaw::SortsWithoutCase) => rest.sort_by_key(|(key, _)| key.to_lowercase()),
            _ => {}
        }
        rest.retain(|(key, _)| self.matches(key, prefix) && self.is_after(key, after));
        if self.is(Flaw::CursorMustBeThere)
            && after.is_some_and(|it| !content.entries.contains_key(it))
        {
            rest.clear();
        }
        let mut listed = self.listed.lock().unwrap();
        let skip = match (self.flaw, after) {
            (Some(Flaw::ListsByNumber), Some(after)) => listed.get(after).copied().unwrap_or(0),
            _ => 0,
        };
        let rest = rest.get(skip..).unwrap_or_default();
        let mut entries = rest.get(..limit).unwrap_or(rest).to_vec();
        if let Some((last, _)) = entries.last() {
            listed.insert(last.clone(), skip + entries.len());
        }
        if self.is(Flaw::ListsWithoutVersions) {
            for (_, entry) in &mut entries {
                entry.version = Version::from(0);
            }
        }
        let more = entries.len() < rest.len() && !self.is(Flaw::SaysThatThereIsNoMore);
        Ok(Page { entries, more })
    }

    fn caps(&self) -> Caps {
        Caps {
            max_key: 1000,
            max_value: 1_000_000,
        }
    }

    async fn changed(&self, _prefix: &str, max_wait: Duration) {
        if self.is(Flaw::ChangedNeverReturns) {
            pending::<()>().await;
        }
        tokio::time::sleep(max_wait.min(Duration::from_millis(1))).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        match self.flaw {
            Some(Flaw::SaysThatItIsIll) => Err(StoreError::unavailable("ill")),
            _ => Ok(()),
        }
    }
}

fn utf16(key: &str) -> Vec<u16> {
    key.encode_utf16().collect()
}
