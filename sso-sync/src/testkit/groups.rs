//! What a backend may lack.

/// Expands to tests, unless their group is declared lacking: then to a test that shows why.
#[doc(hidden)]
#[macro_export]
macro_rules! __unless_lacking {
    (kill [kill: $reason:literal, $($rest:tt)*] $tests:tt) => {
        #[test]
        fn kill_is_declared_absent() {
            $crate::testkit::declared_absent("kill", $reason);
        }
    };
    (disk_full [disk_full: $reason:literal, $($rest:tt)*] $tests:tt) => {
        #[test]
        fn disk_full_is_declared_absent() {
            $crate::testkit::declared_absent("disk_full", $reason);
        }
    };
    (earlier_files [earlier_files: $reason:literal, $($rest:tt)*] $tests:tt) => {
        #[test]
        fn earlier_files_is_declared_absent() {
            $crate::testkit::declared_absent("earlier_files", $reason);
        }
    };
    ($group:ident [$other:ident: $reason:literal, $($rest:tt)*] $tests:tt) => {
        $crate::__unless_lacking! { $group [$($rest)*] $tests }
    };
    ($group:ident [] { $($tests:tt)* }) => { $($tests)* };
}

/// Refuses to compile what does not name a group.
#[doc(hidden)]
#[macro_export]
macro_rules! __known_group {
    (kill) => {};
    (disk_full) => {};
    (earlier_files) => {};
    ($other:ident) => {
        compile_error!("only `kill`, `disk_full` and `earlier_files` may be lacking");
    };
}
