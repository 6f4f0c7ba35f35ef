//! What may be forgotten, and what may not.

use std::sync::Arc;

use super::story::{end, fed, holds, tell};
use super::{DOMAIN, DomainPlace, append, batches, found, head};
use crate::store::{DomainStore, Feed, Seq};
use crate::testkit::ANSWERS;

/// The chain and the head, too.
pub async fn compaction_keeps_the_live_records<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    append(&store, &DOMAIN, 1, "second").await;
    tell(&store, 0..20).await;
    for through in [3, 12, 20] {
        compact(&store, end(through)).await;
        assert_eq!(head(&store, &DOMAIN).await.compacted, end(through));
        holds(&store, 20).await;
    }
    for told in 20..30 {
        tell(&store, told..told + 1).await;
        compact(&store, end(told + 1)).await;
        holds(&store, told + 1).await;
    }
    let statements = store.statements(&DOMAIN, 0, 1000).await.expect(ANSWERS);
    assert_eq!(statements, ["genesis", "second"]);
    append(&store, &DOMAIN, 2, "third").await;
    holds(&place.open().await, 30).await;
}

/// [`Feed::Compacted`], never a gap; also while it is written, compacted and read.
pub async fn a_compacted_feed_says_so<P: DomainPlace>(place: P) {
    let store = Arc::new(place.open().await);
    found(&*store, &DOMAIN).await;
    tell(&*store, 0..20).await;
    compact(&*store, end(12)).await;
    for after in 0..end(12).number() {
        let fed = feed(&*store, Seq::new(after)).await;
        assert_eq!(fed, Feed::Compacted(end(12)), "after {after}");
    }
    for told in 12..=20 {
        let fed = batches(&*store, &DOMAIN, end(told), 1_000_000).await;
        assert!(
            fed.into_iter().eq((told..20).map(self::fed)),
            "after {told}"
        );
    }
    let writer = tokio::spawn(write_and_compact(Arc::clone(&store)));
    let reader = place.open().await;
    let mut reached = 0;
    while reached < WRITTEN {
        for store in [&*store, &reader] {
            reached = read_on(store, reached).await;
        }
        tokio::task::yield_now().await;
    }
    writer.await.expect("the writer comes to its end");
    holds(&reader, WRITTEN).await;
}

/// And never reaches beyond the head.
pub async fn compaction_ends_at_the_last_whole_batch<P: DomainPlace>(place: P) {
    let store = place.open().await;
    found(&store, &DOMAIN).await;
    compact(&store, Seq::new(10)).await;
    assert_eq!(head(&store, &DOMAIN).await.compacted, Seq::START);
    tell(&store, 0..8).await;

    let in_the_middle = (end(7).number() + 1..end(8).number()).map(Seq::new);
    let through = [Seq::START, end(4), end(3), end(7)].into_iter();
    let mut reached = Seq::START;
    for through in through.chain(in_the_middle) {
        compact(&store, through).await;
        reached = reached.max(through.min(end(7)));
        assert_eq!(head(&store, &DOMAIN).await.compacted, reached);
        holds(&store, 8).await;
    }
    for beyond in [end(8).plus(1), Seq::new(u64::MAX)] {
        compact(&store, beyond).await;
        assert_eq!(head(&store, &DOMAIN).await.compacted, end(8));
    }
    tell(&store, 8..10).await;
    holds(&store, 10).await;
}

async fn write_and_compact<S: DomainStore>(store: Arc<S>) {
    for told in 20..WRITTEN {
        tell(&*store, told..told + 1).await;
        if told % 3 == 0 {
            compact(&*store, end(told - 1)).await;
        }
        tokio::task::yield_now().await;
    }
}

/// Reads one answer after the first `reached` batches, and says how many it knows of then.
async fn read_on(store: &dyn DomainStore, reached: u64) -> u64 {
    match store.feed(&DOMAIN, end(reached), 600).await.expect(ANSWERS) {
        Feed::Batches(batches) => {
            let next = reached + batches.len() as u64;
            assert!(batches.into_iter().eq((reached..next).map(fed)), "no gap");
            next
        }
        Feed::Compacted(through) => {
            assert!(through > end(reached), "what is there is told");
            let reached = super::story::count_at(through);
            reached.expect("compaction ends with a batch")
        }
    }
}

async fn feed(store: &dyn DomainStore, after: Seq) -> Feed {
    store.feed(&DOMAIN, after, 1000).await.expect(ANSWERS)
}

async fn compact(store: &dyn DomainStore, through: Seq) {
    store.compact(&DOMAIN, through).await.expect(ANSWERS);
}

/// How many batches there are when the writer has come to its end.
const WRITTEN: u64 = 60;
