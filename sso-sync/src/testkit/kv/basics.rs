//! Values, and what was put.

use bytes::Bytes;

use super::{KvPlace, create, delete, read, replace};
use crate::store::KvStore as _;
use crate::testkit::ANSWERS;

/// `None`, not an error.
pub async fn a_missing_key_has_no_entry<P: KvPlace>(place: P) {
    let store = place.open().await;
    assert_eq!(read(&store, "missing").await, None);
    create(&store, "miss", "shorter").await;
    create(&store, "missing/", "longer").await;
    assert_eq!(read(&store, "missing").await, None);
}

/// Value and version, at once, through this handle.
pub async fn a_put_is_read_back<P: KvPlace>(place: P) {
    let store = place.open().await;
    let version = create(&store, "key", "first").await;
    let entry = read(&store, "key").await.expect("it is there");
    assert_eq!((&*entry.value, &entry.version), (&b"first"[..], &version));

    let version = replace(&store, "key", "second", &version).await;
    let entry = read(&store, "key").await.expect("it is still there");
    assert_eq!((&*entry.value, &entry.version), (&b"second"[..], &version));
}

/// From `get` and from `list`.
pub async fn a_deleted_key_is_gone<P: KvPlace>(place: P) {
    let store = place.open().await;
    let version = create(&store, "key", Bytes::new()).await;
    delete(&store, "key", &version).await;
    assert_eq!(read(&store, "key").await, None);
    let page = store.list("", None, 10).await.expect(ANSWERS);
    assert!(page.entries.is_empty() && !page.more, "{page:?}");
}

/// None at all, every byte there is, zeros at both ends.
pub async fn any_bytes_are_a_value<P: KvPlace>(place: P) {
    let store = place.open().await;
    let every_byte: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    let values = [vec![], vec![0], b"\0 \r\n\0".to_vec(), every_byte];
    for (number, value) in values.into_iter().enumerate() {
        let key = format!("value-{number}");
        create(&store, &key, value.clone()).await;
        let entry = read(&store, &key).await.expect("it is there");
        assert_eq!(entry.value, value, "value {number}");
    }
}

/// A readiness probe is answered.
pub async fn a_healthy_store_says_so<P: KvPlace>(place: P) {
    let store = place.open().await;
    store.health().await.expect("a store in use is healthy");
    create(&store, "health", "a key as any other").await;
    store.health().await.expect("a store in use is healthy");
}
