//! What a key may be, and how much an entry.

use bytes::Bytes;

use super::{KvPlace, create, delete, keys, read, replace};
use crate::store::{Caps, Expect, KvStore, StoreError};
use crate::testkit::LARGEST_WRITE;
use crate::testkit::seed::noise;

/// Case, accents, width and invisible characters count.
pub async fn keys_are_compared_byte_by_byte<P: KvPlace>(place: P) {
    all_are_different(&place.open().await, ALIKE).await;
}

/// Slashes, dots, control characters, wildcards and NUL included.
pub async fn any_text_is_a_key<P: KvPlace>(place: P) {
    all_are_different(&place.open().await, STRANGE).await;
}

/// And not a byte is lost. Of values, [`LARGEST_WRITE`] bytes at most are tried.
pub async fn keys_and_values_may_be_as_long_as_the_caps_say<P: KvPlace>(place: P) {
    let store = place.open().await;
    let caps = store.caps();
    let long = long_keys(caps.max_key.min(LONGEST_KEY));
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    all_are_different(&store, &long).await;

    let largest = noise(1, caps.max_value.min(LARGEST_WRITE));
    let version = create(&store, "large", largest.clone()).await;
    assert!(value_is(&store, "large", &largest).await, "as it was put");
    let another = noise(2, largest.len());
    replace(&store, "large", another.clone(), &version).await;
    assert!(value_is(&store, "large", &another).await, "as it was put");
}

/// [`Caps::MIN_KEY`] and [`Caps::MIN_VALUE`].
pub async fn the_caps_are_large_enough<P: KvPlace>(place: P) {
    let store = place.open().await;
    let caps = store.caps();
    assert!(caps.max_key >= Caps::MIN_KEY, "{caps:?}");
    assert!(caps.max_value >= Caps::MIN_VALUE, "{caps:?}");

    let (key, value) = ("k".repeat(Caps::MIN_KEY), noise(3, Caps::MIN_VALUE));
    create(&store, &key, value.clone()).await;
    assert!(value_is(&store, &key, &value).await, "as it was put");
}

/// [`StoreError::TooLarge`], and nothing is changed. Caps beyond what fits into the memory of a
/// test are not exceeded.
pub async fn more_than_the_caps_is_too_large<P: KvPlace>(place: P) {
    let store = place.open().await;
    let caps = store.caps();
    let version = create(&store, "key", "value").await;
    if caps.max_value <= LARGEST_TRY {
        let value = Bytes::from(vec![0; caps.max_value + 1]);
        refuses(&store, "new", &value, Expect::Absent).await;
        refuses(&store, "key", &value, Expect::Is(version.clone())).await;
    }
    if caps.max_key <= LARGEST_TRY {
        let key = "k".repeat(caps.max_key + 1);
        refuses(&store, &key, &Bytes::new(), Expect::Absent).await;
    }
    assert_eq!(keys(&store, "", 10).await, ["key"]);
    let entry = read(&store, "key").await.expect("it is still there");
    assert_eq!((&*entry.value, entry.version), (&b"value"[..], version));
}

/// Each key has its own value; with every second one gone the others keep theirs.
async fn all_are_different(store: &dyn KvStore, all: &[&str]) {
    let mut versions = Vec::new();
    for (number, key) in all.iter().enumerate() {
        assert_eq!(read(store, key).await, None, "{key:?} is a new key");
        versions.push(create(store, key, number.to_string()).await);
    }
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    assert_eq!(keys(store, "", 3).await, sorted);

    for (number, (key, version)) in all.iter().zip(versions).enumerate() {
        assert!(value_is(store, key, number.to_string().as_bytes()).await);
        if number % 2 == 0 {
            delete(store, key, &version).await;
        }
    }
    for (number, key) in all.iter().enumerate() {
        let there = read(store, key).await.is_some();
        assert_eq!(there, number % 2 == 1, "{key:?}");
    }
}

/// The lengths around the longest, and the longest in characters of several bytes.
fn long_keys(longest: usize) -> Vec<String> {
    let mut long: Vec<String> = (longest - 2..=longest).map(|it| "k".repeat(it)).collect();
    long.push("/".repeat(longest));
    long.push("é".repeat(longest / 2));
    long.push("\u{10ffff}".repeat(longest / 4));
    long
}

/// Whether an entry has this value. Says nothing of the bytes, there may be many.
async fn value_is(store: &dyn KvStore, key: &str, value: &[u8]) -> bool {
    let entry = read(store, key).await.expect("it is there");
    entry.value == value
}

async fn refuses(store: &dyn KvStore, key: &str, value: &Bytes, expect: Expect) {
    let put = store.put(key, value.clone(), expect).await;
    assert!(matches!(put, Err(StoreError::TooLarge { .. })), "{put:?}");
}

/// Keys that a comparison of anything but bytes takes for one another.
const ALIKE: &[&str] = &[
    "key",
    "KEY",
    "Key",
    "key ",
    " key",
    "ke\u{301}y",
    "k\u{e9}y",
    "ke\u{301}\u{200b}y",
    "\u{212a}ey",
    "\u{ff4b}ey",
    "ke\u{ad}y",
    "\u{feff}key",
    "stra\u{df}e",
    "strasse",
    "I",
    "i",
    "\u{130}",
    "\u{131}",
    "1",
    "01",
    "1.0",
];

/// Keys that mean something to file systems, shells, databases or addresses.
const STRANGE: &[&str] = &[
    "/",
    "//",
    "a",
    "a/",
    "/a",
    "a/b",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/.",
    ".hidden",
    "\\",
    "a\\b",
    "C:\\a",
    "CON",
    "~",
    "-",
    "--help",
    "\0",
    "a\0",
    "a\0b",
    "\u{1}\u{7f}",
    "\t\r\n",
    "a\nb",
    "\u{1b}[31m",
    "%",
    "%2f",
    "%00",
    "_",
    "*",
    "a*",
    "?",
    "a?b=c&d#e",
    "[a]",
    "{a}",
    "$HOME",
    "'",
    "\"",
    "'; DROP TABLE entries; --",
    "`",
    ";",
    ":",
    "+",
    "<&>",
    "\u{80}",
    "\u{85}\u{2028}",
    "\u{202e}a",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10000}",
    "\u{1f600}",
    "\u{10ffff}",
    "日本語",
];

/// Keys up to here are tried, in bytes.
const LONGEST_KEY: usize = 64 * 1024;

/// Caps up to here are exceeded, in bytes.
const LARGEST_TRY: usize = 64 * 1024 * 1024;
