//! What every [`KvStore`] must do. [`kv_store_tests!`](crate::kv_store_tests) lists the cases.

mod accidents;
mod basics;
mod handles;
mod hints;
mod keys;
mod known;
mod list;
mod swap;

pub use accidents::*;
pub use basics::*;
pub use handles::*;
pub use hints::*;
pub use keys::*;
pub use known::*;
pub use list::*;
pub use swap::*;

use bytes::Bytes;

use super::{ANSWERS, Place};
use crate::store::{Entry, Expect, KvStore, Version};

/// Checks a [`KvStore`] against its contract: one test for each promise.
///
/// Takes the [`Place`] of the backend, and what it lacks of `kill`, `disk_full` and
/// `earlier_files`, each with the reason. See [`testkit`](crate::testkit) for an example.
#[macro_export]
macro_rules! kv_store_tests {
    ($place:ty $(, lacks { $($lack:ident: $reason:literal),* $(,)? })? $(,)?) => {
        $($($crate::__known_group! { $lack })*)?
        $crate::kv_store_tests! { @cases [$place]
            // Basics.
            a_missing_key_has_no_entry,
            a_put_is_read_back,
            a_deleted_key_is_gone,
            keys_are_compared_byte_by_byte,
            any_text_is_a_key,
            any_bytes_are_a_value,
            keys_and_values_may_be_as_long_as_the_caps_say,
            the_caps_are_large_enough,
            more_than_the_caps_is_too_large,
            a_healthy_store_says_so,
            // Compare-and-swap.
            absent_creates_a_missing_key,
            absent_refuses_a_present_key,
            a_version_replaces_what_it_names,
            a_version_of_before_is_refused,
            a_version_of_a_missing_key_is_refused,
            a_version_does_not_outlive_its_entry,
            the_same_value_again_is_another_version,
            a_delete_takes_the_version_it_names,
            a_refused_write_changes_nothing,
            of_concurrent_creations_one_wins,
            of_concurrent_replacements_one_wins,
            concurrent_appends_are_counted_exactly_once,
            // Lists.
            a_list_is_sorted_by_bytes,
            a_list_holds_its_prefix_only,
            a_list_starts_after_its_cursor,
            a_cursor_may_name_a_deleted_key,
            a_list_is_bounded_and_says_whether_there_is_more,
            a_list_carries_the_entries,
            a_list_misses_nothing_that_stays,
            // Several handles.
            a_second_handle_sees_every_write,
            a_second_handle_competes_for_the_same_keys,
            what_was_stored_is_there_after_reopening,
            // Hints.
            a_change_is_noticed,
            waiting_ends,
        }
        $crate::__unless_lacking! { kill [$($($lack: $reason,)*)?] {
            #[test]
            fn acknowledged_writes_survive_a_kill() {
                $crate::testkit::kv::acknowledged_writes_survive_a_kill::<$place>(concat!(
                    module_path!(),
                    "::acknowledged_writes_survive_a_kill"
                ));
            }
        } }
        $crate::__unless_lacking! { disk_full [$($($lack: $reason,)*)?] {
            #[test]
            fn a_full_disk_breaks_nothing() {
                $crate::testkit::run_on_a_small_disk::<$place>(
                    $crate::testkit::kv::a_full_disk_breaks_nothing,
                );
            }
        } }
        $crate::__unless_lacking! { earlier_files [$($($lack: $reason,)*)?] {
            #[test]
            fn files_of_earlier_versions_are_read() {
                $crate::testkit::run_on_earlier_files::<$place>(
                    $crate::testkit::kv::files_of_earlier_versions_are_read,
                );
            }
        } }
    };

    (@cases [$place:ty] $($case:ident,)+) => {$(
        #[test]
        fn $case() {
            $crate::testkit::run::<$place>($crate::testkit::kv::$case);
        }
    )+};
}

/// A place whose store is of level 1.
pub trait KvPlace: Place<Store: KvStore> {}

impl<P: Place<Store: KvStore>> KvPlace for P {}

async fn create(store: &dyn KvStore, key: &str, value: impl Into<Bytes>) -> Version {
    let created = store.put(key, value.into(), Expect::Absent).await;
    created.expect(ANSWERS)
}

async fn replace(
    store: &dyn KvStore,
    key: &str,
    value: impl Into<Bytes>,
    version: &Version,
) -> Version {
    let replaced = store
        .put(key, value.into(), Expect::Is(version.clone()))
        .await;
    replaced.expect(ANSWERS)
}

async fn delete(store: &dyn KvStore, key: &str, version: &Version) {
    let deleted = store.delete(key, version.clone()).await;
    deleted.expect(ANSWERS);
}

async fn read(store: &dyn KvStore, key: &str) -> Option<Entry> {
    store.get(key).await.expect(ANSWERS)
}

/// All keys under `prefix`, in the order in which pages of `limit` name them.
async fn keys(store: &dyn KvStore, prefix: &str, limit: usize) -> Vec<String> {
    let entries = entries(store, prefix, limit).await;
    entries.into_iter().map(|(key, _)| key).collect()
}

/// Everything under `prefix`, page by page.
async fn entries(store: &dyn KvStore, prefix: &str, limit: usize) -> Vec<(String, Entry)> {
    let mut all: Vec<(String, Entry)> = Vec::new();
    loop {
        let after = all.last().map(|(key, _)| key.as_str());
        let page = store.list(prefix, after, limit).await.expect(ANSWERS);
        assert!(page.entries.len() <= limit, "a page of at most {limit}");
        assert!(
            !page.more || !page.entries.is_empty(),
            "an empty page says that there is no more"
        );
        let goes_on = after.is_none_or(|after| page.entries.iter().all(|(key, _)| **key > *after));
        assert!(goes_on, "after {after:?} come greater keys: {page:?}");
        all.extend(page.entries);
        if !page.more {
            return all;
        }
    }
}
