//! The authority chain: who belongs to a domain, what its configuration is, and who said so.
//!
//! A [`Chain`] is what is true after the statements that it has taken in. It takes a statement only
//! if its signer was entitled to it at that point; every [`Refusal`] has a name. Servers and hub
//! use the same type, so neither believes the other.
//!
//! [`docs::protocol`](crate::docs::protocol) has the bytes and the list of checks.

mod action;
mod append;
mod deletion;
mod epochs;
mod farewell;
mod members;
mod permission;
mod policy;
mod refusal;
mod retirement;
mod revision;
mod sign;
mod state;
mod statement;

pub use action::Action;
pub(crate) use deletion::MIN_DELAY_SECONDS;
pub use deletion::{Confirmed, Deletion, Ending};
pub use farewell::Farewell;
pub use members::{Role, Standing};
pub use permission::Permissions;
pub use policy::Policy;
pub use refusal::Refusal;
pub use retirement::{Outlived, Retirement};
pub use revision::{Revised, Revision};
pub use sign::{Occasion, genesis};
pub use state::{Chain, Judgement};
pub use statement::{FeedMark, Statement};

#[cfg(test)]
pub(crate) use sign::first_statement;
#[cfg(test)]
pub(crate) mod tests;
