//! The shelf of a server by itself: a file in the folder `keys`, sealed by the key of its database.

use async_trait::async_trait;
use sso_sync::local::DataKey;

use super::shelf::{Shared, Shelf, ShelfError};
use crate::data_dir::{DataDir, KeyFile};

/// The shelf of a server by itself.
#[derive(Clone, Debug)]
pub struct FileShelf {
    dir: DataDir,
    key: DataKey,
}

impl FileShelf {
    /// The one in `dir`, sealed by the key of the database.
    #[must_use]
    pub const fn new(dir: DataDir, key: DataKey) -> Self {
        Self { dir, key }
    }

    /// What is there; the default if nothing was ever put.
    ///
    /// # Errors
    ///
    /// A [`ShelfError`] if it cannot be read, or does not open.
    pub fn load(&self) -> Result<Shared, ShelfError> {
        let path = self.dir.key_file(KeyFile::Acme);
        if let Some(sealed) = self.dir.read_bytes(&path)? {
            let opened = self.key.open(CONTEXT, &sealed);
            let shared = opened.and_then(|bytes| Shared::of_bytes(&bytes));
            return shared.ok_or_else(|| ShelfError::Damaged {
                what: path.display().to_string(),
            });
        }
        let before = self.dir.read_bytes(&self.dir.key_file(KeyFile::OpenAcme))?;
        let before = before.and_then(|bytes| Shared::of_bytes(&bytes));
        Ok(before.unwrap_or_default())
    }
}

#[async_trait]
impl Shelf for FileShelf {
    async fn read(&self) -> Result<Shared, ShelfError> {
        self.load()
    }

    async fn put(&self, shared: Shared) -> Result<bool, ShelfError> {
        let there = match self.load() {
            // Who begins anew replaces what nobody can read.
            Err(ShelfError::Damaged { .. }) => 0,
            there => there?.version,
        };
        if there != shared.version {
            return Ok(false);
        }
        let version = shared.version + 1;
        let bytes = Shared { version, ..shared }.to_bytes();
        let path = self.dir.key_file(KeyFile::Acme);
        let sealed = self.key.seal(CONTEXT, &bytes);
        let sealed = sealed.ok_or_else(|| ShelfError::Damaged {
            what: path.display().to_string(),
        })?;
        self.dir.write_bytes(&path, &sealed)?;
        self.dir.remove(&self.dir.key_file(KeyFile::OpenAcme))?;
        Ok(true)
    }
}

const CONTEXT: &[u8] = b"sso-connect acme\0";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn what_is_put_is_read_with_the_same_key_and_lies_sealed() {
        let (_guard, shelf) = shelf();
        assert!(shelf.put(with_account(0)).await.unwrap());
        assert!(!shelf.put(with_account(0)).await.unwrap());
        let read = shelf.read().await.unwrap();
        assert_eq!((read.version, read.account.as_deref()), (1, Some("secret")));
        let path = shelf.dir.key_file(KeyFile::Acme);
        let bytes = fs::read(path).unwrap();
        assert!(!bytes.windows(6).any(|it| it == b"secret"));
    }

    #[tokio::test]
    async fn another_key_opens_nothing_and_who_begins_anew_replaces_it() {
        let (_guard, shelf) = shelf();
        shelf.put(with_account(0)).await.unwrap();
        let other = FileShelf::new(shelf.dir.clone(), DataKey::from_bytes([8; 32]));
        assert!(matches!(other.load(), Err(ShelfError::Damaged { .. })));
        assert!(other.put(Shared::default()).await.unwrap());
        assert!(other.load().is_ok());
    }

    #[tokio::test]
    async fn a_file_that_was_not_sealed_is_read_and_goes_with_the_first_change() {
        let (_guard, shelf) = shelf();
        let path = shelf.dir.key_file(KeyFile::OpenAcme);
        let open = with_account(4).to_bytes();
        shelf.dir.write_bytes(&path, &open).unwrap();
        let read = shelf.read().await.unwrap();
        assert_eq!(read.version, 4);
        assert!(shelf.put(read).await.unwrap());
        assert!(!path.exists());
        assert_eq!(shelf.load().unwrap().version, 5);
    }

    fn with_account(version: u64) -> Shared {
        Shared {
            version,
            account: Some("secret".into()),
            ..Shared::default()
        }
    }

    fn shelf() -> (tempfile::TempDir, FileShelf) {
        let guard = tempfile::tempdir().unwrap();
        let dir = DataDir::ensure(&guard.path().join("server")).unwrap();
        (guard, FileShelf::new(dir, DataKey::from_bytes([7; 32])))
    }
}
