//! Copying the file while it is in use.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::SqliteStore;
use super::draft::Draft;
use crate::sqlite::{Failure, OpenError, Worker, check_for_damage, connect, connect_draft};

impl SqliteStore {
    /// Copies everything to a new file at `target`, readable by its owner alone, while reading and
    /// writing go on. The copy is what the store held at one moment, was looked through for damage,
    /// and has its name from the moment when it is whole and on the disk.
    ///
    /// The write-ahead log grows meanwhile, as what was written before stays readable.
    ///
    /// # Errors
    ///
    /// [`OpenError::Exists`] if there is such a file, [`OpenError::Damaged`] if the copy would be,
    /// [`OpenError::Full`], or another [`OpenError`].
    pub async fn backup(&self, target: &Path) -> Result<(), OpenError> {
        let draft = Draft::begin(target)?;
        let source = connect(&self.shared.path)?;
        let worker = Worker::start("sqlite-backup", vec![source])
            .map_err(|error| OpenError::io(target, error))?;
        let job = move |source: &mut Connection| {
            let copied = copy(source, draft.path());
            Ok::<_, Failure>(copied.and_then(|()| draft.publish()))
        };
        let done = worker.run(job).await;
        done.map_err(|error| OpenError::store(target, error))?
    }
}

/// Copies all of `source` into the empty file at `path`, and looks whether it is sound.
fn copy(source: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::sqlite(path, error);
    let mut target = connect_draft(path)?;
    copy_pages(source, &mut target).map_err(failed)?;
    check_for_damage(&target, path)?;
    target.close().map_err(|(_, error)| failed(error))
}

/// Holds on to one moment: otherwise every write of another connection would begin the copy anew.
fn copy_pages(source: &mut Connection, target: &mut Connection) -> rusqlite::Result<()> {
    let moment = source.transaction()?;
    moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let backup = Backup::new(&moment, target)?;
    while backup.step(PAGES)? != StepResult::Done {}
    Ok(())
}

/// How many pages are copied at once.
const PAGES: i32 = 1024;
