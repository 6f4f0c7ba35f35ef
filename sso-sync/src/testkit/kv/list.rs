//! Lists, page by page.

use std::sync::Arc;

use super::{KvPlace, create, delete, entries, keys, read, replace};
use crate::store::{KvStore, Page};
use crate::testkit::ANSWERS;

/// Which is the order of characters, and not that of UTF-16.
pub async fn a_list_is_sorted_by_bytes<P: KvPlace>(place: P) {
    let store = place.open().await;
    for key in SORTED.iter().rev() {
        create(&store, key, *key).await;
    }
    for limit in [1, 2, 5, SORTED.len() + 1] {
        assert_eq!(keys(&store, "", limit).await, SORTED, "{limit} to a page");
    }
}

/// Whatever its characters mean to a file system or a database.
pub async fn a_list_holds_its_prefix_only<P: KvPlace>(place: P) {
    let store = place.open().await;
    for key in PREFIXED {
        create(&store, key, *key).await;
    }
    let others = ["", "b", "missing", "\u{10ffff}\u{10ffff}\u{10ffff}"];
    for prefix in PREFIXED.iter().chain(&others) {
        let mut expected = PREFIXED.to_vec();
        expected.retain(|key| key.starts_with(prefix));
        expected.sort_unstable();
        for limit in [1, 100] {
            assert_eq!(keys(&store, prefix, limit).await, expected, "{prefix:?}");
        }
    }
}

/// Exclusive; before the prefix it changes nothing, and behind it nothing is left.
pub async fn a_list_starts_after_its_cursor<P: KvPlace>(place: P) {
    let store = place.open().await;
    for key in ["a", "b", "b/1", "b/2", "b/2\0", "b/3", "c"] {
        create(&store, key, key).await;
    }
    assert_eq!(after(&store, "b/", "b/1").await, ["b/2", "b/2\0", "b/3"]);
    assert_eq!(after(&store, "b/", "b/2").await, ["b/2\0", "b/3"]);
    assert_eq!(after(&store, "b/", "b/2\0").await, ["b/3"]);
    assert!(after(&store, "b/", "b/3").await.is_empty());

    let all = ["b/1", "b/2", "b/2\0", "b/3"];
    for before in ["a", "b", "b/", "b/0"] {
        assert_eq!(after(&store, "b/", before).await, all, "after {before}");
    }
    for behind in ["b0", "c", "\u{10ffff}"] {
        assert!(after(&store, "b/", behind).await.is_empty(), "{behind:?}");
    }
    assert_eq!(after(&store, "", "b/3").await, ["c"]);
}

/// Or one that never was.
pub async fn a_cursor_may_name_a_deleted_key<P: KvPlace>(place: P) {
    let store = place.open().await;
    for key in ["a", "c", "e"] {
        create(&store, key, key).await;
    }
    let deleted = create(&store, "b", "b").await;
    delete(&store, "b", &deleted).await;
    assert_eq!(after(&store, "", "b").await, ["c", "e"], "after a deleted");
    assert_eq!(after(&store, "", "d").await, ["e"], "after one of no time");
    assert!(after(&store, "", "f").await.is_empty(), "after the last");
}

/// Pages of any size hold everything, and none is empty before the end.
pub async fn a_list_is_bounded_and_says_whether_there_is_more<P: KvPlace>(place: P) {
    let store = place.open().await;
    assert!(list(&store, "key", 1).await.entries.is_empty());
    let all: Vec<_> = (0..7).map(|number| format!("key-{number}")).collect();
    for key in &all {
        create(&store, key, "value").await;
    }
    create(&store, "another", "value").await;
    for limit in 1..=8 {
        let page = list(&store, "key", limit).await;
        let (held, all_held) = (page.entries.len(), page.entries.len() == all.len());
        assert!((1..=limit).contains(&held), "{held} of at most {limit}");
        assert!(page.more || all_held, "{held} of {} are all", all.len());
        assert_eq!(keys(&store, "key", limit).await, all, "{limit} to a page");
    }
}

/// Value and version of each.
pub async fn a_list_carries_the_entries<P: KvPlace>(place: P) {
    let store = place.open().await;
    let version = create(&store, "replaced", "before").await;
    replace(&store, "replaced", vec![0, 255], &version).await;
    create(&store, "empty", "").await;
    create(&store, "large", vec![7; 60_000]).await;
    let listed = entries(&store, "", 2).await;
    assert_eq!(listed.len(), 3);
    for (key, entry) in listed {
        assert!(read(&store, &key).await == Some(entry), "{key}");
    }
}

