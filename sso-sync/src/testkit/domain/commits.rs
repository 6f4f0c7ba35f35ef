//! What is committed, and who may.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use super::story::{self, holds, tell, told};
use super::{
    DOMAIN, DomainPlace, batch, commit, found, head, id, record, refuses_commit, whole_feed,
};
use crate::store::{Batch, DomainStore, Seq, StoreError, Stored};
use crate::testkit::ANSWERS;
use crate::testkit::race::{RACERS, patient, race, step_back};
use crate::testkit::seed::{Random, seed};

/// [`DomainStore::head`] answers its envelope and last [`Seq`].
pub async fn a_batch_becomes_the_head<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    let one = batch("first", vec![record(1, 1, "one")]);
    commit(&store, &DOMAIN, Seq::START, one).await;
    let there = head(&store, &DOMAIN).await;
    assert_eq!((there.seq, &*there.envelope), (Seq::new(1), &b"first"[..]));

    let three = (2..5).map(|number| record(2, number, "three")).collect();
    commit(&store, &DOMAIN, Seq::new(1), batch("second", three)).await;
    let there = head(&store, &DOMAIN).await;
    assert_eq!((there.seq, &*there.envelope), (Seq::new(4), &b"second"[..]));
    assert_eq!((there.statements, there.compacted), (1, Seq::START));
}

/// A [`StoreError::Conflict`] before the first statement.
pub async fn a_batch_needs_its_domain<P: DomainPlace>(place: P) {
    let store = place.open().await;
    refuses_commit(&store, &DOMAIN, Seq::START).await;
    super::chain::is_unknown(&store, &DOMAIN).await;
    found(&store, &DOMAIN).await;
    holds(&store, 0).await;
    tell(&store, 0..1).await;
    holds(&store, 1).await;
}

/// [`StoreError::Conflict`], and nothing is changed.
pub async fn a_batch_that_does_not_build_on_the_head_is_refused<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    refuses_commit(&store, &DOMAIN, Seq::new(1)).await;
    holds(&store, 0).await;
    tell(&store, 0..4).await;
    let end = story::end(4).number();
    for after in (0..end).chain([end + 1, end + 10, u64::MAX]) {
        refuses_commit(&store, &DOMAIN, Seq::new(after)).await;
    }
    let again = store.commit(&DOMAIN, story::end(3), told(3)).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    holds(&store, 4).await;
    tell(&store, 4..5).await;
    holds(&store, 5).await;
}

/// Eight writers, twenty times.
pub async fn of_concurrent_batches_one_wins<P: DomainPlace>(place: P) {
    let store = Arc::new(place.open().await);
    found(&*store, &DOMAIN).await;
    for round in 0..20 {
        one_commits(&[Arc::clone(&store)], round).await;
    }
}

/// Eight writers, 25 batches each, each on whatever the head is.
pub async fn concurrent_commits_are_counted_exactly_once<P: DomainPlace>(place: P) {
    let store = Arc::new(place.open().await);
    found(&*store, &DOMAIN).await;
    commits_are_counted(&[store]).await;
}

/// Unknown ones are left out.
pub async fn a_record_is_found_as_it_was_last_committed<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    assert_eq!(find(&store, 1).await, None);
    let first = vec![record(9, 1, "first"), record(9, 2, "other")];
    commit(&store, &DOMAIN, Seq::START, batch("", first)).await;
    assert_eq!(find(&store, 1).await, Some(stored(1, "first")));

    let second = vec![record(9, 3, "third"), record(9, 1, "second")];
    commit(&store, &DOMAIN, Seq::new(2), batch("", second)).await;
    assert_eq!(find(&store, 1).await, Some(stored(4, "second")));
    assert_eq!(find(&store, 4).await, None);
    assert!(store.find(&DOMAIN, &[]).await.expect(ANSWERS).is_empty());

    let many: Vec<_> = (0..300).map(|number| id(9, number)).collect();
    let found = store.find(&DOMAIN, &many).await.expect(ANSWERS);
    let mut places: Vec<_> = found.iter().map(|it| it.seq.number()).collect();
    places.sort_unstable();
    assert_eq!(places, [2, 3, 4], "the known ones of many");
}

/// Wherever live records are asked for; the feed tells both.
pub async fn of_two_records_of_one_id_in_a_batch_the_later_counts<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    let twice = vec![
        record(9, 1, "earlier"),
        record(9, 2, "between"),
        record(9, 1, "later"),
    ];
    let twice = batch("twice", twice);
    commit(&store, &DOMAIN, Seq::START, twice.clone()).await;
    let fed = whole_feed(&store, &DOMAIN, Seq::START, 1000).await;
    assert_eq!(fed.first().map(|it| &it.batch), Some(&twice));

    assert_eq!(find(&store, 1).await, Some(stored(3, "later")));
    let bucket = story::whole_bucket(&store, &DOMAIN, 9, 1000).await;
    for live in [
        story::everything(&store, &DOMAIN, 1000).await,
        story::by_id(bucket),
    ] {
        assert_eq!(live.get(&id(9, 1)), Some(&stored(3, "later")));
        assert_eq!(live.len(), 2);
    }
}

