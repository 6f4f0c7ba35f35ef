//! What every [`DomainStore`] must do. [`domain_store_tests!`](crate::domain_store_tests) lists the
//! cases.

mod accidents;
mod bounds;
mod chain;
mod commits;
mod compaction;
mod feed;
mod handles;
mod known;
mod sets;
mod story;

pub use accidents::*;
pub use bounds::*;
pub use chain::*;
pub use commits::*;
pub use compaction::*;
pub use feed::*;
pub use handles::*;
pub use known::*;
pub use sets::*;

use bytes::Bytes;

use super::{ANSWERS, Place};
use crate::store::{
    Batch, DomainId, DomainStore, Feed, FeedBatch, Head, Record, RecordId, Seq, StoreError,
};

/// Checks a [`DomainStore`] against its contract: one test for each promise.
///
/// Takes the [`Place`] of the backend, and what it lacks of `kill`, `disk_full` and
/// `earlier_files`, each with the reason, as [`kv_store_tests!`](crate::kv_store_tests) does. For
/// a backend of level 1, [`OnKvAt`](crate::testkit::OnKvAt) makes the place.
#[macro_export]
macro_rules! domain_store_tests {
    ($place:ty $(, lacks { $($lack:ident: $reason:literal),* $(,)? })? $(,)?) => {
        $($($crate::__known_group! { $lack })*)?
        $crate::domain_store_tests! { @cases [$place]
            // The chain.
            an_unknown_domain_has_no_head,
            the_first_statement_makes_the_domain,
            statements_are_read_back_in_order,
            statements_are_bounded,
            a_statement_goes_to_the_next_position_only,
            of_concurrent_statements_one_wins,
            domains_do_not_mix,
            // The feed.
            a_batch_becomes_the_head,
            a_batch_needs_its_domain,
            a_batch_that_does_not_build_on_the_head_is_refused,
            of_concurrent_batches_one_wins,
            concurrent_commits_are_counted_exactly_once,
            the_feed_is_ordered_unique_and_gap_free,
            a_batch_is_whole_or_absent,
            the_feed_resumes_after_any_batch,
            the_feed_is_bounded,
            a_record_is_found_as_it_was_last_committed,
            of_two_records_of_one_id_in_a_batch_the_later_counts,
            // Whole sets.
            a_snapshot_and_the_feed_after_it_are_everything,
            a_snapshot_is_bounded,
            a_bucket_lists_the_live_records_of_a_first_byte,
            // Compaction.
            compaction_keeps_the_live_records,
            a_compacted_feed_says_so,
            compaction_ends_at_the_last_whole_batch,
            // Everything.
            any_bytes_are_kept,
            a_statement_may_be_as_large_as_the_caps_say,
            more_than_the_caps_is_too_large,
            an_erased_domain_is_gone,
            a_second_handle_sees_every_commit,
            a_second_handle_competes_for_the_same_head,
            what_was_committed_is_there_after_reopening,
            a_commit_wakes_those_who_wait,
            nobody_waits_for_what_is_there,
            a_healthy_store_says_so,
            lost_answers_are_found_out,
        }
        $crate::__unless_lacking! { kill [$($($lack: $reason,)*)?] {
            #[test]
            fn acknowledged_commits_survive_a_kill() {
                $crate::testkit::domain::acknowledged_commits_survive_a_kill::<$place>(concat!(
                    module_path!(),
                    "::acknowledged_commits_survive_a_kill"
                ));
            }
        } }
        $crate::__unless_lacking! { disk_full [$($($lack: $reason,)*)?] {
            #[test]
            fn a_full_disk_breaks_nothing() {
                $crate::testkit::run_on_a_small_disk::<$place>(
                    $crate::testkit::domain::a_full_disk_breaks_nothing,
                );
            }
        } }
        $crate::__unless_lacking! { earlier_files [$($($lack: $reason,)*)?] {
            #[test]
            fn files_of_earlier_versions_are_read() {
                $crate::testkit::run_on_earlier_files::<$place>(
                    $crate::testkit::domain::files_of_earlier_versions_are_read,
                );
            }
        } }
    };

    (@cases [$place:ty] $($case:ident,)+) => {$(
        #[test]
        fn $case() {
            $crate::testkit::run::<$place>($crate::testkit::domain::$case);
        }
    )+};
}

