//! The user feed: batches of sealed records, one after the other, and the proof that nothing is
//! missing.
//!
//! A [`Follower`] takes in what the hub says, event by event, and answers what follows from it: a
//! [`Step`]. It believes nothing that is not signed by a server of the domain and does not continue
//! what it holds; every [`Refusal`] has a name and says who is to blame. A [`SetHash`] stands for
//! the whole live set, and a server that does not hold everything proves single buckets by it.
//!
//! [`docs::protocol`](crate::docs::protocol) has the bytes and the list of checks.

mod batch;
mod check;
mod envelope;
mod follow;
mod hub_head;
mod live;
mod memory;
mod refusal;
mod set;
mod state;
mod step;
mod witness;
mod write;

pub use envelope::Envelope;
pub use follow::Follower;
pub use hub_head::HubHead;
pub use live::{Listed, Live, LiveSet, Presence, record_digest};
pub use memory::FeedHead;
pub use refusal::{Blame, Refusal};
pub(crate) use set::bucket_of;
pub use set::{BUCKETS, ListingError, SetHash};
pub use step::{Event, Step};
pub use write::WriteError;

#[cfg(test)]
pub(crate) mod tests;
