//! The authority chain.

use std::sync::Arc;

use bytes::Bytes;

use super::story::{everything, whole_bucket};
use super::{
    DOMAIN, DomainPlace, OTHER, append, batch, batches, commit, found, head, id, record,
    refuses_append, whole_feed,
};
use crate::store::{DomainId, DomainStore, Head, Seq, StoreError};
use crate::testkit::ANSWERS;
use crate::testkit::race::{RACERS, patient, race};

/// And nothing else: whatever is asked about it, the answer is empty.
pub async fn an_unknown_domain_has_no_head<P: DomainPlace>(place: P) {
    let store = place.open().await;
    is_unknown(&store, &DOMAIN).await;
    found(&store, &OTHER).await;
    commit(
        &store,
        &OTHER,
        Seq::START,
        batch("", vec![record(7, 1, "")]),
    )
    .await;
    is_unknown(&store, &DOMAIN).await;
}

/// With one statement, and no record so far.
pub async fn the_first_statement_makes_the_domain<P: DomainPlace>(place: P) {
    let store = place.open().await;
    append(&store, &DOMAIN, 0, "genesis").await;
    let made = Head {
        statements: 1,
        seq: Seq::START,
        envelope: Bytes::new(),
        compacted: Seq::START,
    };
    assert_eq!(head(&store, &DOMAIN).await, made);
    assert!(batches(&store, &DOMAIN, Seq::START, 1000).await.is_empty());
    assert!(everything(&store, &DOMAIN, 1000).await.is_empty());
}

/// From any position.
pub async fn statements_are_read_back_in_order<P: DomainPlace>(place: P) {
    let store = place.open().await;
    let all: Vec<Bytes> = (0..12).map(|it| format!("statement {it}").into()).collect();
    for (position, statement) in (0..).zip(&all) {
        append(&store, &DOMAIN, position, statement.clone()).await;
        assert_eq!(head(&store, &DOMAIN).await.statements, position + 1);
    }
    for (from, expected) in (0..=12).map(|from| (from as u64, all.get(from..))) {
        let read = statements(&store, from, 10_000).await;
        assert_eq!(Some(&*read), expected, "from {from}");
    }
    assert!(statements(&store, 13, 10_000).await.is_empty());
    assert!(statements(&store, u64::MAX, 10_000).await.is_empty());
}

/// As many as fit into the size that was asked for, but at least one if there is one.
pub async fn statements_are_bounded<P: DomainPlace>(place: P) {
    let store = place.open().await;
    for position in 0..4 {
        append(&store, &DOMAIN, position, vec![1; 1000]).await;
    }
    append(&store, &DOMAIN, 4, vec![1; 5000]).await;
    for (max_bytes, fit) in [(0, 1), (999, 1), (1000, 1), (1999, 1), (2000, 2), (3999, 3)] {
        let read = statements(&store, 0, max_bytes).await;
        assert_eq!(read.len(), fit, "of 1000 bytes each fit into {max_bytes}");
    }
    assert_eq!(statements(&store, 0, 8999).await.len(), 4);
    assert_eq!(statements(&store, 0, 9000).await.len(), 5);
    assert_eq!(statements(&store, 4, 1).await.len(), 1, "one that is there");
}

/// Any other is a [`StoreError::Conflict`].
pub async fn a_statement_goes_to_the_next_position_only<P: DomainPlace>(place: P) {
    let store = place.open().await;
    for position in [1, 2, u64::MAX] {
        refuses_append(&store, &DOMAIN, position).await;
    }
    is_unknown(&store, &DOMAIN).await;
    append(&store, &DOMAIN, 0, "first").await;
    append(&store, &DOMAIN, 1, "second").await;
    for position in [0, 1, 3, 4, u64::MAX] {
        refuses_append(&store, &DOMAIN, position).await;
    }
    let again = store.append(&DOMAIN, 1, "second".into()).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    assert_eq!(head(&store, &DOMAIN).await.statements, 2);
    assert_eq!(statements(&store, 0, 1000).await, ["first", "second"]);
}

