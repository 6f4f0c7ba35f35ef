//! Broken stores of level 1.

use sso_sync::testkit::kv::*;

use crate::catches;
use crate::kv_model::{Flaw, ModelPlace};

mod the_model {
    sso_sync::kv_store_tests!(
        crate::kv_model::ModelPlace,
        lacks {
            kill: "what is in memory ends with the process",
            disk_full: "there is no disk",
            earlier_files: "there are no files",
        }
    );
}

#[test]
fn a_store_that_makes_entries_up_is_caught() {
    let flaw = Flaw::MissingKeysHaveAnEmptyValue;
    catches(ModelPlace::new, flaw, a_missing_key_has_no_entry);
    let flaw = Flaw::DeleteLeavesAnEmptyValue;
    catches(ModelPlace::new, flaw, a_deleted_key_is_gone);
}

#[test]
fn a_store_that_confuses_keys_is_caught() {
    let flaw = Flaw::IgnoresCase;
    catches(ModelPlace::new, flaw, keys_are_compared_byte_by_byte);
    catches(ModelPlace::new, Flaw::EndsKeysAtNul, any_text_is_a_key);
}

#[test]
fn a_store_that_shortens_is_caught() {
    for flaw in [Flaw::TruncatesLongKeys, Flaw::TruncatesLongValues] {
        let case = keys_and_values_may_be_as_long_as_the_caps_say;
        catches(ModelPlace::new, flaw, case);
    }
}

#[test]
fn a_store_that_takes_an_empty_value_for_none_is_caught() {
    let flaw = Flaw::EmptyValuesAreMissing;
    catches(ModelPlace::new, flaw, any_bytes_are_a_value);
}

#[test]
fn a_store_that_takes_more_than_it_says_is_caught() {
    let flaw = Flaw::TakesTooMuch;
    catches(ModelPlace::new, flaw, more_than_the_caps_is_too_large);
}

#[test]
fn a_store_that_says_that_it_is_ill_is_caught() {
    catches(
        ModelPlace::new,
        Flaw::SaysThatItIsIll,
        a_healthy_store_says_so,
    );
}

#[test]
fn a_store_that_writes_blindly_is_caught() {
    let flaw = Flaw::AbsentReplaces;
    catches(ModelPlace::new, flaw, absent_refuses_a_present_key);
    let flaw = Flaw::StaleVersionsReplace;
    catches(ModelPlace::new, flaw, a_version_of_before_is_refused);
    let flaw = Flaw::VersionsOfMissingKeysCreate;
    catches(ModelPlace::new, flaw, a_version_of_a_missing_key_is_refused);
    let flaw = Flaw::DeleteIgnoresItsVersion;
    catches(ModelPlace::new, flaw, a_delete_takes_the_version_it_names);
}

#[test]
fn a_store_whose_versions_are_digests_of_values_is_caught() {
    let flaw = Flaw::VersionIsADigest;
    catches(
        ModelPlace::new,
        flaw,
        the_same_value_again_is_another_version,
    );
    catches(ModelPlace::new, flaw, a_version_does_not_outlive_its_entry);
}

#[test]
fn a_store_whose_versions_restart_after_a_delete_is_caught() {
    let flaw = Flaw::VersionRestartsAfterDelete;
    catches(ModelPlace::new, flaw, a_version_does_not_outlive_its_entry);
}

#[test]
fn a_store_whose_refused_writes_change_something_is_caught() {
    let flaw = Flaw::RefusedWritesAreWrites;
    catches(ModelPlace::new, flaw, a_refused_write_changes_nothing);
}

#[test]
fn a_store_that_looks_before_it_writes_is_caught() {
    let flaw = Flaw::LooksBeforeItWrites;
    catches(ModelPlace::new, flaw, of_concurrent_creations_one_wins);
    catches(ModelPlace::new, flaw, of_concurrent_replacements_one_wins);
    let case = a_second_handle_competes_for_the_same_keys;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_store_that_repeats_a_write_that_was_not_answered_is_caught() {
    let flaw = Flaw::RepeatsWhatWasNotAnswered;
    let case = concurrent_appends_are_counted_exactly_once;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_store_that_sorts_by_anything_but_bytes_is_caught() {
    for flaw in [Flaw::SortsAsUtf16, Flaw::SortsWithoutCase] {
        catches(ModelPlace::new, flaw, a_list_is_sorted_by_bytes);
    }
}

#[test]
fn a_store_whose_prefixes_are_patterns_is_caught() {
    let flaw = Flaw::PrefixIsAPattern;
    catches(ModelPlace::new, flaw, a_list_holds_its_prefix_only);
}

#[test]
fn a_store_that_misunderstands_cursors_is_caught() {
    let flaw = Flaw::CursorIsInclusive;
    catches(ModelPlace::new, flaw, a_list_starts_after_its_cursor);
    let flaw = Flaw::CursorMustBeThere;
    catches(ModelPlace::new, flaw, a_cursor_may_name_a_deleted_key);
}

#[test]
fn a_store_that_ends_its_lists_early_is_caught() {
    let flaw = Flaw::SaysThatThereIsNoMore;
    let case = a_list_is_bounded_and_says_whether_there_is_more;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_store_that_lists_something_else_than_the_entries_is_caught() {
    let flaw = Flaw::ListsWithoutVersions;
    catches(ModelPlace::new, flaw, a_list_carries_the_entries);
}

#[test]
fn a_store_that_skips_as_many_as_it_has_listed_is_caught() {
    let flaw = Flaw::ListsByNumber;
    catches(ModelPlace::new, flaw, a_list_misses_nothing_that_stays);
}

#[test]
fn a_store_that_reads_from_a_cache_is_caught() {
    let flaw = Flaw::ReadsFromACache;
    catches(ModelPlace::new, flaw, a_second_handle_sees_every_write);
}

#[test]
fn a_store_that_forgets_the_newest_write_is_caught() {
    let flaw = Flaw::ForgetsTheNewestOnReopening;
    let case = what_was_stored_is_there_after_reopening;
    catches(ModelPlace::new, flaw, case);
}

#[test]
fn a_store_that_waits_for_ever_is_caught() {
    let flaw = Flaw::ChangedNeverReturns;
    catches(ModelPlace::new, flaw, a_change_is_noticed);
    catches(ModelPlace::new, flaw, waiting_ends);
}
