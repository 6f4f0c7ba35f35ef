//! The kit catches stores that break their contract, each with the case that is about it.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod accidents;
mod domain;
mod domain_content;
mod domain_model;
mod journal;
mod kv;
mod kv_model;
mod names;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::runtime::Builder;

/// A case passes in a place without a flaw, and fails in one with this flaw.
fn catches<P, F: Copy + Debug>(place: impl Fn(Option<F>) -> P, flaw: F, case: impl AsyncFn(P)) {
    assert!(passes(place(None), &case), "a right store was refused");
    assert!(
        !passes(place(Some(flaw)), &case),
        "{flaw:?} was not noticed"
    );
}

/// Runs a case in a time that passes at once when everybody waits.
fn passes<P>(place: P, case: impl AsyncFn(P)) -> bool {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    catch_unwind(AssertUnwindSafe(|| runtime.block_on(case(place)))).is_ok()
}
