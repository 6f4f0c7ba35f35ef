//! Answers that do not come: what is known then, and how it goes on.

use std::time::Duration;

use bytes::Bytes;
use sso_sync::store::postgres::PostgresStore;
use sso_sync::store::{
    Batch, DomainId, DomainStore, Feed, Record, RecordId, Retry, Seq, StoreError,
};
use sso_sync::testkit::Place as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::place::Schema;
use crate::servers::postgres::Server;

/// What was acknowledged is there, and each of the others as a whole or not at all. The database
/// is set up to lose the last moments of a crash; our transactions are not lost nevertheless.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_commits_survive_the_death_of_the_server() {
    let careless = ["synchronous_commit=off", "wal_writer_delay=10s"];
    let mut server = Server::start(&careless);
    let place = Schema::within(&server.address());
    let store = place.open().await;
    for writer in 0..WRITERS {
        store
            .append(&domain(writer), 0, "genesis".into())
            .await
            .unwrap();
    }
    for moment in [3, 50, 117] {
        let (acknowledge, mut acknowledged) = mpsc::unbounded_channel();
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let seq = head(&store, writer).await;
            let (store, acknowledge) = (store.clone(), acknowledge.clone());
            writers.spawn(write_until_lost(store, writer, seq, acknowledge));
        }
        for _ in 0..moment {
            acknowledged.recv().await.unwrap();
        }
        server.kill();
        let ends = writers.join_all().await;
        server.restart();
        for end in ends {
            end.is_what_is_there(&store).await;
        }
    }
}

/// Where a writer was when it got no answer.
struct End {
    writer: u8,
    acknowledged: Seq,
    error: StoreError,
}

async fn write_until_lost(
    store: PostgresStore,
    writer: u8,
    mut acknowledged: Seq,
    acknowledge: mpsc::UnboundedSender<()>,
) -> End {
    let domain = domain(writer);
    loop {
        match store
            .commit(&domain, acknowledged, batch(acknowledged))
            .await
        {
            Ok(seq) => acknowledged = seq,
            Err(error) => {
                return End {
                    writer,
                    acknowledged,
                    error,
                };
            }
        }
        let _ = acknowledge.send(());
    }
}

impl End {
    async fn is_what_is_there(&self, store: &PostgresStore) {
        let domain = domain(self.writer);
        let seq = head(store, self.writer).await;
        let possible = match self.error {
            StoreError::Unavailable(_) => vec![self.acknowledged],
            StoreError::Unknown(_) => vec![self.acknowledged, self.acknowledged.plus(RECORDS)],
            ref error => panic!("{error:?}"),
        };
        assert!(possible.contains(&seq), "{seq} after {possible:?}");

        let mut reached = Seq::START;
        while reached < seq {
            let Feed::Batches(page) = store.feed(&domain, reached, 100_000).await.unwrap() else {
                panic!("nobody compacts");
            };
            for there in page {
                assert_eq!(there.first, reached.plus(1));
                assert_eq!(there.batch, batch(reached), "it is whole");
                reached = there.last();
            }
        }
    }
}

#[tokio::test]
async fn a_commit_that_takes_too_long_is_unknown_and_is_stopped() {
    let (place, blocker) = blocked().await;
    let settings = place
        .settings()
        .statement_timeout(Duration::from_millis(200));
    let store = PostgresStore::open(&settings).await.unwrap();
    let late = store
        .commit(&domain(0), Seq::START, batch(Seq::START))
        .await;
    assert!(matches!(late, Err(StoreError::Unknown(_))), "{late:?}");

    until_nobody_waits(&place).await;
    blocker.batch_execute("ROLLBACK").await.unwrap();
    let head = store.head(&domain(0)).await.unwrap().unwrap();
    assert_eq!(head.seq, Seq::START, "it was stopped");
    let store = place.open().await;
    let again = store
        .commit(&domain(0), Seq::START, batch(Seq::START))
        .await;
    assert_eq!(again.unwrap(), Seq::START.plus(RECORDS));
}

