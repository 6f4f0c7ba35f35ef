//! The user feed, batch by batch.

use std::sync::Arc;

use super::story::{self, end, fed, tell, told};
use super::{DOMAIN, DomainPlace, batch, batches, commit, found, head, id, record, whole_feed};
use crate::store::{Batch, DomainStore, Seq, Stored};
use crate::testkit::ANSWERS;

/// Also while it is written.
pub async fn the_feed_is_ordered_unique_and_gap_free<P: DomainPlace>(place: P) {
    let store = Arc::new(place.open().await);
    let reader = place.open().await;
    found(&*store, &DOMAIN).await;
    let writer = tokio::spawn(write_on(Arc::clone(&store)));
    let mut longest = 0;
    while !writer.is_finished() {
        for reader in [&*store, &reader] {
            let feed = whole_feed(reader, &DOMAIN, Seq::START, 700).await;
            let expected: Vec<_> = (0..feed.len() as u64).map(fed).collect();
            assert!(feed == expected, "the first {} as committed", feed.len());
            assert!(feed.len() >= longest, "a feed does not become shorter");
            longest = feed.len();
        }
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer comes to its end");
    story::holds(&*store, WRITTEN).await;
    story::holds(&reader, WRITTEN).await;
}

/// No reader ever sees a part of one.
pub async fn a_batch_is_whole_or_absent<P: DomainPlace>(place: P) {
    let store = Arc::new(place.open().await);
    let reader = place.open().await;
    found(&*store, &DOMAIN).await;
    let written = Arc::clone(&store);
    let writer = tokio::spawn(async move {
        for number in 0..WRITTEN {
            let after = Seq::new(number * WIDE);
            commit(&*written, &DOMAIN, after, wide(number)).await;
            tokio::task::yield_now().await;
        }
    });
    while !writer.is_finished() {
        for reader in [&*store, &reader] {
            the_head_is_whole(reader).await;
            what_is_found_is_whole(reader).await;
        }
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer comes to its end");
    let fed = whole_feed(&reader, &DOMAIN, Seq::START, 10_000).await;
    assert!(
        fed.into_iter()
            .map(|it| it.batch)
            .eq((0..WRITTEN).map(wide))
    );
}

/// After a record in the middle of a batch it resumes with that batch, and after the head it has
/// nothing to tell.
pub async fn the_feed_resumes_after_any_batch<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    tell(&store, 0..12).await;
    let head = end(12).number();
    for after in 0..head {
        let after = Seq::new(after);
        let resumed = batches(&store, &DOMAIN, after, 1_000_000).await;
        let whole = (0..12).rev().find(|number| end(*number) <= after);
        let expected: Vec<_> = (whole.unwrap_or(0)..12).map(fed).collect();
        assert!(resumed == expected, "after {after} come whole batches");
    }
    for after in [head, head + 1, u64::MAX] {
        let resumed = batches(&store, &DOMAIN, Seq::new(after), 1_000_000).await;
        assert!(resumed.is_empty(), "after {after} of {head}: {resumed:?}");
    }
}

/// As many batches as fit into the size that was asked for, but at least one if there is one.
pub async fn the_feed_is_bounded<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    tell(&store, 0..12).await;
    let sizes: Vec<_> = (0..12).map(|number| told(number).size()).collect();
    for from in 0..12 {
        let mut sum = 0;
        for (count, size) in (1..).zip(sizes.iter().skip(from)) {
            sum += size;
            let fit = batches(&store, &DOMAIN, end(from as u64), sum).await;
            assert_eq!(fit.len(), count, "{sum} bytes after batch {from}");
            let fit = batches(&store, &DOMAIN, end(from as u64), sum - 1).await;
            let all_but_one = (count - 1).max(1);
            assert_eq!(fit.len(), all_but_one, "{sum} - 1 bytes after batch {from}");
        }
    }
    assert_eq!(batches(&store, &DOMAIN, Seq::START, 0).await.len(), 1);
}

async fn write_on<S: DomainStore>(store: Arc<S>) {
    for number in 0..WRITTEN {
        tell(&*store, number..number + 1).await;
        tokio::task::yield_now().await;
    }
}

/// It is the end of a batch, with its envelope, and the feed ends there or later.
async fn the_head_is_whole(store: &dyn DomainStore) {
    let head = head(store, &DOMAIN).await;
    assert_eq!(head.seq.number() % WIDE, 0, "the end of a batch");
    let Some(newest) = (head.seq.number() / WIDE).checked_sub(1) else {
        return;
    };
    assert_eq!(head.envelope, format!("envelope {newest}"));
    let before = Seq::new(newest * WIDE);
    let fed = batches(store, &DOMAIN, before, 1).await;
    let fed = fed.first().map(|it| &it.batch);
    assert_eq!(fed, Some(&wide(newest)), "the head is in the feed");
}

/// Who has seen one record of a batch finds all of them.
async fn what_is_found_is_whole(store: &dyn DomainStore) {
    let mut newest = Seq::START;
    for which in (0..WIDE).chain([0]) {
        let found = store.find(&DOMAIN, &[id(which as u8, which)]).await;
        let found = found.expect(ANSWERS);
        let Some(Stored { seq, record }) = found.first() else {
            assert_eq!(newest, Seq::START, "record {which} is there, too");
            continue;
        };
        let number = (seq.number() - 1) / WIDE;
        assert!(wide(number).records().contains(record), "as committed");
        let before = Seq::new(number * WIDE);
        assert!(before >= newest, "{which} is of batch {before} or later");
        newest = before;
    }
    assert!(
        head(store, &DOMAIN).await.seq >= newest,
        "the head knows it"
    );
}

/// A batch that replaces the same records as any other.
fn wide(number: u64) -> Batch {
    let records = (0..WIDE).map(|which| record(which as u8, which, format!("{number} {which}")));
    batch(format!("envelope {number}"), records.collect())
}

/// How many batches are written while others read.
const WRITTEN: u64 = 40;

/// How many records a wide batch has.
const WIDE: u64 = 20;
