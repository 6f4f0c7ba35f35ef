//! Stores that do not stand accidents.

use std::panic::catch_unwind;

use sso_sync::testkit::kv::acknowledged_writes_survive_a_kill;
use sso_sync::testkit::{OnKvAt, kv, run_on_a_small_disk, run_on_earlier_files};

use crate::journal::{Flaw, JournalPlace, Kind};

mod a_right_journal {
    use super::{JournalPlace, Right};

    sso_sync::kv_store_tests!(JournalPlace<Right>);
}

mod level_2_on_a_right_journal {
    use super::{JournalPlace, OnKvAt, Right};

    sso_sync::domain_store_tests!(OnKvAt<JournalPlace<Right>>);
}

#[test]
fn a_store_that_acknowledges_before_it_writes_is_caught() {
    let test = "a_store_that_acknowledges_before_it_writes_is_caught";
    is_caught_at_a_kill::<Hasty>(test);
}

#[test]
fn a_store_that_tears_writes_is_caught() {
    is_caught_at_a_kill::<Torn>("a_store_that_tears_writes_is_caught");
}

#[test]
fn a_disk_that_is_full_is_not_unavailable() {
    is_caught_at_a_full_disk::<Vague>();
}

#[test]
fn a_store_that_keeps_what_it_refused_is_caught() {
    is_caught_at_a_full_disk::<Keeping>();
}

#[test]
fn a_store_that_does_not_read_when_it_is_full_is_caught() {
    is_caught_at_a_full_disk::<Stuck>();
}

#[test]
fn a_store_that_stays_full_is_caught() {
    is_caught_at_a_full_disk::<Full>();
}

#[test]
fn a_place_without_earlier_files_has_to_say_so() {
    let case =
        || run_on_earlier_files::<JournalPlace<Hasty>>(kv::files_of_earlier_versions_are_read);
    assert!(
        catch_unwind(case).is_err(),
        "no files were taken for none to read"
    );
}

/// This is run by the process to be killed, too: it ends up nowhere then.
fn is_caught_at_a_kill<K: Kind>(test: &str) {
    let test = format!("{}::{test}", module_path!());
    let case = || acknowledged_writes_survive_a_kill::<JournalPlace<K>>(&test);
    assert!(catch_unwind(case).is_err(), "{:?} was not noticed", K::FLAW);
}

fn is_caught_at_a_full_disk<K: Kind>() {
    let case = || run_on_a_small_disk::<JournalPlace<K>>(kv::a_full_disk_breaks_nothing);
    assert!(catch_unwind(case).is_err(), "{:?} was not noticed", K::FLAW);
}

macro_rules! kinds {
    ($($name:ident $flaw:expr,)+) => {$(
        #[derive(Debug)]
        struct $name;

        impl Kind for $name {
            const FLAW: Option<Flaw> = $flaw;
        }
    )+};
}

kinds! {
    Right None,
    Full Some(Flaw::StaysFull),
    Hasty Some(Flaw::AcknowledgesBeforeItWrites),
    Keeping Some(Flaw::KeepsWhatWasRefused),
    Stuck Some(Flaw::RefusesReadsWhenFull),
    Torn Some(Flaw::TearsWrites),
    Vague Some(Flaw::CallsAFullDiskUnavailable),
}
