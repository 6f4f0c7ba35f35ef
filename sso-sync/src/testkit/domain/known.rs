//! The content that the kit knows.

use super::story::{end, holds, tell};
use super::{DOMAIN, DomainPlace, OTHER, append, batch, commit, found, head, record};
use crate::store::{DomainStore, Seq};
use crate::testkit::ANSWERS;

/// Writes what [`files_of_earlier_versions_are_read`] expects to find, into a store without
/// content: for a file of this version that later ones are going to read.
///
/// Two domains: one with statements, batches that supersede others, and a compacted part; and one
/// with a statement and a batch.
pub async fn write_known(store: &dyn DomainStore) {
    found(store, &DOMAIN).await;
    append(store, &DOMAIN, 1, "second").await;
    tell(store, 0..10).await;
    store.compact(&DOMAIN, end(10)).await.expect(ANSWERS);
    append(store, &DOMAIN, 2, "").await;
    tell(store, 10..KNOWN).await;

    found(store, &OTHER).await;
    let records = vec![record(7, 1, "other")];
    commit(store, &OTHER, Seq::START, batch("other", records)).await;
}

/// Both domains are as they were, and writing goes on.
pub async fn files_of_earlier_versions_are_read<P: DomainPlace>(place: P) {
    let store = place.open().await;
    let there = head(&store, &DOMAIN).await;
    assert_eq!(there.compacted, end(10), "what was compacted");
    holds(&store, KNOWN).await;
    let statements = store.statements(&DOMAIN, 0, 1000).await.expect(ANSWERS);
    assert_eq!(statements, ["genesis", "second", ""]);
    let other = head(&store, &OTHER).await;
    assert_eq!((other.statements, other.seq), (1, Seq::new(1)));
    assert_eq!(other.envelope, "other");

    append(&store, &DOMAIN, 3, "fourth").await;
    tell(&store, KNOWN..KNOWN + 3).await;
    store.compact(&DOMAIN, end(KNOWN)).await.expect(ANSWERS);
    holds(&store, KNOWN + 3).await;
    drop(store);
    holds(&place.open().await, KNOWN + 3).await;
}

/// How many batches the content has.
const KNOWN: u64 = 20;
