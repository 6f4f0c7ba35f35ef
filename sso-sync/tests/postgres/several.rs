//! Several processes with one database; here, several handles, each with connections of its own.

use std::time::Duration;

use bytes::Bytes;
use sso_sync::store::postgres::PostgresStore;
use sso_sync::store::{
    Batch, DomainId, DomainStore, Feed, FeedBatch, Record, RecordId, Seq, StoreError,
};
use sso_sync::testkit::Place as _;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::place::Schema;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_follows_eight_writers_without_a_gap() {
    let place = Schema::fresh().await;
    let reader = place.open().await;
    reader.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = place.open().await;
        writers.spawn(async move {
            for number in 0..COMMITS {
                commit_somewhere(&store, writer, number).await;
            }
        });
    }
    let all = timeout(DEADLINE, follow(&reader, WRITERS * COMMITS)).await;
    let all = all.expect("the feed does not end before its end");
    writers.join_all().await;

    let mut told: Vec<_> = all.iter().map(|it| it.batch.envelope().clone()).collect();
    told.sort();
    let mut expected: Vec<_> = (0..WRITERS)
        .flat_map(|writer| (0..COMMITS).map(move |number| name(writer, number)))
        .collect();
    expected.sort();
    assert_eq!(told, expected);
}

/// Reads what comes, waiting for more, until there were as many batches.
async fn follow(store: &PostgresStore, batches: u8) -> Vec<FeedBatch> {
    let (mut all, mut reached) = (Vec::new(), Seq::START);
    while all.len() < usize::from(batches) {
        let mark = store.head(&DOMAIN).await.unwrap().unwrap().mark();
        let Feed::Batches(page) = store.feed(&DOMAIN, reached, 10_000).await.unwrap() else {
            panic!("nobody compacts");
        };
        let empty = page.is_empty();
        for batch in page {
            assert_eq!(batch.first, reached.plus(1), "no gap, and nothing twice");
            reached = batch.last();
            all.push(batch);
        }
        if empty && mark.seq == reached {
            store.changed(&DOMAIN, mark, DEADLINE).await;
        }
    }
    all
}

/// Commits after whatever is there, however often somebody else comes first.
async fn commit_somewhere(store: &PostgresStore, writer: u8, number: u8) {
    loop {
        let head = store.head(&DOMAIN).await.unwrap().unwrap();
        let batch = batch(writer, number);
        match store.commit(&DOMAIN, head.seq, batch).await {
            Ok(_) => return,
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// They know the place of each before the one before it is acknowledged, as a writer does who
/// sends one commit after the other without waiting. Each supersedes what the last one added.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_that_overtake_each_other_supersede_each_other_nevertheless() {
    let place = Schema::fresh().await;
    let store = place.open().await;
    store.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
    let mut commits = JoinSet::new();
    for number in 0..COMMITS {
        let store = store.clone();
        commits.spawn(async move {
            let after = Seq::new(3 * u64::from(number));
            while let Err(error) = store.commit(&DOMAIN, after, batch(0, number)).await {
                assert!(matches!(error, StoreError::Conflict), "{error:?}");
            }
        });
    }
    timeout(DEADLINE, commits.join_all()).await.unwrap();

    let ids: Vec<_> = batch(0, 0).records().iter().map(|it| it.id).collect();
    let found = store.find(&DOMAIN, &ids).await.unwrap();
    let bodies: Vec<_> = found.iter().map(|it| it.record.body.clone()).collect();
    assert_eq!(
        bodies,
        [
            name(0, COMMITS - 1),
            name(0, COMMITS - 1),
            name(0, COMMITS - 1)
        ]
    );
    let page = store.snapshot(&DOMAIN, None, 10_000).await.unwrap();
    assert_eq!(page.records.len(), 3, "the live ones, no others");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_at_once_make_the_tables_once() {
    let place = Schema::fresh().await;
    let mut opening = JoinSet::new();
    for _ in 0..WRITERS {
        let settings = place.settings();
        opening.spawn(async move { PostgresStore::open(&settings).await.unwrap() });
    }
    for store in timeout(DEADLINE, opening.join_all()).await.unwrap() {
        DomainStore::health(&store).await.unwrap();
    }
    let client = place.client().await;
    let version = format!("SELECT version FROM {}.schema_version", place.schema());
    let rows = client.query(&version, &[]).await.unwrap();
    let versions: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(versions, [1]);
}

#[tokio::test]
async fn a_process_that_lost_its_connection_to_listen_on_hears_again() {
    let place = Schema::fresh().await;
    let (waiting, writing) = (place.open().await, place.open().await);
    writing.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
    hears(&waiting).await;

    place
        .execute(
            "DO $$ BEGIN ASSERT (
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE query = 'LISTEN {schema}'
            ) = 1; END $$",
        )
        .await;
    let mut lost = tokio::time::interval(Duration::from_millis(1));
    while waiting.is_listening() {
        lost.tick().await;
    }
    let statements = writing.head(&DOMAIN).await.unwrap().unwrap().statements;
    let unheard = writing.append(&DOMAIN, statements, "unheard".into());
    unheard.await.unwrap();
    hears(&waiting).await;
}

/// Waits, for what is there already, until a handle hears what others say.
async fn hears(store: &PostgresStore) {
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    let heard = timeout(DEADLINE, async {
        while !store.is_listening() {
            looks.tick().await;
            store
                .changed(&DOMAIN, sso_sync::store::Mark::default(), DEADLINE)
                .await;
        }
    });
    heard.await.expect("it hears before long");
    let head = store.head(&DOMAIN).await.unwrap().unwrap();
    let statements = head.statements;
    let appended = store.append(&DOMAIN, statements, "heard".into());
    let (grown, appended) = tokio::join!(store.changed(&DOMAIN, head.mark(), DEADLINE), appended);
    appended.unwrap();
    grown
}

fn batch(writer: u8, number: u8) -> Batch {
    let body = name(writer, number);
    let records = (0..3).map(|place| Record {
        id: RecordId::new([writer.wrapping_mul(3) + place; 32]),
        body: body.clone(),
    });
    Batch::new(body.clone(), records.collect()).unwrap()
}

fn name(writer: u8, number: u8) -> Bytes {
    format!("{writer}/{number:03}").into()
}

const DOMAIN: DomainId = DomainId::new([7; 32]);
const WRITERS: u8 = 8;
const COMMITS: u8 = 25;
const DEADLINE: Duration = Duration::from_mins(1);
