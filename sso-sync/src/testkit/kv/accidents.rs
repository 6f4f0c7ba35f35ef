//! Processes that die, and disks that are full.

use bytes::Bytes;

use super::{KvPlace, create, delete, entries, read, replace};
use crate::store::{Expect, KvStore, StoreError};
use crate::testkit::race::patient;
use crate::testkit::seed::noise;
use crate::testkit::{SMALL, kill};

/// Whatever was answered with `Ok` is there after the process was killed at any moment, and a
/// write that was under way is there whole or not at all.
///
/// Runs the test `test`, which is the one that calls it, in a process of its own:
/// `concat!(module_path!(), "::", "the_name_of_the_test")`.
pub fn acknowledged_writes_survive_a_kill<P: KvPlace>(test: &str) {
    kill::survive::<P>(
        test,
        async |store, round, number| write(store, round, number).await,
        async |store, acknowledged| {
            for (round, last) in (0..).zip(acknowledged) {
                nothing_is_missing(store, round, *last).await;
            }
        },
    );
}

/// One thing that comes, one that goes and one that changes.
async fn write(store: &dyn KvStore, round: u64, number: u64) {
    create(store, &comes(round, number), content(number)).await;
    let goes = format!("{round}/goes/{number}");
    let version = create(store, &goes, content(number)).await;
    delete(store, &goes, &version).await;

    let changes = changes(round);
    match read(store, &changes).await {
        Some(entry) => replace(store, &changes, number.to_string(), &entry.version).await,
        None => create(store, &changes, number.to_string()).await,
    };
}

async fn nothing_is_missing(store: &dyn KvStore, round: u64, last: u64) {
    let changed = read(store, &changes(round)).await.expect("it changed");
    let changed: u64 = String::from_utf8_lossy(&changed.value)
        .parse()
        .expect("it is whole");
    let under_way = last + 1;
    assert!((last..=under_way).contains(&changed), "{changed} of {last}");

    for number in 0..=changed {
        let entry = read(store, &comes(round, number)).await;
        let value = entry.map(|entry| entry.value);
        assert!(
            value == Some(content(number)),
            "{number} of {last} is there"
        );
    }
    for (key, entry) in entries(store, &format!("{round}/"), 50).await {
        let number = key.rsplit('/').next().and_then(|it| it.parse().ok());
        let Some(number) = number else { continue };
        assert!(entry.value == content(number), "{key} is whole");
        let goes = key != comes(round, number);
        assert!(
            number == under_way || (number < under_way && !goes),
            "{key}"
        );
    }
}

fn comes(round: u64, number: u64) -> String {
    format!("{round}/comes/{number}")
}

fn changes(round: u64) -> String {
    format!("{round}/changes/")
}

/// Short ones and long ones.
fn content(number: u64) -> Bytes {
    let length = (number * 7919) % 20_000;
    noise(number, length as usize)
}

/// [`StoreError::Full`], reads go on, and writes too once there is room.
///
/// Takes a place that [`Place::small`](crate::testkit::Place::small) made.
pub async fn a_full_disk_breaks_nothing<P: KvPlace>(place: P) {
    let store = place.open().await;
    let version = create(&store, "key", "before").await;
    let mut written = 0;
    for _ in 0..3 {
        written = fill(&store, written).await;
        holds_all(&store, written).await;
    }
    assert_eq!(
        read(&store, "key").await.expect("it is there").version,
        version
    );

    place.enlarge().await;
    for (key, expect) in [
        ("key".to_owned(), Expect::Is(version)),
        (block(written), Expect::Absent),
    ] {
        let value = noise(written, BLOCK);
        let put = patient().put(&store, &key, value, expect).await;
        put.expect("there is room again");
    }
    holds_all(&store, written + 1).await;
    drop(store);
    holds_all(&place.open().await, written + 1).await;
}

/// Writes block after block until there is no room, and answers how many there are.
async fn fill(store: &dyn KvStore, from: u64) -> u64 {
    for number in from..TOO_MANY {
        let key = block(number);
        match store.put(&key, noise(number, BLOCK), Expect::Absent).await {
            Ok(_) => {}
            Err(StoreError::Full(_)) => {
                assert!(read(store, &key).await.is_none(), "nothing was stored");
                return number;
            }
            Err(error) => panic!("a full disk is StoreError::Full, not {error:?}"),
        }
    }
    panic!("{TOO_MANY} blocks of {BLOCK} bytes fit onto a disk of {SMALL}");
}

async fn holds_all(store: &dyn KvStore, written: u64) {
    let there = entries(store, "block/", 20).await;
    assert_eq!(there.len() as u64, written, "what was acknowledged");
    for (number, (key, entry)) in (0..).zip(there) {
        assert_eq!(key, block(number));
        assert!(entry.value == noise(number, BLOCK), "{key} is whole");
    }
}

fn block(number: u64) -> String {
    format!("block/{number:06}")
}

const BLOCK: usize = 16 * 1024;

/// Far more blocks than fit.
const TOO_MANY: u64 = 16 * SMALL / BLOCK as u64;
