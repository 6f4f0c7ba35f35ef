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

mod account;
mod administrator;
mod configuration;
mod deletion;
mod enrol;
mod epochs;
mod error;
mod found;
mod history;
mod judgement;
mod known;
mod ledger;
mod newcomers;
mod office;
mod part;
mod people;
mod policy;
mod prompt;
mod register;
mod servers;
mod session;
mod sign_in;
mod tokens;
mod unlock;
mod upgrade;

pub use account::Accepted;
pub use administrator::Administrator;
pub use configuration::{Choice, Overlaps, Saved, Saving};
pub use enrol::Enrolled;
pub use error::AdministrationError;
pub use found::{Founded, Founding, FoundingError};
pub use history::{HistoryEntry, HistoryServer};
pub use known::{Known, KnownError};
pub use newcomers::users_of;
pub use office::{Office, Program, Who};
pub use part::Part;
pub use people::{Invited, Person, Waiting};
pub use prompt::{CodePrompt, NoCode};
pub use servers::{Server, Told};
pub use session::SessionOverError;
pub use tokens::{Minted, Token};
pub use unlock::unlock;
pub use upgrade::Upgrade;
