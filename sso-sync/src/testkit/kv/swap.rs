//! Compare-and-swap.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use super::{KvPlace, create, delete, entries, read, replace};
use crate::store::{Entry, Expect, KvStore, StoreError, Version};
use crate::testkit::race::{RACERS, patient, race, step_back};
use crate::testkit::seed::{Random, seed};

/// Each key once, whatever else is there.
pub async fn absent_creates_a_missing_key<P: KvPlace>(place: P) {
    let store = place.open().await;
    create(&store, "key", "value").await;
    create(&store, "another", "value").await;
    assert!(read(&store, "key").await.is_some());
    assert!(read(&store, "another").await.is_some());
}

/// Whatever its value is, and after its replacement, too.
pub async fn absent_refuses_a_present_key<P: KvPlace>(place: P) {
    let store = place.open().await;
    let first = create(&store, "key", Bytes::new()).await;
    conflicts(&store, "key", Expect::Absent).await;
    replace(&store, "key", "another", &first).await;
    conflicts(&store, "key", Expect::Absent).await;
}

/// And nothing else.
pub async fn a_version_replaces_what_it_names<P: KvPlace>(place: P) {
    let store = place.open().await;
    let first = create(&store, "key", "first").await;
    let other = create(&store, "other", "other").await;
    let second = replace(&store, "key", "second", &first).await;
    assert_ne!(first, second);
    assert_eq!(read(&store, "key").await, entry("second", &second));
    assert_eq!(read(&store, "other").await, entry("other", &other));
}

/// However long ago it was.
pub async fn a_version_of_before_is_refused<P: KvPlace>(place: P) {
    let store = place.open().await;
    let first = create(&store, "key", "first").await;
    let second = replace(&store, "key", "second", &first).await;
    conflicts(&store, "key", Expect::Is(first.clone())).await;
    let third = replace(&store, "key", "first", &second).await;
    conflicts(&store, "key", Expect::Is(first)).await;
    conflicts(&store, "key", Expect::Is(second)).await;
    assert_eq!(read(&store, "key").await, entry("first", &third));
}

/// Also one that the backend gave to another key.
pub async fn a_version_of_a_missing_key_is_refused<P: KvPlace>(place: P) {
    let store = place.open().await;
    let version = create(&store, "key", "value").await;
    conflicts(&store, "missing", Expect::Is(version.clone())).await;
    delete(&store, "key", &version).await;
    conflicts(&store, "key", Expect::Is(version)).await;
    assert_eq!(read(&store, "key").await, None);
    assert_eq!(read(&store, "missing").await, None);
}

/// A key that was deleted and made again, even with the same value, has another version.
pub async fn a_version_does_not_outlive_its_entry<P: KvPlace>(place: P) {
    let store = place.open().await;
    let mut before = HashSet::new();
    for _ in 0..3 {
        let version = create(&store, "key", "value").await;
        for old in &before {
            conflicts(&store, "key", Expect::Is(Version::clone(old))).await;
            deletes_nothing(&store, "key", old).await;
        }
        assert!(before.insert(version.clone()), "{version:?} comes again");
        delete(&store, "key", &version).await;
    }
}

/// So a writer who put the same value is not taken for another.
pub async fn the_same_value_again_is_another_version<P: KvPlace>(place: P) {
    let store = place.open().await;
    let first = create(&store, "key", "value").await;
    let second = replace(&store, "key", "value", &first).await;
    assert_ne!(first, second, "two writes of one value have two versions");
    conflicts(&store, "key", Expect::Is(first)).await;
    assert_eq!(read(&store, "key").await, entry("value", &second));
}

/// Any other is a [`StoreError::Conflict`], and so is a missing key.
pub async fn a_delete_takes_the_version_it_names<P: KvPlace>(place: P) {
    let store = place.open().await;
    let first = create(&store, "key", "value").await;
    let other = create(&store, "other", "value").await;
    let second = replace(&store, "key", "value", &first).await;
    deletes_nothing(&store, "key", &first).await;
    assert_eq!(read(&store, "key").await, entry("value", &second));

    delete(&store, "key", &second).await;
    deletes_nothing(&store, "key", &second).await;
    assert_eq!(read(&store, "key").await, None);
    assert_eq!(read(&store, "other").await, entry("value", &other));
}

/// Neither value nor version, and nothing appears in a list.
pub async fn a_refused_write_changes_nothing<P: KvPlace>(place: P) {
    let store = place.open().await;
    let first = create(&store, "key", "first").await;
    let second = replace(&store, "key", "second", &first).await;
    let before = entries(&store, "", 10).await;

    conflicts(&store, "key", Expect::Absent).await;
    conflicts(&store, "key", Expect::Is(first.clone())).await;
    conflicts(&store, "missing", Expect::Is(second)).await;
    deletes_nothing(&store, "key", &first).await;
    assert_eq!(entries(&store, "", 10).await, before);
}

