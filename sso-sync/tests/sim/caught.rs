//! Mistakes that are put in on purpose are found by the invariant that is there for them.

use crate::bug::Bug;
use crate::seeds::{Invariant, simulate};
use crate::{
    convergence, never_an_older_configuration, no_acknowledged_write_lost, no_plaintext_at_the_hub,
    one_secret_per_user, set_equality_at_rest,
};

#[test]
fn a_link_that_makes_a_success_of_a_conflict_is_found() {
    found(Bug::ConflictIsSuccess, convergence::check);
}

#[test]
fn a_disk_that_forgets_what_was_kept_is_found() {
    found(Bug::ForgetsOutbox, no_acknowledged_write_lost::check);
}

#[test]
fn a_link_that_tells_who_signs_in_is_found() {
    found(Bug::Babbles, no_plaintext_at_the_hub::check);
}

#[test]
fn a_server_that_makes_up_secrets_is_found() {
    found(Bug::MintsAlone, one_secret_per_user::check);
}

#[test]
fn a_server_that_begins_again_with_an_old_disk_is_found() {
    found(Bug::OldDisk, never_an_older_configuration::check);
}

#[test]
fn a_disk_that_loses_records_is_found() {
    found(Bug::LosesRecord, set_equality_at_rest::check);
}

/// One of a few seeds meets the mistake.
fn found(bug: Bug, invariant: Invariant) {
    let is_found = |seed| simulate(seed, Some(bug), invariant).is_err();
    assert!((0..20).any(is_found), "{bug:?} is not found");
}
