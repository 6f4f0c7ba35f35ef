//! What every [`KvStore`] must do. [`kv_store_tests!`](crate::kv_store_tests) lists the cases.

mod basics;

pub use basics::*;

use crate::store::KvStore;

use super::Place;

/// Checks a [`KvStore`] against its contract: one test for each promise.
///
/// Takes the [`Place`] of the backend, and what it lacks of `kill`, `disk_full` and
/// `earlier_files`, each with the reason. See [`testkit`](crate::testkit) for an example.
#[macro_export]
macro_rules! kv_store_tests {
    ($place:ty $(, lacks { $($lack:ident: $reason:literal),* $(,)? })? $(,)?) => {
        $($($crate::kv_store_tests! { @known $lack })*)?
        $crate::kv_store_tests! { @cases [$place]
            a_missing_key_has_no_entry,
            a_put_is_read_back,
            a_deleted_key_is_gone,
        }
        $crate::kv_store_tests! { @kill [$place] $($($lack: $reason,)*)? }
        $crate::kv_store_tests! { @disk_full [$place] $($($lack: $reason,)*)? }
        $crate::kv_store_tests! { @earlier_files [$place] $($($lack: $reason,)*)? }
    };

    (@cases [$place:ty] $($case:ident,)+) => {$(
        #[test]
        fn $case() {
            $crate::testkit::run::<$place>($crate::testkit::kv::$case);
        }
    )+};

    (@kill [$place:ty] kill: $reason:literal, $($rest:tt)*) => {
        #[test]
        fn kill_is_declared_absent() {
            $crate::testkit::declared_absent("kill", $reason);
        }
    };
    (@kill [$place:ty] $other:ident: $reason:literal, $($rest:tt)*) => {
        $crate::kv_store_tests! { @kill [$place] $($rest)* }
    };
    (@kill [$place:ty]) => {};

    (@disk_full [$place:ty] disk_full: $reason:literal, $($rest:tt)*) => {
        #[test]
        fn disk_full_is_declared_absent() {
            $crate::testkit::declared_absent("disk_full", $reason);
        }
    };
    (@disk_full [$place:ty] $other:ident: $reason:literal, $($rest:tt)*) => {
        $crate::kv_store_tests! { @disk_full [$place] $($rest)* }
    };
    (@disk_full [$place:ty]) => {};

    (@earlier_files [$place:ty] earlier_files: $reason:literal, $($rest:tt)*) => {
        #[test]
        fn earlier_files_is_declared_absent() {
            $crate::testkit::declared_absent("earlier_files", $reason);
        }
    };
    (@earlier_files [$place:ty] $other:ident: $reason:literal, $($rest:tt)*) => {
        $crate::kv_store_tests! { @earlier_files [$place] $($rest)* }
    };
    (@earlier_files [$place:ty]) => {};

    (@known kill) => {};
    (@known disk_full) => {};
    (@known earlier_files) => {};
    (@known $other:ident) => {
        compile_error!("only `kill`, `disk_full` and `earlier_files` may be lacking");
    };
}

/// A place whose store is of level 1.
pub trait KvPlace: Place<Store: KvStore> {}

impl<P: Place<Store: KvStore>> KvPlace for P {}
