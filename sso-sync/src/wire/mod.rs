//! Messages between a node and its hub.
//!
//! What proves itself, statements and envelopes, is bytes here; [`chain`](crate::chain) and
//! [`feed`](crate::feed) read them. [`docs::protocol`](crate::docs::protocol) has the paths.

mod bucket;
mod error;
mod feed;
mod request;

pub use bucket::{DigestsAnswer, ListingAnswer};
pub use error::{ErrorAnswer, ErrorCode};
pub use feed::{
    FeedAnswer, SnapshotAnswer, find_answer, find_request, read_find_answer, read_find_request,
};
pub use feed::{batch_message, read_batch_message};
pub use request::{Authorization, CounterWindow, Request, SessionId};

use crate::cbor::{self, Oddity};

/// A message that is not what any program sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message makes no sense")]
#[expect(
    clippy::exhaustive_structs,
    reason = "there is nothing to say beyond the message"
)]
pub struct Malformed;

impl From<Oddity> for Malformed {
    fn from(_: Oddity) -> Self {
        Self
    }
}

/// Gives a message its two functions.
macro_rules! message {
    ($name:ident) => {
        impl $name {
            /// Reads the message.
            ///
            /// # Errors
            ///
            /// [`Malformed`](crate::wire::Malformed) if it is none.
            pub fn parse(bytes: &[u8]) -> Result<Self, crate::wire::Malformed> {
                Ok(crate::cbor::decode(bytes)?)
            }

            /// As it is sent.
            #[must_use]
            pub fn bytes(&self) -> Vec<u8> {
                crate::cbor::encode(self)
            }
        }
    };
}
pub(crate) use message;

#[cfg(test)]
mod tests;