#[tokio::test]
async fn a_commit_whose_caller_goes_away_disturbs_nobody() {
    let (place, blocker) = blocked().await;
    let store = PostgresStore::open(&place.settings().connections(1))
        .await
        .unwrap();
    let domain = domain(0);
    let commit = store.commit(&domain, Seq::START, batch(Seq::START));
    let gone = tokio::time::timeout(Duration::from_millis(100), commit).await;
    assert!(gone.is_err(), "it waits");
    // On another connection, although there is one at a time.
    store.head(&domain).await.unwrap().unwrap();
    blocker.batch_execute("ROLLBACK").await.unwrap();
}

/// The error that it gets might as well have come after its commit.
#[tokio::test]
async fn a_commit_that_an_administrator_ends_is_unknown() {
    let (place, blocker) = blocked().await;
    let store = place.open().await;
    let domain = domain(0);
    let (answer, ()) = tokio::join!(
        store.commit(&domain, Seq::START, batch(Seq::START)),
        async {
            let mut looks = tokio::time::interval(Duration::from_millis(10));
            while terminate(&place).await == 0 {
                looks.tick().await;
            }
        }
    );
    assert!(matches!(answer, Err(StoreError::Unknown(_))), "{answer:?}");
    let head = store.head(&domain).await.unwrap().unwrap();
    assert_eq!(head.seq, Seq::START, "and the store goes on");
    blocker.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_found_again() {
    let mut server = Server::start(&[]);
    let place = Schema::within(&server.address());
    let store = place.open().await;
    store.append(&domain(0), 0, "genesis".into()).await.unwrap();
    server.kill();
    let refused = store.head(&domain(0)).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    let retry = Retry::default().tries(1);
    let commit = retry
        .commit(&store, &domain(0), Seq::START, batch(Seq::START))
        .await;
    let commit = commit.unwrap_err();
    assert!(
        matches!(commit, StoreError::Unavailable(_) | StoreError::Unknown(_)),
        "{commit:?}"
    );
    server.restart();
    let head = Retry::default()
        .read(async || store.head(&domain(0)).await)
        .await;
    assert_eq!(head.unwrap().unwrap().statements, 1);
}

/// Where a domain ends; the store may have to connect anew for that.
async fn head(store: &PostgresStore, writer: u8) -> Seq {
    let domain = domain(writer);
    let head = Retry::default()
        .read(async || store.head(&domain).await)
        .await;
    head.unwrap().unwrap().seq
}

/// A place with a domain whose row somebody else has locked.
async fn blocked() -> (Schema, Client) {
    let place = Schema::fresh().await;
    place
        .open()
        .await
        .append(&domain(0), 0, "genesis".into())
        .await
        .unwrap();
    let blocker = place.client().await;
    let lock = format!("BEGIN; SELECT 1 FROM {}.domains FOR UPDATE", place.schema());
    blocker.batch_execute(&lock).await.unwrap();
    (place, blocker)
}

async fn until_nobody_waits(place: &Schema) {
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    while waiting(place, "count(*)").await > 0 {
        looks.tick().await;
    }
}

/// Ends the connections that wait for a lock; answers how many there were.
async fn terminate(place: &Schema) -> i64 {
    waiting(place, "count(pg_terminate_backend(pid))").await
}

async fn waiting(place: &Schema, what: &str) -> i64 {
    let sql = format!(
        "SELECT {what} FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND query LIKE '%{}%'",
        place.schema()
    );
    place
        .client()
        .await
        .query_one(&sql, &[])
        .await
        .unwrap()
        .get(0)
}

fn domain(writer: u8) -> DomainId {
    DomainId::new([writer; 32])
}

/// The batch that comes after a place.
fn batch(after: Seq) -> Batch {
    let records = (0..RECORDS).map(|place| Record {
        id: RecordId::new([place as u8; 32]),
        body: Bytes::from(format!("{place} after {after}").repeat(50)),
    });
    Batch::new(format!("after {after}").into(), records.collect()).unwrap()
}

const WRITERS: u8 = 4;
const RECORDS: usize = 3;
