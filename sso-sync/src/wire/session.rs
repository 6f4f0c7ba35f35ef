//! What begins a conversation.

use std::fmt;

use minicbor::{Decode, Encode};

use super::Message;
use crate::cbor::byte_string;
use crate::seal::MemberId;
use crate::store::DomainId;

/// What a hub says about itself to everybody.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct HubInfo {
    /// Which protocol it speaks.
    #[n(0)]
    pub format: u64,
    /// The version of its program.
    #[n(1)]
    pub program: String,
}

impl HubInfo {
    /// The protocol of this program.
    pub const FORMAT: u64 = 1;
}

impl Message for HubInfo {
    const MAX_BYTES: usize = 512;
}

/// A member wants to sign requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct OpenSession {
    /// Of which domain.
    #[n(0)]
    pub domain: DomainId,
    /// Who.
    #[n(1)]
    pub member: MemberId,
}

impl Message for OpenSession {
    const MAX_BYTES: usize = 64;
}

/// What a member signs into its requests from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct SessionOpened {
    /// The session.
    #[n(0)]
    pub session: SessionId,
}

impl Message for SessionOpened {
    const MAX_BYTES: usize = 64;
}

/// Names a session: 32 bytes of the hub's making that nobody can foretell.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

byte_string!(SessionId);

impl fmt::Display for SessionId {
    /// 64 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}