/// Eight writers for each of twenty positions, the first included.
pub async fn of_concurrent_statements_one_wins<P: DomainPlace>(place: P) {
    let handles = [Arc::new(place.open().await)];
    for position in 0..20 {
        one_appends(&handles, position).await;
    }
}

/// Neither in the chain nor in the feed, though their names are alike and their records the same.
pub async fn domains_do_not_mix<P: DomainPlace>(place: P) {
    let store = place.open().await;
    let all = [[0; 32], [255; 32], *DOMAIN.as_bytes(), *OTHER.as_bytes()].map(DomainId::new);
    for domain in &all {
        found(&store, domain).await;
    }
    for (number, domain) in all.iter().enumerate() {
        let name = Bytes::from(number.to_string());
        append(&store, domain, 1, name.clone()).await;
        let records = vec![record(7, 1, name.clone()); number + 1];
        commit(&store, domain, Seq::START, batch(name, records)).await;
    }
    for (number, domain) in all.iter().enumerate() {
        let name = Bytes::from(number.to_string());
        let head = head(&store, domain).await;
        assert_eq!(
            (head.statements, head.seq),
            (2, Seq::START.plus(number + 1))
        );
        assert_eq!(head.envelope, name);
        let statements = store.statements(domain, 1, 1000).await.expect(ANSWERS);
        assert_eq!(statements, std::slice::from_ref(&name));
        assert_eq!(whole_feed(&store, domain, Seq::START, 1000).await.len(), 1);
        for records in [
            store.find(domain, &[id(7, 1)]).await.expect(ANSWERS),
            everything(&store, domain, 1000)
                .await
                .into_values()
                .collect(),
            whole_bucket(&store, domain, 7, 1000).await,
        ] {
            let bodies: Vec<_> = records.iter().map(|it| &it.record.body).collect();
            assert_eq!(bodies, [&name]);
        }
    }
}

/// Lets tasks append a different statement each, and looks for the one that was told that it won.
pub(super) async fn one_appends<S: DomainStore>(handles: &[Arc<S>], position: u64) {
    let appended = race(handles, |store, number| async move {
        let statement = Bytes::from(format!("{position} of {number}"));
        patient()
            .append(&*store, &DOMAIN, position, statement)
            .await
    });
    let mut winners = Vec::new();
    for (number, appended) in appended.await.into_iter().enumerate() {
        match appended {
            Ok(()) => winners.push(format!("{position} of {number}")),
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("racer {number}: {error:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "winners of {RACERS} for {position}");
    for store in handles {
        assert_eq!(statements(&**store, position, 1000).await, winners);
        assert_eq!(head(&**store, &DOMAIN).await.statements, position + 1);
    }
}

/// Whatever is asked about the domain, the answer is empty.
pub(super) async fn is_unknown(store: &dyn DomainStore, domain: &DomainId) {
    assert_eq!(store.head(domain).await.expect(ANSWERS), None);
    let statements = store.statements(domain, 0, 1000).await.expect(ANSWERS);
    assert!(statements.is_empty(), "{statements:?}");
    assert!(batches(store, domain, Seq::START, 1000).await.is_empty());
    let ids = [id(7, 0), id(7, 1), id(0, 0)];
    assert!(store.find(domain, &ids).await.expect(ANSWERS).is_empty());
    assert!(everything(store, domain, 1000).await.is_empty());
    for bucket in super::story::BUCKETS {
        assert!(whole_bucket(store, domain, bucket, 1000).await.is_empty());
    }
}

async fn statements(store: &dyn DomainStore, from: u64, max_bytes: usize) -> Vec<Bytes> {
    store
        .statements(&DOMAIN, from, max_bytes)
        .await
        .expect(ANSWERS)
}
