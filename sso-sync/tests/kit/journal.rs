//! A store of level 1 in a file, and a place for it: one line for each write.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use sso_sync::store::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};
use sso_sync::testkit::Place;
use sso_sync::testkit::kv::write_known;
use tempfile::TempDir;

/// Handles of one process share what is open.
#[derive(Clone, Debug)]
pub(crate) struct Journal(Arc<Open>);

#[derive(Debug)]
struct Open {
    content: Mutex<Content>,
    room: Arc<Mutex<u64>>,
    flaw: Option<Flaw>,
}

#[derive(Debug)]
struct Content {
    entries: BTreeMap<String, Entry>,
    writes: u64,
    file: File,
}

/// What a journal does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    AcknowledgesBeforeItWrites,
    CallsAFullDiskUnavailable,
    KeepsWhatWasRefused,
    RefusesReadsWhenFull,
    StaysFull,
    TearsWrites,
}

/// Says what is wrong with the journals of a place.
pub(crate) trait Kind: std::fmt::Debug + 'static {
    const FLAW: Option<Flaw>;
}

/// A folder with one journal.
#[derive(Debug)]
pub(crate) struct JournalPlace<K> {
    folder: PathBuf,
    room: Arc<Mutex<u64>>,
    open: Mutex<Weak<Open>>,
    /// Removes the folder when the place is dropped.
    removal: Option<TempDir>,
    kind: PhantomData<K>,
}

impl<K: Kind> JournalPlace<K> {
    fn in_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            room: Arc::new(Mutex::new(u64::MAX)),
            open: Mutex::default(),
            removal: None,
            kind: PhantomData,
        }
    }
}

impl<K: Kind> Place for JournalPlace<K> {
    type Store = Journal;

    async fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut place = Self::in_folder(folder.path());
        place.removal = Some(folder);
        place
    }

    async fn open(&self) -> Journal {
        let mut open = self.open.lock().unwrap();
        let there = open.upgrade().unwrap_or_else(|| {
            let content = Content::open(&self.folder.join("journal"));
            Arc::new(Open {
                content: Mutex::new(content),
                room: Arc::clone(&self.room),
                flaw: K::FLAW,
            })
        });
        *open = Arc::downgrade(&there);
        Journal(there)
    }

    fn name(&self) -> Option<String> {
        Some(self.folder.to_str().unwrap().to_owned())
    }

    async fn named(name: &str) -> Self {
        Self::in_folder(Path::new(name))
    }

    async fn small(bytes: u64) -> Option<Self> {
        let place = Self::fresh().await;
        *place.room.lock().unwrap() = bytes;
        Some(place)
    }

    async fn earlier() -> Vec<Self> {
        let place = Self::fresh().await;
        if K::FLAW.is_some() {
            return Vec::new();
        }
        write_known(&place.open().await).await;
        vec![place]
    }

    async fn enlarge(&self) {
        if K::FLAW != Some(Flaw::StaysFull) {
            *self.room.lock().unwrap() = u64::MAX;
        }
    }
}

impl Journal {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.content.lock().unwrap()
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.0.flaw == Some(flaw)
    }

    fn take_room(&self, line: &[u8]) -> Result<(), StoreError> {
        let mut room = self.0.room.lock().unwrap();
        match room.checked_sub(line.len() as u64) {
            Some(rest) => *room = rest,
            None if self.is(Flaw::CallsAFullDiskUnavailable) => {
                return Err(StoreError::unavailable("no room"));
            }
            None => return Err(StoreError::full("no room")),
        }
        Ok(())
    }

    fn read(&self) -> Result<MutexGuard<'_, Content>, StoreError> {
        if self.is(Flaw::RefusesReadsWhenFull) && *self.0.room.lock().unwrap() < 100_000 {
            return Err(StoreError::full("no room"));
        }
        Ok(self.content())
    }

    fn swap(
        &self,
        key: &str,
        value: Option<&[u8]>,
        expect: &Expect,
    ) -> Result<Version, StoreError> {
        let mut content = self.content();
        if !content.is_expected(key, expect) {
            return Err(StoreError::Conflict);
        }
        let number = content.writes + 1;
        self.write(&mut content, &(key, value, number))?;
        Ok(Version::from(number))
    }

    /// Writes a line, so that it outlives the process.
    fn write(&self, content: &mut Content, line: &Line<'_>) -> Result<(), StoreError> {
        let mut bytes = serde_json::to_vec(line).unwrap();
        bytes.push(b'\n');
        let room = self.take_room(&bytes);
        if room.is_ok() || self.is(Flaw::KeepsWhatWasRefused) {
            content.apply(line);
        }
        room?;
        if !self.is(Flaw::AcknowledgesBeforeItWrites) {
            content.file.write_all(&bytes).unwrap();
        }
        Ok(())
    }
}

/// A key, its value if there is one now, and the number of the write.
type Line<'a> = (&'a str, Option<&'a [u8]>, u64);

impl Content {
    fn open(path: &Path) -> Self {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(path)
            .unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        // What a dying process has written in part does not count.
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |it| it + 1);
        file.set_len(whole as u64).unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        let mut content = Self {
            entries: BTreeMap::new(),
            writes: 0,
            file,
        };
        for line in bytes[..whole].split(|byte| *byte == b'\n') {
            if let Ok((key, value, number)) =
                serde_json::from_slice::<(String, Option<Vec<u8>>, u64)>(line)
            {
                content.apply(&(&key, value.as_deref(), number));
            }
        }
        content
    }

    fn apply(&mut self, (key, value, number): &Line<'_>) {
        self.writes = *number;
        match value {
            None => drop(self.entries.remove(*key)),
            Some(value) => {
                let entry = Entry {
                    value: Bytes::copy_from_slice(value),
                    version: Version::from(*number),
                };
                self.entries.insert((*key).to_owned(), entry);
            }
        }
    }

    fn is_expected(&self, key: &str, expect: &Expect) -> bool {
        match (self.entries.get(key), expect) {
            (None, Expect::Absent) => true,
            (Some(there), Expect::Is(version)) => there.version == *version,
            _ => false,
        }
    }
}

#[async_trait]
impl KvStore for Journal {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.read()?.entries.get(key).cloned())
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        self.caps().check(key, &value)?;
        if self.is(Flaw::TearsWrites) {
            self.swap(key, Some(&value[..value.len() / 2]), &expect)?;
            tokio::time::sleep(Duration::from_millis(20)).await;
            let half = self.content().entries.get(key).unwrap().version.clone();
            return self.swap(key, Some(&value), &Expect::Is(half));
        }
        self.swap(key, Some(&value), &expect)
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        self.swap(key, None, &Expect::Is(expect)).map(drop)
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let content = self.read()?;
        let rest = content.entries.iter();
        let mut rest = rest.filter(|(key, _)| key.starts_with(prefix) && after < Some(key));
        let entries = rest.by_ref().take(limit);
        let entries = entries
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        let more = rest.next().is_some();
        Ok(Page { entries, more })
    }

    fn caps(&self) -> Caps {
        Caps {
            max_key: 200,
            max_value: 100_000,
        }
    }
}