/// Lets tasks commit a different batch each on the head, and looks for the one that was told that
/// it won.
pub(super) async fn one_commits<S: DomainStore>(handles: &[Arc<S>], round: usize) {
    let after = common_head(handles).await;
    let commits = race(handles, |store, number| async move {
        let batch = of_racer(number, round);
        patient().commit(&*store, &DOMAIN, after, batch).await
    });
    let mut winners = Vec::new();
    for (number, committed) in commits.await.into_iter().enumerate() {
        match committed {
            Ok(head) => winners.push((number, head)),
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("racer {number}: {error:?}"),
        }
    }
    let [(number, seq)] = *winners else {
        panic!("of {RACERS} writers after {after}, {} won", winners.len());
    };
    for store in handles {
        assert_eq!(head(&**store, &DOMAIN).await.seq, seq);
        let fed = whole_feed(&**store, &DOMAIN, after, 1000).await;
        let fed: Vec<_> = fed.into_iter().map(|it| it.batch).collect();
        assert_eq!(fed, [of_racer(number, round)], "the winner's");
    }
}

/// Lets tasks commit one batch after the other, and counts.
pub(super) async fn commits_are_counted<S: DomainStore>(handles: &[Arc<S>]) {
    let seed = seed();
    let before = common_head(handles).await;
    let commits = race(handles, |store, number| async move {
        let mut random = Random::new(seed.wrapping_add(number as u64));
        for count in 0..COMMITS {
            commit_somewhere(&*store, of_racer(number, count), &mut random).await;
        }
    });
    commits.await;
    for store in handles {
        let fed = whole_feed(&**store, &DOMAIN, before, 10_000).await;
        let all = (0..RACERS).flat_map(|it| (0..COMMITS).map(move |count| of_racer(it, count)));
        let envelopes: HashSet<_> = fed.iter().map(|it| it.batch.envelope().clone()).collect();
        assert_eq!(fed.len(), RACERS * COMMITS, "each is counted");
        assert_eq!(envelopes.len(), RACERS * COMMITS, "and counted once");
        let records = fed.iter().map(|it| it.batch.records().len()).sum();
        assert_eq!(head(&**store, &DOMAIN).await.seq, before.plus(records));
        for batch in all {
            assert!(envelopes.contains(batch.envelope()), "{batch:?}");
        }
    }
}

/// Commits on the head, however often others come first.
async fn commit_somewhere(store: &dyn DomainStore, batch: Batch, random: &mut Random) {
    let mut losses = 0;
    loop {
        let head = patient().read(|| store.head(&DOMAIN)).await;
        let after = head.expect("the head is read").expect("it is there").seq;
        // Stores that answer at once would let one racer finish before the next begins.
        tokio::task::yield_now().await;
        match patient().commit(store, &DOMAIN, after, batch.clone()).await {
            Ok(head) => {
                assert_eq!(head, after.plus(batch.records().len()), "right after");
                return;
            }
            Err(StoreError::Conflict) => step_back(random, losses).await,
            Err(error) => panic!("{batch:?} is committed: {error:?}"),
        }
        losses += 1;
    }
}

/// Where all handles say that the feed ends.
async fn common_head<S: DomainStore>(handles: &[Arc<S>]) -> Seq {
    let mut common = None;
    for store in handles {
        let seq = head(&**store, &DOMAIN).await.seq;
        assert_eq!(*common.get_or_insert(seq), seq, "one head for all");
    }
    common.expect("there is a handle")
}

/// One to three records that no other racer and no other count has.
fn of_racer(number: usize, count: usize) -> Batch {
    let name = Bytes::from(format!("{number} {count}"));
    let records = (0..=count as u64 % 3).map(|index| record(number as u8, index, name.clone()));
    batch(name.clone(), records.collect())
}

async fn find(store: &dyn DomainStore, number: u64) -> Option<Stored> {
    let mut found = store.find(&DOMAIN, &[id(9, number)]).await.expect(ANSWERS);
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

fn stored(seq: u64, body: &'static str) -> Stored {
    Stored {
        seq: Seq::new(seq),
        record: record(9, 1, body),
    }
}

/// How many batches each racer commits.
const COMMITS: usize = 25;
