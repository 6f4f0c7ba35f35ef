//! How fast is each storage backend at what a hub asks of it? One run, side by side.
//!
//! `.ci/with-servers cargo bench --bench stores` measures all of them; without servers PostgreSQL,
//! etcd and object storage are left out, and said to be. `-- --records 100000` loads fewer than a
//! million, `-- --only sqlite,redb` names the backends, `-- --test` does everything once with little.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark reads the clock, reports on standard output and stops at a failure"
)]

#[path = "stores/backends.rs"]
mod backends;

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fmt};

use bytes::Bytes;
use sso_sync::store::sqlite::SqliteLoader;
use sso_sync::store::{Batch, DomainId, DomainStore, Feed, Record, RecordId, Seq, Stored};

use backends::{Backend, Opened};

fn main() {
    let scale = Scale::from_arguments();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{}", HEADINGS.join("\n"));
    for backend in Backend::ALL.iter().filter(|it| scale.wants(it.name())) {
        match runtime.block_on(backend.open()) {
            Ok(opened) => println!(
                "{}",
                runtime.block_on(measure(backend.name(), &opened, &scale))
            ),
            Err(missing) => println!("{:<10} not measured: {missing}", backend.name()),
        }
    }
    if scale.wants("loader") {
        let span = runtime.block_on(bulk_load(&scale));
        let rate = rate(scale.records, span);
        println!(
            "{:<10} {:>32} {rate:>12.0} {span:>9.1?}",
            "loader", "into an empty SQLite file"
        );
    }
}

/// How much is measured.
struct Scale {
    only: Option<String>,
    records: usize,
    /// How long each rate is measured.
    span: Duration,
}

impl Scale {
    fn from_arguments() -> Self {
        let value = |name| env::args().skip_while(move |it| it != name).nth(1);
        let test = env::args().any(|it| it == "--test");
        let records = value("--records").map_or(1_000_000, |count| count.parse().unwrap());
        Self {
            only: value("--only"),
            records: if test { 2_000 } else { records },
            span: Duration::from_millis(if test { 20 } else { 3_000 }),
        }
    }

    fn wants(&self, name: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.split(',').any(|it| it == name))
    }
}

async fn measure(name: &'static str, opened: &Opened, scale: &Scale) -> Row {
    let store = &opened.store;
    let one = commits(store, 1, scale).await;
    let many = commits(store, DOMAINS, scale).await;
    let (domain, loaded) = load(store, scale).await;
    Row {
        name,
        one,
        many,
        loaded: rate(scale.records, loaded),
        load: loaded,
        feed: timed(feed(store, &domain, scale)).await,
        snapshot: timed(snapshot(store, &domain, scale)).await,
        look_up: look_up(store, &domain, scale).await,
    }
}

