//! What may be kept, how much of it, and for how long.

use bytes::Bytes;

use super::story::{everything, holds, tell};
use super::{DOMAIN, DomainPlace, OTHER, append, batch, commit, found, head, record, whole_feed};
use crate::store::{Batch, DomainCaps, DomainStore, Record, RecordId, Seq, StoreError};
use crate::testkit::seed::noise;
use crate::testkit::{ANSWERS, LARGEST_WRITE};

/// In statements, envelopes and records, none at all included.
pub async fn any_bytes_are_kept<P: DomainPlace>(place: P) {
    let store = place.open().await;
    let every_byte = Bytes::from_iter(0..=255);
    let strange = [Bytes::new(), every_byte, vec![0].into(), vec![255].into()];
    let mut expected = Vec::new();
    for (position, bytes) in (0..).zip(strange) {
        append(&store, &DOMAIN, position, bytes.clone()).await;
        let ids = [[0; 32], [255; 32]].map(RecordId::new);
        let body = bytes.clone();
        let records = ids
            .map(|id| Record {
                id,
                body: body.clone(),
            })
            .to_vec();
        expected.push((bytes.clone(), batch(bytes.clone(), records)));
        let (_, batch) = expected.last().expect("it was just added");
        commit(&store, &DOMAIN, Seq::new(position * 2), batch.clone()).await;
        assert_eq!(head(&store, &DOMAIN).await.envelope, bytes);
    }
    let store = place.open().await;
    let statements = store.statements(&DOMAIN, 0, 10_000).await.expect(ANSWERS);
    let fed = whole_feed(&store, &DOMAIN, Seq::START, 10_000).await;
    let batches = fed.into_iter().map(|it| it.batch);
    assert_eq!(
        statements.into_iter().zip(batches).collect::<Vec<_>>(),
        expected
    );
    let live = everything(&store, &DOMAIN, 10_000).await;
    assert!(
        live.values().all(|it| it.record.body == vec![255]),
        "{live:?}"
    );
}

/// A batch too, of one record and of many. [`LARGEST_WRITE`] bytes at most are tried.
pub async fn a_statement_may_be_as_large_as_the_caps_say<P: DomainPlace>(place: P) {
    let store = place.open().await;
    let caps = store.caps();
    assert!(caps.max_statement >= DomainCaps::MIN, "{caps:?}");
    assert!(caps.max_batch >= DomainCaps::MIN, "{caps:?}");

    let statement = noise(1, caps.max_statement.min(LARGEST_WRITE));
    append(&store, &DOMAIN, 0, statement.clone()).await;
    append(&store, &DOMAIN, 1, statement.clone()).await;
    let mut after = Seq::START;
    let largest = caps.max_batch.min(LARGEST_WRITE);
    for batch in [of_size(largest, 1), of_size(largest, 500)] {
        assert_eq!(batch.size(), largest);
        let before = after;
        after = commit(&store, &DOMAIN, after, batch.clone()).await;
        let fed = whole_feed(&store, &DOMAIN, before, 1).await;
        assert!(fed.iter().map(|it| &it.batch).eq([&batch]), "as committed");
    }
    let there = store.statements(&DOMAIN, 1, 1).await.expect(ANSWERS);
    assert!(there == [statement], "as appended");
    let live = everything(&store, &DOMAIN, 1).await;
    assert_eq!(live.len(), 500, "all records of the second");
}

/// [`StoreError::TooLarge`], and nothing is changed. Caps beyond what fits into the memory of a
/// test are not exceeded.
pub async fn more_than_the_caps_is_too_large<P: DomainPlace>(place: P) {
    let store = place.open().await;
    let caps = store.caps();
    found(&store, &DOMAIN).await;
    tell(&store, 0..3).await;
    if caps.max_statement <= LARGEST_TRY {
        let statement = Bytes::from(vec![0; caps.max_statement + 1]);
        is_too_large(&store.append(&DOMAIN, 1, statement.clone()).await);
        is_too_large(&store.append(&OTHER, 0, statement).await);
    }
    if caps.max_batch <= LARGEST_TRY {
        let after = head(&store, &DOMAIN).await.seq;
        for records in [1, 500] {
            let batch = of_size(caps.max_batch + 1, records);
            is_too_large(&store.commit(&DOMAIN, after, batch).await);
        }
    }
    assert_eq!(head(&store, &DOMAIN).await.statements, 1);
    assert_eq!(store.head(&OTHER).await.expect(ANSWERS), None);
    holds(&store, 3).await;
}

/// May be made again, and erasing is no error where nothing is.
pub async fn an_erased_domain_is_gone<P: DomainPlace>(place: P) {
    let store = place.open().await;
    store.erase(&DOMAIN).await.expect("nothing is erased");
    found(&store, &OTHER).await;
    let records = vec![record(7, 1, "kept")];
    commit(&store, &OTHER, Seq::START, batch("kept", records)).await;
    let other = head(&store, &OTHER).await;
    for told in [20, 5] {
        found(&store, &DOMAIN).await;
        append(&store, &DOMAIN, 1, "second").await;
        tell(&store, 0..told).await;
        let half = super::story::end(told / 2);
        store.compact(&DOMAIN, half).await.expect(ANSWERS);
        store.erase(&DOMAIN).await.expect(ANSWERS);
        super::chain::is_unknown(&store, &DOMAIN).await;
        super::refuses_commit(&store, &DOMAIN, Seq::START).await;
        store.erase(&DOMAIN).await.expect("nothing is erased");
    }
    found(&store, &DOMAIN).await;
    tell(&store, 0..10).await;
    holds(&store, 10).await;
    holds(&place.open().await, 10).await;
    assert_eq!(head(&store, &OTHER).await, other);
    assert_eq!(everything(&store, &OTHER, 1000).await.len(), 1);
}

/// A readiness probe is answered.
pub async fn a_healthy_store_says_so<P: DomainPlace>(place: P) {
    let store = place.open().await;
    store.health().await.expect("a store in use is healthy");
    found(&store, &DOMAIN).await;
    store.health().await.expect("a store in use is healthy");
}

/// A batch that counts as exactly so many bytes.
fn of_size(size: usize, records: usize) -> Batch {
    let envelope = noise(2, 200);
    let bodies = size - Batch::OVERHEAD * (records + 1) - envelope.len();
    let each = bodies / records;
    let record = |number: usize| {
        let rest = if number == 0 { bodies % records } else { 0 };
        record(
            number as u8,
            number as u64,
            noise(number as u64, each + rest),
        )
    };
    batch(envelope, (0..records).map(record).collect())
}

fn is_too_large<T: std::fmt::Debug>(answer: &Result<T, StoreError>) {
    let too_large = matches!(answer, Err(StoreError::TooLarge { .. }));
    assert!(too_large, "{answer:?}");
}

/// Caps up to here are exceeded, in bytes.
const LARGEST_TRY: usize = 64 * 1024 * 1024;
