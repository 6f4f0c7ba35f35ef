//! A place in a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::{Change, Place, Resumed, Scan, UserDraft, UserStore};
use crate::sqlite::OpenError;
use crate::store::sqlite::{SqliteLoader, SqliteStore};
use crate::store::{DomainId, DomainStore, KvStore, RecordId, Seq, StoreError, Stored};

/// A folder with the chain and the facts in `node.db`, and the users in `users-N.db`.
#[derive(Debug)]
pub struct SqlitePlace {
    folder: PathBuf,
    node: Arc<SqliteStore>,
}

impl SqlitePlace {
    /// Opens the folder, or makes it, for its owner alone.
    ///
    /// # Errors
    ///
    /// An [`OpenError`].
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        make(folder).map_err(|source| OpenError::io(folder, source))?;
        let node = SqliteStore::open(&folder.join("node.db"))?;
        let place = Self {
            folder: folder.into(),
            node: Arc::new(node),
        };
        place.expect_known()?;
        Ok(place)
    }

    /// Sees that no newer program wrote users in a way that this one cannot read.
    fn expect_known(&self) -> Result<(), OpenError> {
        let databases = self.databases()?;
        let mut databases = databases.iter();
        databases.try_for_each(|path| match SqliteStore::expect_known(path) {
            Err(error @ OpenError::NewerSchema { .. }) => Err(error),
            // What else is wrong shows when it is used.
            _ => Ok(()),
        })
    }

    /// Copies a folder while a server works with it: the chain first, then the users, so that the
    /// users of the copy may be newer.
    ///
    /// # Errors
    ///
    /// An [`OpenError`], also if there is something at `target` already.
    pub async fn copy(folder: &Path, target: &Path) -> Result<(), OpenError> {
        let place = Self::open(folder)?;
        make(target).map_err(|source| OpenError::io(target, source))?;
        place.node.backup(&target.join("node.db")).await?;
        for path in place.databases()? {
            if let Some(name) = path.file_name() {
                SqliteStore::open(&path)?.backup(&target.join(name)).await?;
            }
        }
        Ok(())
    }

    fn path(&self, generation: u64) -> PathBuf {
        self.folder.join(format!("{USERS}{generation}{DB}"))
    }

    /// The files with users, without drafts and what stands beside them.
    fn databases(&self) -> Result<Vec<PathBuf>, OpenError> {
        let files = self.files();
        let files = files.map_err(|source| OpenError::io(&self.folder, source))?;
        let is_database = |path: &PathBuf| path.extension().is_some_and(|it| it == "db");
        let paths = files.into_iter().map(|(_, path)| path);
        Ok(paths.filter(is_database).collect())
    }

    /// The generations of which there is something, and where.
    fn files(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let generation = name.to_str().and_then(generation_of);
            files.extend(generation.map(|it| (it, entry.path())));
        }
        Ok(files)
    }

    async fn remove(&self, is_unused: impl Fn(u64) -> bool) -> Result<(), StoreError> {
        let mut files = self.files().map_err(StoreError::unavailable)?;
        files.retain(|(generation, _)| is_unused(*generation));
        let remove = move || files.iter().try_for_each(|(_, path)| fs::remove_file(path));
        let removed = spawn_blocking(remove).await;
        removed
            .map_err(StoreError::unavailable)?
            .map_err(StoreError::unavailable)
    }
}

#[async_trait]
impl Place for SqlitePlace {
    fn facts(&self) -> Arc<dyn KvStore> {
        Arc::clone(&self.node) as Arc<dyn KvStore>
    }

    fn chain(&self) -> Arc<dyn DomainStore> {
        Arc::clone(&self.node) as Arc<dyn DomainStore>
    }

    async fn users(&self, generation: u64) -> Result<Option<Arc<dyn UserStore>>, StoreError> {
        let path = self.path(generation);
        if !path.try_exists().map_err(StoreError::unavailable)? {
            return Ok(None);
        }
        open(path).await.map(Some)
    }

