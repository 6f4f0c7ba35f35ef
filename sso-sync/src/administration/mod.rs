//! Everything that an administrator does, over a [`Link`](crate::link::Link) to the hub.
//!
//! An [`Office`] is where somebody sits: a link, a clock, a program. Signing in there makes an
//! [`Administrator`], whose methods are all that may be done: enrol servers, save and roll back the
//! configuration, list and revoke servers, invite and revoke administrators, delete the domain.
//! There is no user interface in here: what has to be asked is an argument or a callback.
//!
//! Nothing that the hub says is believed further than the chain carries it. Every change is one
//! statement that is appended by compare-and-swap: if somebody else came first, the chain is
//! fetched and the matter is decided again. Whoever was interrupted calls again with the same
//! arguments: what has happened already is found and not done twice.

mod administrator;
mod configuration;
mod enrol;
mod error;
mod found;
mod history;
mod known;
mod ledger;
mod office;
mod prompt;
mod register;
mod sign_in;
mod unlock;

pub use administrator::Administrator;
pub use configuration::{Choice, Overlaps, Saved, Saving};
pub use enrol::Enrolled;
pub use error::AdministrationError;
pub use found::{Founded, Founding, FoundingError};
pub use history::{HistoryEntry, HistoryServer};
pub use known::{Known, KnownError};
pub use office::{Office, Program, Who};
pub use prompt::{CodePrompt, NoCode};
pub use unlock::unlock;
