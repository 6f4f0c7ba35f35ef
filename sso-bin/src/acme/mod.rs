//! Certificates that an authority issues by itself (ACME, RFC 8555).
//!
//! `decide` says what is to be done next, `order` does it, `shelf` keeps what came of it where all
//! servers behind one name see it, `challenge` answers the authority, and `keeper` is the loop.

mod answer;
mod client;
mod decide;
mod keeper;
mod order;
mod shelf;

pub use answer::Answers;
pub use keeper::keep;
pub use shelf::{Challenge, FileShelf, Lease, Shared, Shelf, ShelfError};

pub(crate) use answer::routes;
pub(crate) use decide::renewal;
