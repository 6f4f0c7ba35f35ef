//! Certificates that an authority issues by itself (ACME, RFC 8555).
//!
//! `decide` says what is to be done next, `order` does it, and `keeper` is the loop. A `shelf` keeps
//! what came of it where all servers behind one name see it: `file_shelf` for a server by itself,
//! `note_shelf` for those of a domain. `answer` answers the authority, `issued` serves what it issued,
//! and `report` tells people.

mod answer;
mod client;
mod decide;
mod file_shelf;
mod issued;
mod keeper;
mod note_shelf;
mod order;
mod put;
mod report;
mod shelf;

pub use answer::Answers;
pub use file_shelf::FileShelf;
pub use issued::Issued;
pub use keeper::{Keeper, names};
pub use note_shelf::{NoteShelf, Peers};
pub use report::{AcmeReport, Wish, want};
pub use shelf::{Challenge, Lease, Shared, Shelf, ShelfError};

pub(crate) use answer::routes;
