//! What earlier versions have written: keys behind the prefix and their values, in hexadecimal.

use std::fmt::Write as _;

use etcd_client::{Client, GetOptions};
use sso_sync::testkit::Place as _;
use sso_sync::testkit::kv::write_known;

use crate::place::{Etcd, shared};

/// Puts what version 1 has written below a prefix.
pub(crate) async fn put(prefix: &str) {
    let mut keys = raw().await.kv_client();
    for line in VERSION_1.lines() {
        let (key, value) = line.split_once(' ').unwrap();
        let key = [prefix.as_bytes(), &bytes_of(key)].concat();
        keys.put(key, bytes_of(value), None).await.unwrap();
    }
}

/// Whoever changes the format does so on purpose, and keeps a file of what was before.
#[tokio::test]
async fn this_version_writes_as_version_1_did() {
    let place = Etcd::fresh().await;
    write_known(&place.open().await).await;

    let prefix = place.name().unwrap();
    let all = GetOptions::new().with_prefix();
    let mut keys = raw().await.kv_client();
    let written = keys.get(prefix.as_str(), Some(all)).await.unwrap();
    let mut text = String::new();
    for pair in written.kvs() {
        let key = pair.key().strip_prefix(prefix.as_bytes()).unwrap();
        writeln!(text, "{} {}", hexadecimal(key), hexadecimal(pair.value())).unwrap();
    }
    let same = text
        .lines()
        .map(without_nonce)
        .eq(VERSION_1.lines().map(without_nonce));
    assert!(same, "another format:\n{text}");
}

/// A line without what is random: the first 16 bytes of each value.
fn without_nonce(line: &str) -> (&str, &str) {
    let (key, value) = line.split_once(' ').unwrap();
    (key, value.get(32..).unwrap())
}

/// A client that is not ours.
async fn raw() -> Client {
    Client::connect([shared()], None).await.unwrap()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let (digits, _) = hexadecimal.as_bytes().as_chunks::<2>();
    digits
        .iter()
        .map(|digits| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect()
}

const VERSION_1: &str = include_str!("../data/etcd/v1.txt");
