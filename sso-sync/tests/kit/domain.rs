//! Broken stores of level 2.

use sso_sync::testkit::domain::*;

use crate::catches;
use crate::domain_model::{Flaw, ModelPlace};

mod the_model {
    sso_sync::domain_store_tests!(
        crate::domain_model::ModelPlace,
        lacks {
            kill: "what is in memory ends with the process",
            disk_full: "there is no disk",
            earlier_files: "there are no files",
        }
    );
}

#[test]
fn a_store_that_does_not_bound_its_answers_is_caught() {
    let flaw = Flaw::StatementsIgnoreTheirBound;
    catches(ModelPlace::new, flaw, statements_are_bounded);
    catches(
        ModelPlace::new,
        Flaw::FeedIgnoresItsBound,
        the_feed_is_bounded,
    );
}

#[test]
fn a_store_that_appends_anywhere_is_caught() {
    let flaw = Flaw::AcceptsAnyPosition;
    let case = a_statement_goes_to_the_next_position_only;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_store_that_mixes_domains_is_caught() {
    catches(ModelPlace::new, Flaw::MixesDomains, domains_do_not_mix);
}

#[test]
fn a_store_that_commits_to_no_domain_is_caught() {
    catches(
        ModelPlace::new,
        Flaw::NeedsNoDomain,
        a_batch_needs_its_domain,
    );
}

#[test]
fn a_store_that_looks_before_it_writes_is_caught() {
    let flaw = Flaw::LooksBeforeItWrites;
    catches(ModelPlace::new, flaw, of_concurrent_statements_one_wins);
    catches(ModelPlace::new, flaw, of_concurrent_batches_one_wins);
    let case = concurrent_commits_are_counted_exactly_once;
    catches(ModelPlace::new, flaw, case);
    let case = a_second_handle_competes_for_the_same_head;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_store_whose_conflicts_store_something_is_caught() {
    let flaw = Flaw::ConflictStoresRecords;
    let case = a_batch_that_does_not_build_on_the_head_is_refused;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_feed_that_repeats_or_skips_is_caught() {
    for flaw in [Flaw::FeedRepeats, Flaw::FeedSkips] {
        let case = the_feed_is_ordered_unique_and_gap_free;
        catches(ModelPlace::new, flaw, case);
    }
}

#[test]
fn a_feed_that_resumes_in_the_middle_of_a_batch_is_caught() {
    let flaw = Flaw::ResumesInABatch;
    catches(ModelPlace::new, flaw, the_feed_resumes_after_any_batch);
}

#[test]
fn a_store_that_tears_batches_is_caught() {
    catches(
        ModelPlace::new,
        Flaw::TearsBatches,
        a_batch_is_whole_or_absent,
    );
}

#[test]
fn a_store_that_finds_superseded_records_is_caught() {
    let flaw = Flaw::FindsSuperseded;
    let case = a_record_is_found_as_it_was_last_committed;
    catches(ModelPlace::new, flaw, case);
    let flaw = Flaw::EarlierOfTwoCounts;
    let case = of_two_records_of_one_id_in_a_batch_the_later_counts;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_snapshot_that_misses_records_that_moved_is_caught() {
    let flaw = Flaw::SnapshotMissesMovedRecords;
    let case = a_snapshot_and_the_feed_after_it_are_everything;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_bucket_without_order_is_caught() {
    let flaw = Flaw::BucketIsUnsorted;
    let case = a_bucket_lists_the_live_records_of_a_first_byte;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_store_that_forgets_too_much_is_caught() {
    let flaw = Flaw::CompactionLosesLiveRecords;
    catches(ModelPlace::new, flaw, compaction_keeps_the_live_records);
}

#[test]
fn a_compacted_feed_with_a_silent_gap_is_caught() {
    let flaw = Flaw::CompactedFeedHasAGap;
    catches(ModelPlace::new, flaw, a_compacted_feed_says_so);
}

#[test]
fn a_compaction_that_ends_anywhere_is_caught() {
    for flaw in [Flaw::CompactionEndsInABatch, Flaw::CompactionBeyondTheHead] {
        let case = compaction_ends_at_the_last_whole_batch;
        catches(ModelPlace::new, flaw, case);
    }
}

#[test]
fn a_store_that_cuts_what_is_too_large_is_caught() {
    let flaw = Flaw::TooLargeIsCut;
    catches(ModelPlace::new, flaw, more_than_the_caps_is_too_large);
}

#[test]
fn a_store_that_erases_less_than_everything_is_caught() {
    let flaw = Flaw::EraseKeepsRecords;
    catches(ModelPlace::new, flaw, an_erased_domain_is_gone);
}

#[test]
fn a_head_that_lags_behind_is_caught() {
    catches(ModelPlace::new, Flaw::HeadLags, a_batch_becomes_the_head);
    let flaw = Flaw::HeadLags;
    catches(ModelPlace::new, flaw, a_second_handle_sees_every_commit);
}

#[test]
fn a_store_that_forgets_the_newest_batch_is_caught() {
    let flaw = Flaw::ForgetsTheNewestOnReopening;
    let case = what_was_committed_is_there_after_reopening;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_store_that_wakes_nobody_is_caught() {
    let flaw = Flaw::NeverWakes;
    catches(ModelPlace::new, flaw, a_commit_wakes_those_who_wait);
    let flaw = Flaw::WaitsForTheNextChange;
    catches(ModelPlace::new, flaw, nobody_waits_for_what_is_there);
}

#[test]
fn a_store_that_alters_what_was_committed_is_caught() {
    let flaw = Flaw::EnvelopeIsAltered;
    catches(ModelPlace::new, flaw, lost_answers_are_found_out);
    catches(ModelPlace::new, flaw, any_bytes_are_kept);
}
