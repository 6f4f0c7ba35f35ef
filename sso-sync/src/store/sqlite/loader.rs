//! Filling a new file with a whole domain, much faster than by commits.

use std::mem;
use std::path::Path;

use bytes::Bytes;
use rusqlite::{Connection, ErrorCode, params};

use super::chain::{self, Domain};
use super::draft::Draft;
use super::place::{DomainNumber, at};
use super::schema;
use crate::sqlite::{Failure, OpenError, Worker, connect_draft};
use crate::store::{DomainId, Seq, Stored};

/// Makes the file of a server that has just joined: one domain with everything that is live.
///
/// The file has its name from the moment when it is whole and on the disk, and not before;
/// [`SqliteStore`](super::SqliteStore) opens it then. The feed of the domain begins at its head:
/// what is superseded is not loaded.
///
/// A loader that is dropped leaves nothing behind. What a process leaves that dies while it loads
/// is removed by the next loader for that file. One that lasts (`lasting.rs`) leaves what it noted.
#[derive(Debug)]
pub struct SqliteLoader {
    pub(super) domain: DomainId,
    /// How the index is made that is missing so far.
    pub(super) index: String,
    /// Whether the index is there already.
    pub(super) is_settled: bool,
    pub(super) number: DomainNumber,
    pub(super) records: u64,
    pub(super) statements: u64,
    // Closes the file before the draft removes it.
    pub(super) worker: Worker,
    pub(super) draft: Draft,
}

impl SqliteLoader {
    /// Begins a file for `domain` that is going to be at `path`, readable by its owner alone.
    ///
    /// # Errors
    ///
    /// [`OpenError::Exists`] if there is such a file, [`OpenError::InUse`] if it is being loaded
    /// already, or another [`OpenError`].
    pub fn begin(path: &Path, domain: &DomainId) -> Result<Self, OpenError> {
        let draft = Draft::begin(path)?;
        let connection = connect_draft(draft.path())?;
        Self::begin_in(draft, connection, domain)
    }

    pub(super) fn begin_in(
        draft: Draft,
        mut connection: Connection,
        domain: &DomainId,
    ) -> Result<Self, OpenError> {
        let path = draft.target();
        schema::prepare(&mut connection, path)?;
        let (number, index) =
            prepare(&connection, domain).map_err(|it| OpenError::store(path, it.into()))?;
        let worker = Worker::start("sqlite-loader", vec![connection])
            .map_err(|source| OpenError::io(path, source))?;
        Ok(Self {
            domain: *domain,
            index,
            is_settled: false,
            number,
            records: 0,
            statements: 0,
            worker,
            draft,
        })
    }

    /// Loads the next statements of the chain, in their order; at least the first is needed.
    ///
    /// # Errors
    ///
    /// [`OpenError::Full`] or [`OpenError::Io`]; the file cannot be finished then.
    pub async fn statements(&mut self, statements: Vec<Bytes>) -> Result<(), OpenError> {
        let (domain, from) = (self.domain, self.statements);
        self.statements = from.saturating_add(statements.len() as u64);
        self.run(move |connection| {
            (from..)
                .zip(statements)
                .try_for_each(|(position, statement)| {
                    chain::append(connection, &domain, position, &statement).map(drop)
                })
        })
        .await
    }

    /// Loads records, in any order, and answers how many were handed over so far. Of several
    /// records of one id the one with the highest [`Seq`] counts.
    ///
    /// # Errors
    ///
    /// As for [`statements`](Self::statements).
    pub async fn records(&mut self, records: Vec<Stored>) -> Result<u64, OpenError> {
        let number = self.number;
        self.records = self.records.saturating_add(records.len() as u64);
        self.run(move |connection| Ok(add_records(connection, number, &records)?))
            .await?;
        Ok(self.records)
    }

