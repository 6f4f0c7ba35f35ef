//! The open file: shared by the handles of one process, and opened anew after an I/O error.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{
    Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

use redb::{Database, ReadTransaction, ReadableDatabase as _};
use tokio::sync::watch;

use super::super::StoreError;
use super::error::{RedbOpenError, needs_reopening};
use super::format;
use super::writer::{Job, Writer};

/// One of those who have the file open. The last to be dropped closes it.
#[derive(Debug)]
pub(super) struct Handle {
    file: Arc<OpenFile>,
    writer: Arc<Writer>,
}

impl Handle {
    /// Opens the file at `path`, or joins those of this process who have it open.
    pub(super) fn open(path: &Path) -> Result<Self, RedbOpenError> {
        create_private(path).map_err(|source| RedbOpenError::io(path, source))?;
        let path = path
            .canonicalize()
            .map_err(|source| RedbOpenError::io(path, source))?;
        let mut shared = shared();
        if let Some(shared) = shared.get_mut(&path) {
            shared.handles += 1;
            return Ok(shared.handle());
        }
        let opened = Shared::open(&path)?;
        let handle = opened.handle();
        shared.insert(path, opened);
        Ok(handle)
    }

    /// What is read.
    pub(super) const fn file(&self) -> &Arc<OpenFile> {
        &self.file
    }

    /// Hands a write over to the thread that writes.
    pub(super) fn write(&self, job: Job) -> Result<(), StoreError> {
        self.writer.write(job)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut shared = shared();
        let Some(entry) = shared.get_mut(&self.file.path) else {
            return;
        };
        entry.handles -= 1;
        if entry.handles == 0 {
            shared.remove(&self.file.path);
            // Under the lock: who opens the path next finds it closed.
            self.file.close();
        }
    }
}

/// What the handles of one file share, and how many there are.
struct Shared {
    file: Arc<OpenFile>,
    handles: usize,
    writer: Arc<Writer>,
}

impl Shared {
    fn open(path: &Path) -> Result<Self, RedbOpenError> {
        let file = Arc::new(OpenFile::open(path)?);
        let writer = Writer::start(Arc::clone(&file));
        Ok(Self {
            writer: Arc::new(writer.map_err(|source| RedbOpenError::io(path, source))?),
            file,
            handles: 1,
        })
    }

    fn handle(&self) -> Handle {
        Handle {
            file: Arc::clone(&self.file),
            writer: Arc::clone(&self.writer),
        }
    }
}

/// The files that this process has open. redb locks a file against a second open, in the same
/// process too.
fn shared() -> MutexGuard<'static, HashMap<PathBuf, Shared>> {
    static SHARED: LazyLock<Mutex<HashMap<PathBuf, Shared>>> = LazyLock::new(Mutex::default);
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file itself.
#[derive(Debug)]
pub(super) struct OpenFile {
    path: PathBuf,
    state: RwLock<State>,
    written: watch::Sender<()>,
}

/// `None` for the database: an I/O error, and it could not be opened anew so far.
#[derive(Debug)]
struct State {
    closed: bool,
    database: Option<Database>,
    /// How often it was opened anew.
    opened: u64,
}

impl OpenFile {
    fn open(path: &Path) -> Result<Self, RedbOpenError> {
        let database = open_checked(path)?;
        sync_folder(path).map_err(|source| RedbOpenError::io(path, source))?;
        Ok(Self {
            path: path.into(),
            state: RwLock::new(State {
                closed: false,
                database: Some(database),
                opened: 0,
            }),
            written: watch::Sender::default(),
        })
    }

    /// Reads what is committed.
    pub(super) fn read<T>(
        &self,
        work: impl Fn(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        self.with_database(|database| work(&database.begin_read()?))
    }

    /// Works on the open file. If redb gave up on the file before that, it is opened anew first.
    pub(super) fn with_database<T>(
        &self,
        work: impl Fn(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, redb::Error> {
        let (opened, tried) = self.try_with_database(&work);
        match tried {
            Err(error) if needs_reopening(&error) => {
                self.reopen(opened)?;
                self.try_with_database(&work).1
            }
            tried => tried,
        }
    }

    /// Works on the open file, once; answers also how often it had been opened anew.
    pub(super) fn try_with_database<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> (u64, Result<T, redb::Error>) {
        let state = self.state();
        let done = match &state.database {
            Some(database) => work(database),
            None if state.closed => Err(redb::Error::DatabaseClosed),
            None => Err(redb::Error::PreviousIo),
        };
        (state.opened, done)
    }

    /// Opens the file anew, unless somebody did since it was opened for the `opened`-th time.
    /// Waits for those who are using it.
    pub(super) fn reopen(&self, opened: u64) -> Result<(), redb::Error> {
        let mut state = self.state_for_change();
        if state.closed {
            return Err(redb::Error::DatabaseClosed);
        }
        if state.opened == opened || state.database.is_none() {
            state.database = None;
            state.database = Some(builder().open(&self.path)?);
            state.opened += 1;
        }
        Ok(())
    }

    /// Those who wait for a write are told of each.
    pub(super) fn written(&self) -> watch::Receiver<()> {
        self.written.subscribe()
    }

    /// Tells those who wait that something was written.
    pub(super) fn tell(&self) {
        self.written.send_replace(());
    }

    fn close(&self) {
        let mut state = self.state_for_change();
        state.closed = true;
        state.database = None;
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_for_change(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes an empty file of mode 0600 unless there is one.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Opens the file, reads all of it to look for damage, and makes its tables if it is new.
fn open_checked(path: &Path) -> Result<Database, RedbOpenError> {
    let failed = |source| RedbOpenError::redb(path, source);
    let database = builder()
        .set_check_integrity_on_open(true)
        .create(path)
        .map_err(|source| failed(source.into()))?;
    match format::prepare(&database).map_err(failed)? {
        Some(format::KNOWN) => Ok(database),
        Some(found) => Err(RedbOpenError::NewerFormat {
            path: path.into(),
            found,
            known: format::KNOWN,
        }),
        None => Err(RedbOpenError::damaged(path, &"its tables are not ours")),
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// A new file is lasting once its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

/// Memory for pages that were read or written lately.
const CACHE_BYTES: usize = 64 * 1024 * 1024;
