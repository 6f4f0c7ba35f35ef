//! The content that the kit knows.

use bytes::Bytes;

use super::{KvPlace, create, delete, entries, read, replace};
use crate::store::KvStore;
use crate::testkit::seed::noise;

/// Writes what [`files_of_earlier_versions_are_read`] expects to find, into a store without
/// content: for a file of this version that later ones are going to read.
pub async fn write_known(store: &dyn KvStore) {
    for (key, value) in known() {
        let version = create(store, &key, "before").await;
        replace(store, &key, value, &version).await;
    }
    let deleted = create(store, DELETED, "deleted").await;
    delete(store, DELETED, &deleted).await;
}

/// Every entry is there, none other is, and writing goes on.
pub async fn files_of_earlier_versions_are_read<P: KvPlace>(place: P) {
    let store = place.open().await;
    holds(&store, &known()).await;
    assert_eq!(read(&store, DELETED).await, None);

    let mut now = known();
    for (key, value) in now.iter_mut().step_by(2) {
        *value = noise(1, 1000);
        let there = read(&store, key).await.expect("it is there");
        replace(&store, key, value.clone(), &there.version).await;
    }
    create(&store, DELETED, "again").await;
    drop(store);
    now.insert(0, (DELETED.into(), "again".into()));
    holds(&place.open().await, &now).await;
}

async fn holds(store: &dyn KvStore, expected: &[(String, Bytes)]) {
    let there = entries(store, "", 7).await;
    let there = there.into_iter().map(|(key, entry)| (key, entry.value));
    assert!(there.eq(expected.iter().cloned()), "the entries, no others");
}

/// Sorted by the bytes of the keys.
fn known() -> Vec<(String, Bytes)> {
    let numbered = (0..20).map(|it| (format!("known/{it:02}"), noise(it, 300 * it as usize)));
    let strange = [("known/\u{e9}", "é"), ("known/\u{10000}", "\0"), ("~", "")];
    let strange =
        strange.map(|(key, value)| (key.to_owned(), Bytes::from_static(value.as_bytes())));
    numbered.chain(strange).collect()
}

const DELETED: &str = "known/";