/// Eight tasks, twenty times.
pub async fn of_concurrent_creations_one_wins<P: KvPlace>(place: P) {
    let handles = [Arc::new(place.open().await)];
    for round in 0..ROUNDS {
        one_wins(&handles, &format!("key-{round}"), Expect::Absent).await;
    }
}

/// Eight tasks, twenty times.
pub async fn of_concurrent_replacements_one_wins<P: KvPlace>(place: P) {
    let store = Arc::new(place.open().await);
    let mut version = create(&*store, "key", "before").await;
    for _ in 0..ROUNDS {
        version = one_wins(&[Arc::clone(&store)], "key", Expect::Is(version)).await;
    }
}

/// Eight writers, two hundred each.
pub async fn concurrent_appends_are_counted_exactly_once<P: KvPlace>(place: P) {
    appends_are_counted(&[Arc::new(place.open().await)]).await;
}

/// Lets tasks write a different value each, where one write is as expected, and answers the
/// version of the winner.
pub(super) async fn one_wins<S: KvStore>(handles: &[Arc<S>], key: &str, expect: Expect) -> Version {
    let key = Arc::<str>::from(key);
    let puts = race(handles, |store, number| {
        let (key, expect) = (Arc::clone(&key), expect.clone());
        async move {
            let value = Bytes::from(number.to_string());
            patient().put(&*store, &key, value, expect).await
        }
    });
    let mut winners = Vec::new();
    for (number, put) in puts.await.into_iter().enumerate() {
        match put {
            Ok(version) => winners.push((number, version)),
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("racer {number}: {error:?}"),
        }
    }
    let [(number, version)] = winners.as_slice() else {
        panic!("of {RACERS} writers of {key}, {} won", winners.len());
    };
    for store in handles {
        let there = read(&**store, &key).await;
        assert_eq!(there, entry(&number.to_string(), version), "the winner's");
    }
    version.clone()
}

/// Lets tasks append to one value, and counts.
pub(super) async fn appends_are_counted<S: KvStore>(handles: &[Arc<S>]) {
    let seed = seed();
    let appended = race(handles, |store, number| async move {
        let mut random = Random::new(seed.wrapping_add(number as u64));
        for count in 0..APPENDS {
            append(&*store, &format!("{number} {count}\n"), &mut random).await;
        }
    });
    appended.await;
    for store in handles {
        let entry = read(&**store, "log").await.expect("it was appended to");
        let log = String::from_utf8_lossy(&entry.value);
        for number in 0..RACERS {
            let own = log.lines().filter_map(|line| line.split_once(' '));
            let own = own.filter(|(racer, _)| *racer == number.to_string());
            let counted: Vec<_> = own.map(|(_, count)| count.to_owned()).collect();
            let each = (0..APPENDS).map(|count| count.to_string());
            let once = each.eq(counted.iter().cloned());
            assert!(once, "racer {number}: each once, in order, not {counted:?}");
        }
    }
}

/// Adds a line, however often others come first.
async fn append(store: &dyn KvStore, line: &str, random: &mut Random) {
    let mut losses = 0;
    loop {
        let there = patient().read(|| store.get("log")).await;
        let (mut log, expect) = match there.expect("the log is read") {
            Some(entry) => (entry.value.to_vec(), Expect::Is(entry.version)),
            None => (Vec::new(), Expect::Absent),
        };
        log.extend(line.as_bytes());
        // Stores that answer at once would let one racer finish before the next begins.
        tokio::task::yield_now().await;
        match patient().put(store, "log", log.into(), expect).await {
            Ok(_) => return,
            Err(StoreError::Conflict) => step_back(random, losses).await,
            Err(error) => panic!("{line:?} is appended: {error:?}"),
        }
        losses += 1;
    }
}

/// A write is refused because something else is there.
pub(super) async fn conflicts(store: &dyn KvStore, key: &str, expect: Expect) {
    let refused = Bytes::from_static(b"refused");
    let put = store.put(key, refused, expect.clone()).await;
    assert!(
        matches!(put, Err(StoreError::Conflict)),
        "{key:?} is not as {expect:?} expects, so writing is a Conflict and not {put:?}"
    );
}

async fn deletes_nothing(store: &dyn KvStore, key: &str, version: &Version) {
    let deleted = store.delete(key, version.clone()).await;
    assert!(
        matches!(deleted, Err(StoreError::Conflict)),
        "{key:?} does not have {version:?}, so deleting it is a Conflict and not {deleted:?}"
    );
}

fn entry(value: &str, version: &Version) -> Option<Entry> {
    Some(Entry {
        value: Bytes::copy_from_slice(value.as_bytes()),
        version: version.clone(),
    })
}

const ROUNDS: usize = 20;

/// How many lines each racer appends.
const APPENDS: usize = 200;
