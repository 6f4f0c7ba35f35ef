//! The backend: a file for each key, named by the key in Base64, with the version in front.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use sso_sync::store::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};

/// The path of the directory.
#[derive(Debug)]
pub(crate) struct Directory(pub(crate) PathBuf);

#[async_trait::async_trait]
impl KvStore for Directory {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        match fs::read(self.file(key)).map(Bytes::from) {
            Ok(mut value) => {
                let version = Version::new(value.split_to(value.len().min(VERSION_LENGTH)));
                Ok(Some(Entry { value, version }))
            }
            Err(missing) if missing.kind() == ErrorKind::NotFound => Ok(None),
            Err(failed) => Err(nothing_changed(failed)),
        }
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        self.caps().check(key, &value)?;
        let _only_writer = self.lock()?;
        self.check(key, expect).await?;
        let mut version = [0; VERSION_LENGTH];
        aws_lc_rs::rand::fill(&mut version).map_err(StoreError::unavailable)?;
        let new = self.0.join(".new");
        fs::write(&new, [&version, &*value].concat()).map_err(nothing_changed)?;
        sync(&new).map_err(nothing_changed)?;
        fs::rename(new, self.file(key)).map_err(nothing_changed)?;
        sync(&self.0).map_err(StoreError::unknown)?;
        Ok(Version::new(version.to_vec()))
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let _only_writer = self.lock()?;
        self.check(key, Expect::Is(expect)).await?;
        fs::remove_file(self.file(key)).map_err(nothing_changed)?;
        sync(&self.0).map_err(StoreError::unknown)
    }

    #[rustfmt::skip]
    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let _no_writer = self.lock()?;
        let mut keys = self.keys().map_err(nothing_changed)?;
        keys.retain(|key| key.starts_with(prefix) && Some(key.as_str()) > after);
        keys.sort_unstable();
        let (mut entries, more) = (Vec::new(), keys.len() > limit);
        for key in keys.into_iter().take(limit) {
            let entry = self.get(&key).await?;
            entries.extend(entry.map(|entry| (key, entry)));
        }
        Ok(Page { entries, more })
    }

    fn caps(&self) -> Caps {
        let (max_key, max_value) = (Caps::MIN_KEY, 1024 * 1024);
        Caps { max_key, max_value }
    }
}

impl Directory {
    /// Keeps others away, in this process and elsewhere, until it is dropped.
    fn lock(&self) -> Result<File, StoreError> {
        let lock = File::create(self.0.join(".lock")).map_err(nothing_changed)?;
        lock.lock().map_err(nothing_changed).map(|()| lock)
    }

    async fn check(&self, key: &str, expect: Expect) -> Result<(), StoreError> {
        match (expect, self.get(key).await?) {
            (Expect::Absent, None) => Ok(()),
            (Expect::Is(version), Some(entry)) if version == entry.version => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    fn file(&self, key: &str) -> PathBuf {
        self.0.join(BASE64.encode(key))
    }

    fn keys(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.0)?.map(|file| Ok(file?.file_name()));
        let names = names.collect::<io::Result<Vec<_>>>()?.into_iter();
        let bytes = names.filter_map(|name| BASE64.decode(name.to_str()?).ok());
        Ok(bytes.filter_map(|it| String::from_utf8(it).ok()).collect())
    }
}

fn sync(path: &PathBuf) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn nothing_changed(failed: io::Error) -> StoreError {
    match failed.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::full(failed),
        _ => StoreError::unavailable(failed),
    }
}

const VERSION_LENGTH: usize = 16;

#[cfg(test)]
impl sso_sync::testkit::InFolder for Directory {
    type Store = Self;

    async fn open(folder: &std::path::Path) -> Self {
        Self(folder.into())
    }
}
