//! Keys, values, and what was put.

use bytes::Bytes;

use super::KvPlace;
use crate::store::{Expect, KvStore as _};
use crate::testkit::ANSWERS;

/// `None`, not an error.
pub async fn a_missing_key_has_no_entry<P: KvPlace>(place: P) {
    let store = place.open().await;
    assert_eq!(store.get("missing").await.expect(ANSWERS), None);
}

/// Value and version, at once, through this handle.
pub async fn a_put_is_read_back<P: KvPlace>(place: P) {
    let store = place.open().await;
    let value = Bytes::from_static(b"value");
    let version = store
        .put("key", value.clone(), Expect::Absent)
        .await
        .expect(ANSWERS);
    let entry = store.get("key").await.expect(ANSWERS).expect("it is there");
    assert_eq!((entry.value, entry.version), (value, version));
}

/// From `get` and from `list`.
pub async fn a_deleted_key_is_gone<P: KvPlace>(place: P) {
    let store = place.open().await;
    let version = store
        .put("key", Bytes::new(), Expect::Absent)
        .await
        .expect(ANSWERS);
    store.delete("key", version).await.expect(ANSWERS);
    assert_eq!(store.get("key").await.expect(ANSWERS), None);
    let page = store.list("", None, 10).await.expect(ANSWERS);
    assert!(page.entries.is_empty() && !page.more, "{page:?}");
}