    /// Completes the file: builds the index, brings everything to the disk and gives the file its
    /// name. `seq` and `envelope` are those of the last batch of which everything was loaded, or
    /// [`Seq::START`] and nothing. Answers how many live records there are.
    ///
    /// # Errors
    ///
    /// [`OpenError::Incomplete`] without a statement, or if a record stands beyond `seq`;
    /// [`OpenError::Exists`] if there is such a file by now; otherwise as for
    /// [`statements`](Self::statements).
    pub async fn finish(self, seq: Seq, envelope: Bytes) -> Result<u64, OpenError> {
        let (number, statements) = (self.number, self.statements);
        let problem = self
            .run(move |connection| find_problem(connection, number, statements, seq))
            .await?;
        if let Some(detail) = problem {
            let path = self.draft.target().into();
            return Err(OpenError::Incomplete { path, detail });
        }
        let index = Some(self.index.clone()).filter(|_| !self.is_settled);
        let live = self
            .run(move |connection| {
                add_head(connection, number, seq, &envelope)?;
                if let Some(index) = index {
                    add_index(connection, &index, |_| Ok(()))?;
                }
                let live: i64 = connection.query_row(COUNT, [], |row| row.get(0))?;
                connection.execute_batch(super::lasting::FORGET)?;
                connection.execute_batch("COMMIT")?;
                Ok(live.cast_unsigned())
            })
            .await?;
        let Self { draft, worker, .. } = self;
        let path = draft.target().to_owned();
        let publish = move |connection: &mut Connection| {
            close(connection)?;
            Ok::<_, Failure>(draft.publish())
        };
        let published = worker.run(publish).await;
        published.map_err(|source| OpenError::store(&path, source))??;
        Ok(live)
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, OpenError> {
        let done = self.worker.run(|connection| job(connection)).await;
        done.map_err(|source| OpenError::store(self.draft.target(), source))
    }
}

/// Begins the one transaction of the loader, makes the domain, and takes away the index of the
/// ids; answers how to make it again.
fn prepare(connection: &Connection, domain: &DomainId) -> Result<(DomainNumber, String), Failure> {
    keep_in_memory(connection)?;
    let index = connection.query_row(INDEX, [], |row| row.get(0))?;
    connection.execute_batch("BEGIN; DROP INDEX live_records")?;
    Ok((Domain::create(connection, domain)?.number, index))
}

pub(super) fn keep_in_memory(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", CACHE)
}

fn add_records(
    connection: &Connection,
    domain: DomainNumber,
    records: &[Stored],
) -> rusqlite::Result<()> {
    let mut add = connection.prepare_cached(ADD_RECORD)?;
    for Stored { seq, record } in records {
        let place = domain.place(seq.number());
        add.execute(params![place, record.id.as_bytes(), &record.body[..]])?;
    }
    Ok(())
}

/// Why this is not a whole domain.
fn find_problem(
    connection: &Connection,
    domain: DomainNumber,
    statements: u64,
    seq: Seq,
) -> Result<Option<&'static str>, Failure> {
    let beyond = domain.place(seq.number());
    let is_beyond = connection
        .prepare("SELECT 1 FROM records WHERE place > ?1")?
        .exists([beyond])?;
    Ok(match is_beyond {
        true => Some("a record stands beyond the last batch"),
        false if statements == 0 => Some("its chain has no statement"),
        false => None,
    })
}

fn add_head(
    connection: &Connection,
    domain: DomainNumber,
    seq: Seq,
    envelope: &[u8],
) -> rusqlite::Result<()> {
    if seq > Seq::START {
        let place = domain.place(seq.number());
        connection.execute(ADD_HEAD, params![place, envelope])?;
        connection.execute(
            "UPDATE domains SET compacted = ?1",
            [at(place).cast_signed()],
        )?;
    }
    Ok(())
}

/// Builds the index of the ids. If an id has several records, the last stays; `look` sees them all
/// before.
pub(super) fn add_index(
    connection: &Connection,
    index: &str,
    look: impl FnOnce(&Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    match connection.execute_batch(index) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            look(connection)?;
            remove_superseded(connection)?;
            connection.execute_batch(index)
        }
        done => done,
    }
}

/// Of several records of one id keeps the last.
fn remove_superseded(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "DELETE FROM records WHERE place IN (SELECT place FROM (
             SELECT place, lead(place) OVER (PARTITION BY id ORDER BY place) AS later FROM records
         ) WHERE later IS NOT NULL)",
    )
}

/// Closes the file, so that it can be renamed: all of it is in it.
fn close(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    let file = mem::replace(connection, Connection::open_in_memory()?);
    file.close().map_err(|(_, error)| error)
}

/// A page that comes twice does no harm.
const ADD_RECORD: &str =
    "INSERT OR REPLACE INTO records (place, live, id, body) VALUES (?1, 1, ?2, ?3)";

const ADD_HEAD: &str = "INSERT INTO batches (place, records, size, envelope) VALUES (?1, 0, 0, ?2)";

const INDEX: &str = "SELECT sql FROM sqlite_schema WHERE name = 'live_records'";

const COUNT: &str = "SELECT count(*) FROM records WHERE live = 1";

