//! What was answered, and what must be there because of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sso_sync::store::{Batch, DomainStore as _, OnKv, RecordId, Seq, StoreError, Stored};

use crate::content::{DOMAIN, batch, buckets, by_id, feed, live, record, snapshot};
use crate::steps::{Steps, alone};

/// Remembers the answers to commits of numbered batches.
#[derive(Debug, Default)]
pub(crate) struct Journal(RefCell<Entries>);

#[derive(Debug, Default)]
struct Entries {
    /// The last places of acknowledged batches.
    acknowledged: BTreeMap<u8, Seq>,
    /// Batches that were refused.
    refused: BTreeSet<u8>,
    /// Batches whose writers do not know.
    unknown: BTreeSet<u8>,
    /// How many batches were made to check that writing goes on.
    checks: u8,
}

impl Journal {
    /// Commits batch number `number`, and writes down what was answered.
    pub(crate) async fn commit(&self, store: &OnKv<Steps>, after: Seq, number: u8) -> Option<Seq> {
        let committed = store.commit(&DOMAIN, after, numbered(number)).await;
        let mut entries = self.0.borrow_mut();
        match &committed {
            Ok(last) => drop(entries.acknowledged.insert(number, *last)),
            Err(StoreError::Conflict | StoreError::Unavailable(_)) => {
                entries.refused.insert(number);
            }
            Err(StoreError::Unknown(_)) => drop(entries.unknown.insert(number)),
            Err(error) => panic!("{error:?}"),
        }
        committed.ok()
    }

    /// The last place that was acknowledged so far.
    pub(crate) fn last(&self) -> Seq {
        let entries = self.0.borrow();
        let last = entries.acknowledged.values().max();
        last.copied().unwrap_or(Seq::START)
    }

    /// How many writers were refused, and how many do not know.
    pub(crate) fn failures(&self) -> (usize, usize) {
        let entries = self.0.borrow();
        (entries.refused.len(), entries.unknown.len())
    }

    /// Forgets what was acknowledged, as the domain may have been erased since.
    pub(crate) fn forget(&self) {
        self.0.borrow_mut().acknowledged.clear();
    }

    /// Checks live records that were read by somebody who knows that all up to `least` was there.
    pub(crate) fn check_live(&self, live: &BTreeMap<RecordId, Stored>, least: Seq) {
        is_a_moment(live);
        let entries = self.0.borrow();
        for (number, last) in &entries.acknowledged {
            let own = live.get(&record(*number, "").id);
            assert!(*last > least || own.is_some(), "batch {number} is missing");
            assert!(own.is_none_or(|own| own.seq == *last), "{own:?}");
        }
        for number in &entries.refused {
            let own = live.get(&record(*number, "").id);
            assert_eq!(own, None, "batch {number} was refused");
        }
    }

    /// Checks whatever can be read through a new handle, that writing goes on, and that nothing is
    /// left over in the end.
    pub(crate) fn check(&self, steps: &Steps) {
        alone(async {
            let before = self.check_content(steps).await;
            let tail = self.check_that_it_goes_on(steps, before.len()).await;
            let after = self.check_content(steps).await;
            assert_eq!(
                after.len(),
                before.len() + if before.is_empty() { 2 } else { 1 }
            );
            check_keys(&steps.keys().await);
            assert_eq!(
                OnKv::new(steps.sound())
                    .head(&DOMAIN)
                    .await
                    .unwrap()
                    .unwrap()
                    .compacted,
                tail
            );
        });
    }

    /// Checks the live records through a new handle.
    pub(crate) async fn check_records(&self, steps: &Steps) {
        let store = OnKv::new(steps.sound());
        let found = store.find(&DOMAIN, &everybody()).await.unwrap();
        self.check_live(&by_id(found), self.last());
    }

    /// However one asks, it is the same, and nothing is missing.
    async fn check_content(&self, steps: &Steps) -> BTreeMap<RecordId, Stored> {
        let store = OnKv::new(steps.sound());
        let head = store.head(&DOMAIN).await.unwrap().unwrap();
        let all = live(&store).await;
        self.check_live(&all, self.last());
        assert_eq!(head.seq.number(), 2 * (all.len() as u64).saturating_sub(1));
        assert_eq!(buckets(&store, 300).await, all);
        assert_eq!(by_id(snapshot(&store, 300).await.0), all);
        assert_eq!(by_id(store.find(&DOMAIN, &everybody()).await.unwrap()), all);
        let statements = store.statements(&DOMAIN, 0, usize::MAX).await.unwrap();
        assert_eq!(statements.len() as u64, head.statements);
        let batches = feed(&store, head.compacted, 1).await.unwrap();
        let mut end = head.compacted;
        for batch in &batches {
            assert_eq!(batch.first, end.plus(1));
            end = batch.last();
        }
        assert_eq!(end, head.seq);
        if let Some(last) = all.values().max_by_key(|stored| stored.seq) {
            assert_eq!(head.envelope, last.record.body);
        }
        all
    }

    async fn check_that_it_goes_on(&self, steps: &Steps, records: usize) -> Seq {
        let store = OnKv::new(steps.sound());
        let number = {
            let mut entries = self.0.borrow_mut();
            entries.checks += 1;
            ALL - entries.checks
        };
        let after = Seq::new(2 * (records as u64).saturating_sub(1));
        let tail = self.commit(&store, after, number).await.unwrap();
        store.compact(&DOMAIN, tail).await.unwrap();
        store.compact(&DOMAIN, tail).await.unwrap();
        tail
    }
}

/// After everything was compacted twice, there is one life with one snapshot and no batch.
fn check_keys(keys: &[String]) {
    let part = |number: usize| move |key: &String| key.split('/').nth(number).map(str::to_owned);
    let slots = keys.iter().filter(|key| key.contains("/feed/"));
    assert_eq!(slots.count(), 0, "{keys:#?}");
    let lives: BTreeSet<_> = keys.iter().filter_map(part(2)).collect();
    assert_eq!(lives.len(), 2, "a life and the root: {keys:#?}");
    let parts = keys.iter().filter(|key| key.contains("/snap/"));
    let snapshots: BTreeSet<_> = parts.filter_map(part(4)).collect();
    assert_eq!(snapshots.len(), 1, "{keys:#?}");
    assert!(keys.iter().all(|key| key.len() <= 120), "{keys:#?}");
}

/// The live records of one moment are those of the first so many batches.
pub(crate) fn is_a_moment(live: &BTreeMap<RecordId, Stored>) {
    let mut places: Vec<_> = live.values().map(|stored| stored.seq.number()).collect();
    places.sort_unstable();
    let batches = (live.len() as u64).saturating_sub(1);
    let own = (1..=batches).map(|number| number * 2);
    let all = live.get(&record(ALL, "").id);
    let all = all.map(|all| all.seq.number());
    let mut expected: Vec<_> = own.chain(all).collect();
    expected.sort_unstable();
    assert_eq!(places, expected);
    assert_eq!(all.unwrap_or_default(), (batches * 2).saturating_sub(1));
}

/// The batch with this number: a record that all batches have, and one of its own.
pub(crate) fn numbered(number: u8) -> Batch {
    batch(&format!("batch {number}"), &[ALL, number])
}

/// The ids of all users.
pub(crate) fn everybody() -> Vec<RecordId> {
    (0..=ALL).map(|user| record(user, "").id).collect()
}

/// The user whom all batches write.
const ALL: u8 = 254;