/// A place whose store is of level 2.
pub trait DomainPlace: Place<Store: DomainStore> {}

impl<P: Place<Store: DomainStore>> DomainPlace for P {}

/// Makes a domain.
async fn found(store: &dyn DomainStore, domain: &DomainId) {
    append(store, domain, 0, "genesis").await;
}

async fn append(
    store: &dyn DomainStore,
    domain: &DomainId,
    position: u64,
    statement: impl Into<Bytes>,
) {
    let appended = store.append(domain, position, statement.into()).await;
    appended.expect(ANSWERS);
}

async fn commit(store: &dyn DomainStore, domain: &DomainId, after: Seq, batch: Batch) -> Seq {
    let expected = after.plus(batch.records().len());
    let head = store.commit(domain, after, batch).await.expect(ANSWERS);
    assert_eq!(head, expected, "the place of the last record");
    head
}

/// The head of a domain that is there.
async fn head(store: &dyn DomainStore, domain: &DomainId) -> Head {
    let head = store.head(domain).await.expect(ANSWERS);
    head.expect("the domain is there")
}

/// One answer of a feed that was not compacted.
async fn batches(
    store: &dyn DomainStore,
    domain: &DomainId,
    after: Seq,
    max_bytes: usize,
) -> Vec<FeedBatch> {
    match store.feed(domain, after, max_bytes).await.expect(ANSWERS) {
        Feed::Batches(batches) => batches,
        Feed::Compacted(through) => panic!("after {after}: compacted through {through}"),
    }
}

/// The feed after `after`, to its end, answer by answer. It is in order and has no gap.
async fn whole_feed(
    store: &dyn DomainStore,
    domain: &DomainId,
    after: Seq,
    max_bytes: usize,
) -> Vec<FeedBatch> {
    let (mut all, mut reached) = (Vec::new(), after);
    loop {
        let page = batches(store, domain, reached, max_bytes).await;
        if page.is_empty() {
            return all;
        }
        for batch in page {
            assert_eq!(batch.first, reached.plus(1), "no gap, and nothing twice");
            reached = batch.last();
            all.push(batch);
        }
    }
}

async fn refuses_commit(store: &dyn DomainStore, domain: &DomainId, after: Seq) {
    let batch = batch("refused", vec![record(1, 1, "refused")]);
    let refused = store.commit(domain, after, batch).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
}

async fn refuses_append(store: &dyn DomainStore, domain: &DomainId, position: u64) {
    let refused = store.append(domain, position, "refused".into()).await;
    assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
}

fn batch(envelope: impl Into<Bytes>, records: Vec<Record>) -> Batch {
    Batch::new(envelope.into(), records).expect("there are records")
}

fn record(bucket: u8, number: u64, body: impl Into<Bytes>) -> Record {
    Record {
        id: id(bucket, number),
        body: body.into(),
    }
}

/// Ids of one bucket are in the order of their numbers.
fn id(bucket: u8, number: u64) -> RecordId {
    let mut bytes = [0; 32];
    let (first, rest) = bytes.split_at_mut(1);
    first.fill(bucket);
    let (number_at, _) = rest.split_at_mut(8);
    number_at.copy_from_slice(&number.to_be_bytes());
    RecordId::new(bytes)
}

const DOMAIN: DomainId = DomainId::new([7; 32]);

/// Differs from [`DOMAIN`] in its last bit.
const OTHER: DomainId = {
    let mut bytes = [7; 32];
    bytes[31] = 6;
    DomainId::new(bytes)
};

/// Small enough for several answers.
const PAGE: usize = 2000;
