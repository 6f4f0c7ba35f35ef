//! What earlier versions have written: objects by name, in hexadecimal.

use std::fmt::Write as _;
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use sso_sync::store::BucketStore;
use sso_sync::testkit::kv::write_known;

/// Puts what version 1 has written below a prefix.
pub(crate) async fn put(objects: &dyn ObjectStore, prefix: &str) {
    for line in VERSION_1.lines() {
        let (name, content) = line.split_once(' ').unwrap();
        let name = Path::from(format!("{prefix}/{name}"));
        objects.put(&name, bytes_of(content).into()).await.unwrap();
    }
}

/// Whoever changes the format does so on purpose, and keeps a file of what was before.
#[tokio::test]
async fn this_version_writes_as_version_1_did() {
    let objects = Arc::new(InMemory::new());
    let store = BucketStore::over(Arc::<InMemory>::clone(&objects), "prefix");
    write_known(&store).await;

    let mut text = String::new();
    let mut listed: Vec<_> = objects.list(None).try_collect().await.unwrap();
    listed.sort_by(|one, other| one.location.cmp(&other.location));
    for object in listed {
        let bytes = objects.get(&object.location).await.unwrap().bytes().await;
        let name = object.location.as_ref().strip_prefix("prefix/").unwrap();
        writeln!(text, "{name} {}", hexadecimal(&bytes.unwrap())).unwrap();
    }
    let same = text
        .lines()
        .map(without_nonces)
        .eq(VERSION_1.lines().map(without_nonces));
    assert!(same, "another format:\n{text}");
}

/// A line with zeros where it is random: behind magic and count, as long as nine nonces.
fn without_nonces(line: &str) -> String {
    let (name, content) = line.split_once(' ').unwrap();
    let mut content = bytes_of(content);
    content.get_mut(12..156).unwrap().fill(0);
    format!("{name} {}", hexadecimal(&content))
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

const VERSION_1: &str = include_str!("../data/object/v1.txt");