    async fn begin(
        &self,
        generation: u64,
        domain: &DomainId,
        genesis: Bytes,
    ) -> Result<Box<dyn UserDraft>, StoreError> {
        self.remove(|it| it == generation).await?;
        let path = self.path(generation);
        let mut loader = SqliteLoader::begin_lasting(&path, domain).map_err(store_error)?;
        let begun = loader.statements(vec![genesis]).await;
        begun.map_err(store_error)?;
        Ok(Box::new(Draft { loader, path }))
    }

    async fn resume(
        &self,
        generation: u64,
        domain: &DomainId,
    ) -> Result<Option<Resumed>, StoreError> {
        let (path, domain) = (self.path(generation), *domain);
        let target = path.clone();
        let found = spawn_blocking(move || SqliteLoader::resume(&target, &domain)).await;
        match found.map_err(StoreError::unavailable)?.map_err(store_error) {
            Ok(found) => Ok(found.map(|it| Resumed {
                draft: Box::new(Draft {
                    loader: it.loader,
                    path,
                }),
                note: it.note,
                set: it.set,
            })),
            // It is worth nothing to anybody, and begun anew.
            Err(StoreError::Corrupt(_)) => Ok(None),
            Err(failed) => Err(failed),
        }
    }

    async fn forget(&self, generation: u64) -> Result<(), StoreError> {
        if self.path(generation).exists() {
            return Ok(());
        }
        self.remove(|it| it == generation).await
    }

    async fn remove_before(&self, generation: u64) -> Result<(), StoreError> {
        self.remove(|it| it < generation).await
    }
}

#[async_trait]
impl UserStore for SqliteStore {
    async fn scan(&self, domain: &DomainId) -> Result<Scan, StoreError> {
        let (seq, set) = self.scan_live(domain).await?;
        Ok(Scan { seq, set })
    }

    async fn mend(
        &self,
        domain: &DomainId,
        remove: Vec<RecordId>,
        put: Vec<Stored>,
    ) -> Result<(), StoreError> {
        self.mend_live(domain, remove, put).await
    }
}

/// A generation that has no name yet.
#[derive(Debug)]
struct Draft {
    loader: SqliteLoader,
    path: PathBuf,
}

#[async_trait]
impl UserDraft for Draft {
    async fn put(&mut self, records: Vec<Stored>) -> Result<Change, StoreError> {
        let (added, removed) = self.loader.exchange(records).await?;
        Ok(Change { added, removed })
    }

    async fn settle(&mut self) -> Result<Vec<Stored>, StoreError> {
        self.loader.settle().await
    }

    async fn bucket(&mut self, bucket: u8) -> Result<Vec<Stored>, StoreError> {
        self.loader.bucket(bucket).await
    }

    async fn remove(&mut self, places: Vec<Seq>) -> Result<(), StoreError> {
        self.loader.remove(places).await
    }

    async fn note(&mut self, note: Bytes) -> Result<(), StoreError> {
        self.loader.note(note).await
    }

    async fn finish(
        self: Box<Self>,
        seq: Seq,
        envelope: Bytes,
    ) -> Result<Arc<dyn UserStore>, StoreError> {
        let finished = self.loader.finish(seq, envelope).await;
        finished.map_err(store_error)?;
        open(self.path).await
    }
}

/// A small file is read whole when it is opened.
async fn open(path: PathBuf) -> Result<Arc<dyn UserStore>, StoreError> {
    let opened = spawn_blocking(move || SqliteStore::open(&path)).await;
    let store = opened.map_err(StoreError::unavailable)?;
    Ok(Arc::new(store.map_err(store_error)?))
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn store_error(error: OpenError) -> StoreError {
    match error {
        error @ OpenError::Full { .. } => StoreError::full(error),
        error @ OpenError::Io { .. } => StoreError::unavailable(error),
        error @ OpenError::InUse { .. } => StoreError::unavailable(error),
        error => StoreError::corrupt(error),
    }
}

/// Which generation a file belongs to: `users-7.db` and what stands beside it.
fn generation_of(name: &str) -> Option<u64> {
    let (number, _) = name.strip_prefix(USERS)?.split_once(DB)?;
    number.parse().ok()
}

const DB: &str = ".db";
const USERS: &str = "users-";