/// Commits of one record a second, over `domains` domains with one writer each.
async fn commits(store: &Arc<dyn DomainStore>, domains: usize, scale: &Scale) -> f64 {
    let until = Instant::now() + scale.span;
    let start = Instant::now();
    let writers: Vec<_> = (0..domains)
        .map(|number| tokio::spawn(commit_until(store.clone(), number, until)))
        .collect();
    let mut count = 0;
    for writer in writers {
        count += writer.await.unwrap();
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

async fn commit_until(store: Arc<dyn DomainStore>, number: usize, until: Instant) -> u32 {
    let domain = new_domain(&store, &format!("commits {number}")).await;
    let mut seq = store.head(&domain).await.unwrap().unwrap().seq;
    let mut count = 0;
    loop {
        seq = store
            .commit(&domain, seq, batch(seq.number() as usize, 1))
            .await
            .unwrap();
        count += 1;
        if Instant::now() >= until {
            return count;
        }
    }
}

/// All records, in batches of about 1 MiB or what the store takes.
async fn load(store: &Arc<dyn DomainStore>, scale: &Scale) -> (DomainId, Duration) {
    let domain = new_domain(store, "load").await;
    let largest = store.caps().max_batch.min(1024 * 1024);
    let in_batch = (largest - 1024) / record(0).size();
    let start = Instant::now();
    let mut seq = Seq::START;
    for first in (0..scale.records).step_by(in_batch) {
        let count = in_batch.min(scale.records - first);
        seq = store
            .commit(&domain, seq, batch(first, count))
            .await
            .unwrap();
    }
    (domain, start.elapsed())
}

/// What a fresh server does with the pages of a snapshot.
async fn bulk_load(scale: &Scale) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let domain = DomainId::new([1; 32]);
    let start = Instant::now();
    let mut loader = SqliteLoader::begin(&folder.path().join("sqlite3"), &domain).unwrap();
    loader
        .statements(vec![Bytes::from_static(b"genesis")])
        .await
        .unwrap();
    for first in (0..scale.records).step_by(2_000) {
        let numbers = first..scale.records.min(first + 2_000);
        let stored = |number: usize| Stored {
            seq: Seq::START.plus(number + 1),
            record: record(number),
        };
        loader.records(numbers.map(stored).collect()).await.unwrap();
    }
    loader
        .finish(Seq::START.plus(scale.records), Bytes::from_static(b"head"))
        .await
        .unwrap();
    start.elapsed()
}

async fn feed(store: &Arc<dyn DomainStore>, domain: &DomainId, scale: &Scale) {
    let mut seq = Seq::START;
    while let Feed::Batches(batches) = store.feed(domain, seq, PAGE).await.unwrap() {
        match batches.last() {
            Some(last) => seq = last.last(),
            None => break,
        }
    }
    assert_eq!(seq.number() as usize, scale.records);
}

async fn snapshot(store: &Arc<dyn DomainStore>, domain: &DomainId, scale: &Scale) {
    let (mut cursor, mut count) = (None, 0);
    loop {
        let page = store.snapshot(domain, cursor.as_ref(), PAGE).await.unwrap();
        count += page.records.len();
        cursor = page.next;
        if cursor.is_none() {
            let rest = scale.records - page.since.number() as usize;
            assert_eq!(count + rest, scale.records, "the snapshot is whole");
            return;
        }
    }
}

/// The mean of looking one user up after the other.
async fn look_up(store: &Arc<dyn DomainStore>, domain: &DomainId, scale: &Scale) -> Duration {
    let start = Instant::now();
    let mut looked = 0;
    while start.elapsed() < scale.span {
        let wanted = id(looked as usize * 7_919 % scale.records);
        let found = store.find(domain, &[wanted]).await.unwrap();
        assert_eq!(found.len(), 1);
        looked += 1;
    }
    start.elapsed() / looked
}

fn rate(count: usize, span: Duration) -> f64 {
    count as f64 / span.as_secs_f64()
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

async fn new_domain(store: &Arc<dyn DomainStore>, name: &str) -> DomainId {
    let domain = DomainId::new(*blake3::hash(name.as_bytes()).as_bytes());
    if store.head(&domain).await.unwrap().is_none() {
        store
            .append(&domain, 0, Bytes::from_static(b"genesis"))
            .await
            .unwrap();
    }
    domain
}

fn batch(first: usize, count: usize) -> Batch {
    let records = (first..first + count).map(record).collect();
    Batch::new(Bytes::from_static(&[7; 250]), records).unwrap()
}

fn record(number: usize) -> Record {
    let mut body = vec![0; BODY];
    blake3::Hasher::new_derive_key("body")
        .update(&number.to_le_bytes())
        .finalize_xof()
        .fill(&mut body);
    Record {
        id: id(number),
        body: body.into(),
    }
}

fn id(number: usize) -> RecordId {
    RecordId::new(*blake3::hash(&number.to_le_bytes()).as_bytes())
}

/// What was measured of one backend.
struct Row {
    name: &'static str,
    one: f64,
    many: f64,
    loaded: f64,
    load: Duration,
    feed: Duration,
    snapshot: Duration,
    look_up: Duration,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<10} {:>10.0} {:>10.0} {:>12.0} {:>9.1?} {:>9.1?} {:>9.1?} {:>9.1?}",
            self.name,
            self.one,
            self.many,
            self.loaded,
            self.load,
            self.feed,
            self.snapshot,
            self.look_up
        )
    }
}

const HEADINGS: [&str; 2] = [
    "            commits/s  commits/s    records/s   loading   reading   reading   looking",
    "             1 domain 16 domains   in batches       all  the feed all users    one up",
];

/// What a sealed record of a user takes, in bytes.
const BODY: usize = 410;
const DOMAINS: usize = 16;
const PAGE: usize = 1024 * 1024;
