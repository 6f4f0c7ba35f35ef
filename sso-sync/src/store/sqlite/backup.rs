//! Copying the file while it is in use.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ffi};

use super::SqliteStore;
use super::draft::Draft;
use crate::sqlite::{OpenError, check_for_damage, connect_draft};

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
        self.apart(move |source| {
            copy(source, draft.path())?;
            draft.publish()
        })
        .await
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
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody but us has either file open in a way that could be.
            _ => {
                return Err(rusqlite::Error::SqliteFailure(
                    ffi::Error::new(ffi::SQLITE_BUSY),
                    None,
                ));
            }
        }
    }
}

/// How many pages are copied at once.
const PAGES: i32 = 1024;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::store::sqlite::tests::{DOMAIN, batch, open, stored, with_domain};
    use crate::store::{DomainStore as _, Feed, Seq};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_backup_is_one_moment_of_a_store_that_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = with_domain(open(folder.path())).await;
        let large = "x".repeat(100_000);
        for number in 0..100 {
            let filler = batch("filler", &[(1, &large)]);
            store
                .commit(&DOMAIN, Seq::new(number), filler)
                .await
                .unwrap();
        }

        let over = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn({
            let (store, over) = (store.clone(), Arc::clone(&over));
            async move {
                let mut seq = Seq::new(100);
                while !over.load(Ordering::Relaxed) {
                    let next = batch("next", &[(2, "a"), (3, "b")]);
                    seq = store.commit(&DOMAIN, seq, next).await.unwrap();
                }
                seq
            }
        });
        let copies = [1, 2, 3].map(|it| folder.path().join(format!("copy {it}")));
        for copy in &copies {
            store.backup(copy).await.unwrap();
        }
        over.store(true, Ordering::Relaxed);
        let written = writer.await.unwrap();

        let mut before = Seq::new(100);
        for copy in &copies {
            let copy = SqliteStore::open(copy).unwrap();
            copy.check().await.unwrap();
            let head = copy.head(&DOMAIN).await.unwrap().unwrap();
            assert!((before..=written).contains(&head.seq), "{head:?}");
            before = head.seq;
        }
        store.check().await.unwrap();
    }

    #[tokio::test]
    async fn a_backup_stays_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = with_domain(open(folder.path())).await;
        let first = batch("first", &[(1, "a")]);
        store
            .commit(&DOMAIN, Seq::START, first.clone())
            .await
            .unwrap();
        let copy = folder.path().join("copy");
        store.backup(&copy).await.unwrap();
        let second = batch("second", &[(1, "b")]);
        store.commit(&DOMAIN, Seq::new(1), second).await.unwrap();

        let refused = store.backup(&copy).await.unwrap_err();
        assert!(matches!(refused, OpenError::Exists { .. }), "{refused:?}");
        let copy = SqliteStore::open(&copy).unwrap();
        let Feed::Batches(feed) = copy.feed(&DOMAIN, Seq::START, 1000).await.unwrap() else {
            panic!("nothing was compacted");
        };
        assert_eq!(
            feed.iter().map(|it| &it.batch).collect::<Vec<_>>(),
            [&first]
        );
        let live = copy.snapshot(&DOMAIN, None, 1000).await.unwrap();
        assert_eq!(live.records, [stored(1, 1, "a")]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_backup_is_readable_by_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        open(folder.path()).backup(&copy).await.unwrap();
        let mode = fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test]
    async fn a_backup_to_nowhere_says_where() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("missing").join("copy");
        let refused = open(folder.path()).backup(&nowhere).await.unwrap_err();
        assert!(refused.to_string().contains("missing"), "{refused}");
    }
}