/// Pages over a prefix, while other keys come and go, hold every key that was there all the time,
/// once.
pub async fn a_list_misses_nothing_that_stays<P: KvPlace>(place: P) {
    let store = Arc::new(place.open().await);
    let staying: Vec<_> = (0..60).map(|number| format!("key-{number:02}+")).collect();
    for key in &staying {
        create(&*store, key, "stays").await;
    }
    pages_are_taken_away(&*store, &staying).await;

    let disturber = tokio::spawn(come_and_go(Arc::clone(&store)));
    while !disturber.is_finished() {
        holds_once(&staying, keys(&*store, "key-", 7).await);
        tokio::task::yield_now().await;
    }
    disturber.await.expect("the disturber comes to its end");
}

/// Between one page and the next, removes what the page held and is not going to stay.
async fn pages_are_taken_away(store: &dyn KvStore, staying: &[String]) {
    for number in 0..60 {
        create(store, &format!("key-{number:02}"), "goes").await;
    }
    let mut held: Vec<String> = Vec::new();
    loop {
        let after = held.last().map(String::as_str);
        let page = store.list("key-", after, 8).await.expect(ANSWERS);
        let first = page.entries.first().map(|(key, _)| key.as_str());
        assert!(
            first.is_none_or(|first| Some(first) > after),
            "a list goes on after its cursor {after:?}, and not with {first:?}"
        );
        for (key, entry) in page.entries {
            if !staying.contains(&key) {
                delete(store, &key, &entry.version).await;
            }
            held.push(key);
        }
        if !page.more {
            return holds_once(staying, held);
        }
    }
}

/// Makes keys between those that stay, and removes them again.
async fn come_and_go<S: KvStore>(store: Arc<S>) {
    for round in 0..10 {
        let mut created = Vec::new();
        for number in (0..60).step_by(2) {
            let key = format!("key-{:02}", (number * 7 + round) % 60);
            created.push((create(&*store, &key, "goes").await, key));
            tokio::task::yield_now().await;
        }
        for (version, key) in created {
            delete(&*store, &key, &version).await;
            tokio::task::yield_now().await;
        }
    }
}

fn holds_once(staying: &[String], mut listed: Vec<String>) {
    assert!(listed.is_sorted_by(|a, b| a < b), "sorted, each once");
    listed.retain(|key| staying.contains(key));
    assert_eq!(listed, staying, "what was there all the time");
}

async fn list(store: &dyn KvStore, prefix: &str, limit: usize) -> Page {
    store.list(prefix, None, limit).await.expect(ANSWERS)
}

async fn after(store: &dyn KvStore, prefix: &str, after: &str) -> Vec<String> {
    let page = store.list(prefix, Some(after), 100).await.expect(ANSWERS);
    page.entries.into_iter().map(|(key, _)| key).collect()
}

/// Keys in the order of their bytes, of which most differ from other orders.
const SORTED: &[&str] = &[
    "\0",
    "\u{1}",
    " ",
    "-",
    "/",
    "1",
    "10",
    "2",
    "A",
    "B",
    "_",
    "a",
    "a\0",
    "a-",
    "a/",
    "a/b",
    "a0",
    "aa",
    "b",
    "\u{7f}",
    "\u{e9}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{ffff}",
    "\u{10000}",
    "\u{10ffff}",
];

/// Keys around the bounds of prefixes.
const PREFIXED: &[&str] = &[
    "a",
    "a.",
    "a/",
    "a//",
    "a/1",
    "a/b/c",
    "a0",
    "A/1",
    "ab",
    "a%",
    "a%c",
    "a_",
    "a_c",
    "a*",
    "a*c",
    "a?",
    "a[b]",
    "a\\",
    "a\\c",
    "a\0",
    "a\0\u{10ffff}",
    "a\u{7f}",
    "a\u{80}",
    "a\u{d7ff}",
    "a\u{d7ff}1",
    "a\u{e000}",
    "a\u{10ffff}",
    "a\u{10ffff}1",
    "a\u{10ffff}\u{10ffff}",
    "b",
    "\u{10ffff}",
    "\u{10ffff}\u{10ffff}",
];