/// How much the loader keeps in memory, in KiB, as SQLite counts: the ids of a million records are
/// sorted without a temporary file.
const CACHE: i64 = -64 * 1024;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::sqlite::SqliteStore;
    use crate::store::sqlite::tests::{DOMAIN, batch, id, stored};
    use crate::store::{DomainStore as _, Feed};

    #[tokio::test]
    async fn a_loaded_domain_is_there_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut loader = SqliteLoader::begin(&path, &DOMAIN).unwrap();
        let page = vec![stored(7, 3, "c"), stored(2, 1, "a")];
        assert_eq!(loader.records(page).await.unwrap(), 2);
        loader.statements(vec!["genesis".into()]).await.unwrap();
        assert_eq!(loader.records(vec![stored(5, 2, "b")]).await.unwrap(), 3);
        loader.statements(vec!["second".into()]).await.unwrap();
        assert!(!path.exists());
        assert_eq!(loader.finish(Seq::new(9), "head".into()).await.unwrap(), 3);

        let store = SqliteStore::open(&path).unwrap();
        store.check().await.unwrap();
        let head = store.head(&DOMAIN).await.unwrap().unwrap();
        assert_eq!((head.statements, head.envelope), (2, "head".into()));
        assert_eq!((head.seq, head.compacted), (Seq::new(9), Seq::new(9)));
        let chain = store.statements(&DOMAIN, 0, 1000).await.unwrap();
        assert_eq!(chain, ["genesis", "second"]);
        let all = store.snapshot(&DOMAIN, None, 1000).await.unwrap();
        assert_eq!(
            all.records,
            [stored(2, 1, "a"), stored(5, 2, "b"), stored(7, 3, "c")]
        );
        assert_eq!((all.since, all.next), (Seq::new(9), None));

        let next = batch("next", &[(2, "B")]);
        store.commit(&DOMAIN, Seq::new(9), next).await.unwrap();
        let found = store.find(&DOMAIN, &[id(2)]).await.unwrap();
        assert_eq!(found, [stored(10, 2, "B")]);
        let feed = store.feed(&DOMAIN, Seq::START, 1000).await.unwrap();
        assert_eq!(feed, Feed::Compacted(Seq::new(9)));
        store.compact(&DOMAIN, Seq::new(10)).await.unwrap();
        store.check().await.unwrap();
    }

    #[tokio::test]
    async fn of_records_with_one_id_the_last_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut loader = SqliteLoader::begin(&path, &DOMAIN).unwrap();
        loader.statements(vec!["genesis".into()]).await.unwrap();
        let pages = [
            vec![stored(1, 1, "a"), stored(8, 2, "newer"), stored(3, 3, "c")],
            vec![
                stored(2, 2, "b"),
                stored(9, 1, "newest"),
                stored(4, 1, "newer"),
            ],
            vec![stored(3, 3, "c")],
        ];
        for page in pages {
            loader.records(page).await.unwrap();
        }
        assert_eq!(loader.finish(Seq::new(9), "head".into()).await.unwrap(), 3);

        let store = SqliteStore::open(&path).unwrap();
        store.check().await.unwrap();
        let all = store.snapshot(&DOMAIN, None, 1000).await.unwrap();
        let last = [
            stored(3, 3, "c"),
            stored(8, 2, "newer"),
            stored(9, 1, "newest"),
        ];
        assert_eq!(all.records, last);
    }

    #[tokio::test]
    async fn a_domain_without_users_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut loader = SqliteLoader::begin(&path, &DOMAIN).unwrap();
        loader.statements(vec!["genesis".into()]).await.unwrap();
        assert_eq!(loader.finish(Seq::START, Bytes::new()).await.unwrap(), 0);
        let store = SqliteStore::open(&path).unwrap();
        store.check().await.unwrap();
        let first = batch("first", &[(1, "a")]);
        store.commit(&DOMAIN, Seq::START, first).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_not_whole_gets_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let loader = SqliteLoader::begin(&path, &DOMAIN).unwrap();
        let refused = loader.finish(Seq::START, Bytes::new()).await.unwrap_err();
        assert!(refused.to_string().ends_with("no statement"), "{refused}");

        let mut loader = SqliteLoader::begin(&path, &DOMAIN).unwrap();
        loader.statements(vec!["genesis".into()]).await.unwrap();
        loader.records(vec![stored(6, 1, "a")]).await.unwrap();
        let refused = loader.finish(Seq::new(5), "head".into()).await.unwrap_err();
        assert!(
            matches!(refused, OpenError::Incomplete { .. }),
            "{refused:?}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn one_loads_at_a_time_and_who_gives_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut loader = SqliteLoader::begin(&path, &DOMAIN).unwrap();
        loader.records(vec![stored(1, 1, "a")]).await.unwrap();
        let second = SqliteLoader::begin(&path, &DOMAIN).unwrap_err();
        assert!(matches!(second, OpenError::InUse { .. }), "{second:?}");
        drop(loader);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        drop(SqliteStore::open(&path).unwrap());
        let late = SqliteLoader::begin(&path, &DOMAIN).unwrap_err();
        assert!(matches!(late, OpenError::Exists { .. }), "{late:?}");
    }

    #[tokio::test]
    async fn a_half_file_of_a_dead_process_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(folder.path().join("file.draft"), [0xa5; 10_000]).unwrap();
        let mut loader = SqliteLoader::begin(&path, &DOMAIN).unwrap();
        loader.statements(vec!["genesis".into()]).await.unwrap();
        loader.finish(Seq::START, Bytes::new()).await.unwrap();
        SqliteStore::open(&path).unwrap().check().await.unwrap();
    }
}
