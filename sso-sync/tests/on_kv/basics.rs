//! One handle, or two, one step after the other.

use std::sync::Arc;

use sso_sync::store::{DomainStore as _, Head, KvStore, MemoryStore, OnKv, Seq, StoreError};

use crate::content::{DOMAIN, batch, buckets, feed, live, record, snapshot};

#[tokio::test]
async fn a_domain_grows_is_compacted_and_erased() {
    let kv: Arc<dyn KvStore> = Arc::new(MemoryStore::new());
    let store = OnKv::new(Arc::clone(&kv));
    let other = OnKv::new(kv);
    assert_eq!(store.head(&DOMAIN).await.unwrap(), None);
    store.append(&DOMAIN, 0, "genesis".into()).await.unwrap();
    other.append(&DOMAIN, 1, "one".into()).await.unwrap();
    let mut tail = Seq::START;
    for number in 0..20_u8 {
        let batch = batch(&number.to_string(), &[number, number / 2, 77]);
        tail = other.commit(&DOMAIN, tail, batch).await.unwrap();
    }
    for through in [0, 3, 4, 7, 31, 32, 60, 61, 61] {
        let before = live(&store).await;
        store.compact(&DOMAIN, Seq::new(through)).await.unwrap();
        for handle in [&store, &other] {
            let whole = Seq::new(through / 3 * 3);
            let head = Head {
                statements: 2,
                seq: tail,
                envelope: "19".into(),
                compacted: whole.min(tail),
            };
            assert_eq!(handle.head(&DOMAIN).await.unwrap(), Some(head));
            assert_eq!(live(handle).await, before);
            assert_eq!(buckets(handle, 100).await, before);
            let rest = feed(handle, whole, 1000).await.unwrap();
            assert_eq!(rest.len() as u64, 20 - whole.number().min(60) / 3);
        }
    }
    store.erase(&DOMAIN).await.unwrap();
    assert_eq!(other.head(&DOMAIN).await.unwrap(), None);
    assert_eq!(store.find(&DOMAIN, &[record(1, "").id]).await.unwrap(), []);
    assert!(snapshot(&store, 1).await.0.is_empty());
    let refused = other.commit(&DOMAIN, tail, batch("late", &[1])).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    other.append(&DOMAIN, 0, "again".into()).await.unwrap();
    let first = store.commit(&DOMAIN, Seq::START, batch("new", &[1])).await;
    assert_eq!(first.unwrap(), Seq::new(1));
}
