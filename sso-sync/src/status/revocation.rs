//! Sessions that were ended, as servers tell each other.

use minicbor::{Decode, Encode};

use crate::Digest;

/// A session that was ended, or all sessions of a user: whoever names it chose the digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Revocation {
    /// Names what was ended.
    #[n(0)]
    pub digest: Digest,
    /// Until when that has to be remembered, in seconds since 1970.
    #[n(1)]
    pub until: u64,
    /// Ends what began at this moment or before, in milliseconds since 1970.
    #[n(2)]
    pub at: u64,
}
