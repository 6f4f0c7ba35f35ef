//! Filling a file so that another process can go on with it.

use std::path::Path;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::audit::sum;
use super::chain::Domain;
use super::draft::Draft;
use super::loader::{SqliteLoader, keep_in_memory};
use super::place::DomainNumber;
use super::schema;
use crate::feed::SetHash;
use crate::sqlite::{Failure, OpenError, Worker, connect_lasting_draft};
use crate::store::{DomainId, StoreError};

/// What was found in a file that a process has left.
pub(crate) struct Interrupted {
    pub(crate) loader: SqliteLoader,
    /// What was noted last.
    pub(crate) note: Bytes,
    /// Of everything that is in the file: that was noted with it.
    pub(crate) set: SetHash,
}

impl SqliteLoader {
    /// Begins a file as [`begin`](Self::begin) does. Dropping the loader leaves the file, and
    /// [`resume`](Self::resume) goes on with it if something was [noted](Self::note).
    pub(crate) fn begin_lasting(path: &Path, domain: &DomainId) -> Result<Self, OpenError> {
        let draft = Draft::begin(path)?.lasting();
        let connection = connect_lasting_draft(draft.path())?;
        Self::begin_in(draft, connection, domain)
    }

    /// Goes on with what another loader has left for `path`, as of when it noted something last;
    /// `None` if that was never, or for another domain. Reads all of it: some seconds for a
    /// million users.
    pub(crate) fn resume(path: &Path, domain: &DomainId) -> Result<Option<Interrupted>, OpenError> {
        let Some(draft) = Draft::resume(path)? else {
            return Ok(None);
        };
        let mut connection = connect_lasting_draft(draft.path())?;
        let failed = |failure: Failure| OpenError::store(path, failure.into());
        let Some(noted) = Noted::read(&connection, domain).map_err(failed)? else {
            return Ok(None);
        };
        schema::prepare(&mut connection, path)?;
        let set = go_on(&connection, noted.number).map_err(failed)?;
        let worker = Worker::start("sqlite-loader", vec![connection]);
        let loader = Self {
            domain: *domain,
            index: noted.index,
            is_settled: noted.is_settled,
            number: noted.number,
            records: 0,
            statements: noted.statements,
            worker: worker.map_err(|source| OpenError::io(path, source))?,
            draft,
        };
        let note = noted.note;
        Ok(Some(Interrupted { loader, note, set }))
    }

    /// Lets everything that was loaded so far last, and this with it.
    pub(crate) async fn note(&self, note: Bytes) -> Result<(), StoreError> {
        let index = self.index.clone();
        let noted = self.worker.run(move |connection| {
            connection.execute_batch(MAKE)?;
            connection.execute(NOTE, params![&note[..], index])?;
            Ok::<_, Failure>(connection.execute_batch("COMMIT; BEGIN")?)
        });
        noted.await
    }
}

/// What a file says about how far it came.
struct Noted {
    number: DomainNumber,
    note: Bytes,
    index: String,
    is_settled: bool,
    statements: u64,
}

impl Noted {
    fn read(connection: &Connection, id: &DomainId) -> Result<Option<Self>, Failure> {
        if !connection.prepare(IS_NOTED)?.exists([])? {
            return Ok(None);
        }
        let noted = connection
            .query_row(NOTED, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (Some(domain), Some(noted)) = (Domain::find(connection, id)?, noted) else {
            return Ok(None);
        };
        let (note, index): (Vec<u8>, String) = noted;
        Ok(Some(Self {
            number: domain.number,
            note: note.into(),
            index,
            is_settled: connection.prepare(IS_SETTLED)?.exists([])?,
            statements: domain.statements(connection)?,
        }))
    }
}

/// Begins the transaction of what comes next; answers the set hash of what is there.
fn go_on(connection: &Connection, domain: DomainNumber) -> Result<SetHash, Failure> {
    keep_in_memory(connection)?;
    let set = sum(connection, domain)?;
    connection.execute_batch("BEGIN")?;
    Ok(set)
}

/// Takes away what only a file has that is being filled.
pub(super) const FORGET: &str = "DROP TABLE IF EXISTS noted";

const MAKE: &str = "CREATE TABLE IF NOT EXISTS noted (
        only INTEGER PRIMARY KEY CHECK (only = 1), note BLOB NOT NULL, live_records TEXT NOT NULL
    ) STRICT";

