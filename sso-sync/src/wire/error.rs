//! What a hub says when it does not do what it was asked.

use minicbor::{Decode, Encode};

use super::message;

/// Why a hub does not do what it was asked. A node acts on the code, and believes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct ErrorAnswer {
    /// One of [`ErrorCode`], or the code of a refusal.
    #[n(0)]
    pub code: String,
    /// For people.
    #[n(1)]
    pub detail: String,
    /// After how many seconds to try again; 0 if that does not help.
    #[n(2)]
    pub retry_after: u64,
}

message!(ErrorAnswer);

/// The codes of a hub's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The signature of the request does not hold.
    BadRequestSignature,
    /// The hub lost something and waits for it.
    Behind,
    /// Too many requests.
    Busy,
    /// Another writer came first.
    Conflict,
    /// Wrong e-mail, password or code.
    LoginRefused,
    /// The request is none.
    Malformed,
    /// There is nothing under that name.
    NotFound,
    /// The member may not do this.
    NotPermitted,
    /// The counter of the request was used, or is too old.
    ReplayedRequest,
    /// The member was revoked.
    Revoked,
    /// More than fits.
    TooLarge,
    /// Nothing was done; later it may be.
    Unavailable,
    /// It is not known whether it was done: read back.
    Unknown,
    /// The hub has no such domain, or does not say so.
    UnknownDomain,
    /// The session ended: open another.
    UnknownSession,
}

impl ErrorCode {
    /// The word on the wire, and the status of the answer.
    #[must_use]
    pub const fn on_the_wire(self) -> (&'static str, u16) {
        match self {
            Self::BadRequestSignature => ("bad-request-signature", 401),
            Self::Behind => ("behind", 423),
            Self::Busy => ("busy", 429),
            Self::Conflict => ("conflict", 409),
            Self::LoginRefused => ("login-refused", 401),
            Self::Malformed => ("malformed", 400),
            Self::NotFound => ("not-found", 404),
            Self::NotPermitted => ("not-permitted", 403),
            Self::ReplayedRequest => ("replayed-request", 401),
            Self::Revoked => ("revoked", 403),
            Self::TooLarge => ("too-large", 413),
            Self::Unavailable => ("unavailable", 503),
            Self::Unknown => ("unknown", 500),
            Self::UnknownDomain => ("unknown-domain", 404),
            Self::UnknownSession => ("unknown-session", 401),
        }
    }

    /// The answer with this code, a text for people, and when to try again, in seconds; 0 if that
    /// does not help.
    pub fn answer(self, detail: impl Into<String>, retry_after: u64) -> ErrorAnswer {
        ErrorAnswer {
            code: self.on_the_wire().0.into(),
            detail: detail.into(),
            retry_after,
        }
    }
}
