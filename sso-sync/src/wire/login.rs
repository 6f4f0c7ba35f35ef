//! How an administrator signs in, recovers and registers.

use std::fmt;

use bytes::Bytes;
use minicbor::{Decode, Encode};

use super::{Message, SessionId, octets};
use crate::Digest;
use crate::store::DomainId;

/// An administrator begins to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct LoginStart {
    /// The domain, as people type it.
    #[n(0)]
    pub domain: String,
    /// The administrator.
    #[n(1)]
    pub e_mail: String,
    /// OPAQUE's first message: it holds nothing of the password.
    #[cbor(n(2), with = "octets")]
    pub ke1: Bytes,
}

impl Message for LoginStart {
    const MAX_BYTES: usize = 2048;
}

/// Whether there is such an administrator or not.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct LoginAnswer {
    /// Names this sign-in.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub login: [u8; 16],
    /// OPAQUE's second message.
    #[cbor(n(1), with = "octets")]
    pub ke2: Bytes,
    /// How the password is stretched: memory in KiB, passes, lanes. The client refuses too little.
    #[n(2)]
    pub stretching: (u32, u32, u32),
    /// 1 if a code is asked for, else 0.
    #[n(3)]
    pub second_factor: u8,
}

impl Message for LoginAnswer {
    const MAX_BYTES: usize = 2048;
}

/// An administrator shows that the password was right.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct LoginFinish {
    /// Which sign-in.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub login: [u8; 16],
    /// OPAQUE's third message.
    #[cbor(n(1), with = "octets")]
    pub ke3: Bytes,
    /// The code of the second factor; empty for none.
    #[n(2)]
    pub code: String,
}

impl Message for LoginFinish {
    const MAX_BYTES: usize = 512;
}

impl fmt::Debug for LoginFinish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginFinish(…)")
    }
}

/// An administrator has signed in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct LoginOpened {
    /// What the administrator signs into requests.
    #[n(0)]
    pub session: SessionId,
    /// What the hub takes for the domain; the envelope decides.
    #[n(1)]
    pub domain: DomainId,
    /// The administrator's keys, sealed.
    #[n(2)]
    pub envelope: Envelope,
}

impl Message for LoginOpened {
    const MAX_BYTES: usize = 4096;
}

/// An administrator who has a recovery code asks for the second envelope.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Recover {
    /// What follows from the code.
    #[n(0)]
    pub lookup: Digest,
}

impl Message for Recover {
    const MAX_BYTES: usize = 64;
}

impl fmt::Debug for Recover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recover(…)")
    }
}

/// The second envelope.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Recovered {
    /// What the hub takes for the domain; the envelope decides.
    #[n(0)]
    pub domain: DomainId,
    /// The administrator's keys, sealed.
    #[n(1)]
    pub envelope: Envelope,
}

impl Message for Recovered {
    const MAX_BYTES: usize = 4096;
}

/// An administrator registers a password.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Registration {
    /// The administrator.
    #[n(0)]
    pub e_mail: String,
    /// OPAQUE's record.
    #[cbor(n(1), with = "octets")]
    pub opaque: Bytes,
    /// The administrator's keys, sealed.
    #[n(2)]
    pub envelope: Envelope,
}

impl Message for Registration {
    const MAX_BYTES: usize = 8192;
}

/// The keys of an administrator, sealed under what follows from the password.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Envelope(#[cbor(n(0), with = "octets")] pub Bytes);

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Envelope(…)")
    }
}