const NOTE: &str = "INSERT OR REPLACE INTO noted (only, note, live_records) VALUES (1, ?1, ?2)";

const NOTED: &str = "SELECT note, live_records FROM noted";

const IS_NOTED: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'noted'";

const IS_SETTLED: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'live_records'";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::feed::record_digest;
    use crate::store::sqlite::SqliteStore;
    use crate::store::sqlite::tests::{DOMAIN, stored};
    use crate::store::{DomainStore as _, Seq};

    #[tokio::test]
    async fn what_was_noted_is_gone_on_with_and_the_rest_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut loader = SqliteLoader::begin_lasting(&path, &DOMAIN).unwrap();
        loader.statements(vec!["genesis".into()]).await.unwrap();
        loader.records(vec![stored(7, 3, "c")]).await.unwrap();
        loader.note("one".into()).await.unwrap();
        loader.records(vec![stored(2, 1, "a")]).await.unwrap();
        loader.note("two".into()).await.unwrap();
        loader.records(vec![stored(5, 2, "b")]).await.unwrap();
        drop(loader);

        let found = SqliteLoader::resume(&path, &DOMAIN).unwrap().unwrap();
        assert_eq!(found.note, "two");
        let mut set = SetHash::empty();
        for it in [stored(7, 3, "c"), stored(2, 1, "a")] {
            set.insert(&it.record.id, &record_digest(&it.record.body));
        }
        assert!(found.set == set);
        let mut loader = found.loader;
        loader.settle().await.unwrap();
        loader.note("settled".into()).await.unwrap();
        drop(loader);

        let found = SqliteLoader::resume(&path, &DOMAIN).unwrap().unwrap();
        assert!(found.loader.is_settled);
        let finished = found.loader.finish(Seq::new(9), "head".into()).await;
        assert_eq!(finished.unwrap(), 2);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let store = SqliteStore::open(&path).unwrap();
        store.check().await.unwrap();
        let all = store.snapshot(&DOMAIN, None, 1000).await.unwrap();
        assert_eq!(all.records, [stored(2, 1, "a"), stored(7, 3, "c")]);
    }

    #[tokio::test]
    async fn what_noted_nothing_or_belongs_to_others_is_not_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(SqliteLoader::resume(&path, &DOMAIN).unwrap().is_none());
        let mut loader = SqliteLoader::begin_lasting(&path, &DOMAIN).unwrap();
        loader.records(vec![stored(7, 3, "c")]).await.unwrap();
        drop(loader);
        assert!(SqliteLoader::resume(&path, &DOMAIN).unwrap().is_none());

        let loader = SqliteLoader::begin_lasting(&path, &DOMAIN).unwrap();
        loader.note("one".into()).await.unwrap();
        let second = SqliteLoader::resume(&path, &DOMAIN).err().unwrap();
        assert!(matches!(second, OpenError::InUse { .. }), "{second:?}");
        drop(loader);
        let other = DomainId::new([9; 32]);
        assert!(SqliteLoader::resume(&path, &other).unwrap().is_none());
        assert!(SqliteLoader::resume(&path, &DOMAIN).unwrap().is_some());

        fs::write(folder.path().join("file.draft"), [0xa5; 10_000]).unwrap();
        let damaged = SqliteLoader::resume(&path, &DOMAIN).err().unwrap();
        assert!(matches!(damaged, OpenError::Damaged { .. }), "{damaged:?}");
    }
}
