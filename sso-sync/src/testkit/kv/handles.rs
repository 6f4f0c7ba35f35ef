//! Several handles of one place, as several processes would have them.

use std::sync::Arc;

use super::swap::{appends_are_counted, conflicts, one_wins};
use super::{KvPlace, create, delete, entries, read, replace};
use crate::store::Expect;

/// At once: what one handle was answered, the other finds.
pub async fn a_second_handle_sees_every_write<P: KvPlace>(place: P) {
    let (first, second) = (place.open().await, place.open().await);
    assert_eq!(read(&second, "key").await, None);
    for number in 0..20 {
        let created = create(&first, "key", number.to_string()).await;
        let seen = read(&second, "key").await.expect("it is there");
        assert_eq!(
            (seen.value, &seen.version),
            (number.to_string().into(), &created)
        );

        let replaced = replace(&second, "key", "replaced", &created).await;
        let seen = read(&first, "key").await.expect("it is still there");
        assert_eq!((&*seen.value, &seen.version), (&b"replaced"[..], &replaced));

        delete(&first, "key", &replaced).await;
        assert_eq!(read(&second, "key").await, None);
        assert!(entries(&second, "", 10).await.is_empty());
    }
}

/// One wins, and appends through both are counted exactly once.
pub async fn a_second_handle_competes_for_the_same_keys<P: KvPlace>(place: P) {
    let handles = [Arc::new(place.open().await), Arc::new(place.open().await)];
    for round in 0..20 {
        let key = format!("key-{round}");
        let created = one_wins(&handles, &key, Expect::Absent).await;
        one_wins(&handles, &key, Expect::Is(created.clone())).await;
        for store in &handles {
            conflicts(&**store, &key, Expect::Is(created.clone())).await;
        }
    }
    appends_are_counted(&handles).await;
}

/// Values, versions and what was deleted.
pub async fn what_was_stored_is_there_after_reopening<P: KvPlace>(place: P) {
    let store = place.open().await;
    for number in 0..50 {
        create(&store, &format!("key-{number}"), number.to_string()).await;
    }
    let first = create(&store, "replaced", "before").await;
    let second = replace(&store, "replaced", "after", &first).await;
    let deleted = create(&store, "deleted", "before").await;
    delete(&store, "deleted", &deleted).await;
    let last = create(&store, "last", "of all").await;
    let before = entries(&store, "", 100).await;
    assert_eq!(before.len(), 52);
    drop(store);

    let store = place.open().await;
    assert_eq!(entries(&store, "", 100).await, before);
    assert_eq!(read(&store, "deleted").await, None);
    conflicts(&store, "replaced", Expect::Is(first)).await;
    replace(&store, "replaced", "again", &second).await;
    conflicts(&store, "deleted", Expect::Is(deleted.clone())).await;
    let anew = create(&store, "deleted", "before").await;
    assert!(anew != deleted && anew != last, "versions go on");
}
