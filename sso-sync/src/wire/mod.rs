//! What servers and hub say to each other, byte for byte.
//!
//! Every body of a request and of an answer is a [`Message`]: CBOR in the one form that it has, and
//! no longer than its [`MAX_BYTES`](Message::MAX_BYTES). [`RequestSignature`] is how a member signs
//! what it asks for, and [`Problem`] how a hub says no.
//!
//! [`docs::protocol`](crate::docs::protocol) is the specification.

mod beat;
mod feed;
mod octets;
mod people;
mod problem;
mod record;
mod request;
mod session;
mod sets;
mod signed;

pub use beat::{Beat, BeatBody, Beats, ChainMark, Heard, SealedStatus};
pub use feed::{Commit, FeedPage, Fetched};
pub use people::{RegisteredAdministrator, RegisteredAdministrators};
pub(crate) use problem::CBOR;
pub use problem::{Code, Problem};
pub use record::{Found, Wanted};
pub(crate) use request::unhex;
pub use request::{RequestSignature, RequestSignatureError, SignedRequest};
pub use session::{HubInfo, OpenSession, SessionId, SessionOpened};
pub use sets::{BucketDigests, ListedRecord, Listing, SnapshotPart};
pub use signed::{Signed, Statements};

use minicbor::{Decode, Encode};

use crate::cbor;

/// A body of a request or of an answer.
pub trait Message: Encode<()> + for<'b> Decode<'b, ()> {
    /// Longest form, in bytes.
    const MAX_BYTES: usize;

    /// As it is sent.
    fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// Reads a body.
    ///
    /// # Errors
    ///
    /// [`WireError`] if it is too long, or not in the one form that it has.
    fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(WireError::TooLarge);
        }
        cbor::decode(bytes).map_err(|_| WireError::Malformed)
    }
}

/// Why bytes are not the body that belongs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::exhaustive_enums, reason = "it is too long or it is wrong")]
pub enum WireError {
    /// Not what any program writes there.
    #[error(
        "the body makes no sense here: is a server or a hub of another version at the other end?"
    )]
    Malformed,
    /// Longer than any such body.
    #[error("the body is longer than any of its kind")]
    TooLarge,
}

/// An answer that says nothing but that it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Done {}

impl Message for Done {
    const MAX_BYTES: usize = 1;
}

/// How much of a long answer one page holds, in bytes, beside the item that goes beyond it.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// Longest page: what fits, one item more, and what arrays and lengths take.
pub(crate) const MAX_PAGE: usize = 2 * PAGE_BYTES + 64 * 1024;

#[cfg(test)]
mod tests;
