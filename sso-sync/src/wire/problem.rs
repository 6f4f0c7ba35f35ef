//! How a hub says no.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use minicbor::{Decode, Encode};

use super::{Message, WireError};
use crate::store::StoreError;
use crate::{chain, feed};

/// Why a hub did not do what it was asked for.
///
/// A server acts on the code, shows the detail, and believes neither.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct Problem {
    /// What is wrong.
    #[n(0)]
    pub code: Code,
    /// The same for people.
    #[n(1)]
    pub detail: String,
    /// When another try makes sense, in seconds; 0 if that is no matter of time.
    #[n(2)]
    pub retry_after: u64,
}

impl Problem {
    /// A problem, with the words that belong to its code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            retry_after: 0,
            detail: code.detail().into(),
            code,
        }
    }

    /// With other words.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// With the time after which another try makes sense, in seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = seconds;
        self
    }

    /// The status that the answer has.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// The answer that carries it.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(self.to_bytes().into());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(CBOR));
        if self.retry_after > 0 {
            headers.insert(RETRY_AFTER, self.retry_after.into());
        }
        response
    }
}

impl Message for Problem {
    const MAX_BYTES: usize = 4096;
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<chain::Refusal> for Problem {
    fn from(refusal: chain::Refusal) -> Self {
        let code = match refusal {
            chain::Refusal::Malformed => Code::Malformed,
            chain::Refusal::NotPermitted(_) => Code::NotPermitted,
            chain::Refusal::TooLarge => Code::TooLarge,
            _ => Code::Refused(refusal.code()),
        };
        Self::new(code).because(refusal.to_string())
    }
}

impl From<feed::Refusal> for Problem {
    fn from(refusal: feed::Refusal) -> Self {
        let code = match refusal {
            feed::Refusal::Malformed => Code::Malformed,
            feed::Refusal::TooLarge => Code::TooLarge,
            _ => Code::Refused(refusal.code()),
        };
        Self::new(code).because(refusal.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::new(Code::Conflict),
            StoreError::TooLarge { .. } => Self::new(Code::TooLarge),
            StoreError::Unknown(_) => Self::new(Code::Unknown),
            // What exactly is wrong with a hub's storage is the operator's matter.
            _ => Self::new(Code::Unavailable).retry_after(UNAVAILABLE_SECONDS),
        }
    }
}

impl From<WireError> for Problem {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Malformed => Self::new(Code::Malformed),
            WireError::TooLarge => Self::new(Code::TooLarge),
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal, $status:ident, $detail:literal;)+) => {
        /// What is wrong: a closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])+ $name,)+
            /// A statement or batch was refused: the code of a [refusal](chain::Refusal::code).
            Refused(&'static str),
        }

        impl Code {
            /// Every code but those of refused statements and batches.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word for it, on the wire and in logs; it never changes.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Refused(text) => text,
                }
            }

            /// The status of an answer with it.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                    Self::Refused(_) => StatusCode::CONFLICT,
                }
            }

            const fn detail(self) -> &'static str {
                match self {
                    $(Self::$name => $detail,)+
                    Self::Refused(_) => "the hub refuses the statement or batch",
                }
            }
        }
    };
}

codes! {
    /// The request signature does not hold.
    BadRequestSignature = "bad-request-signature", UNAUTHORIZED,
        "the signature of the request does not hold: were request and address changed on the way?";
    /// Somebody knows more than this hub.
    Behind = "behind", LOCKED,
        "the hub has lost something that a server still holds: it takes no writes until that is back";
    /// Too much at once.
    Busy = "busy", TOO_MANY_REQUESTS,
        "too many requests: try again later";
    /// Somebody else came first.
    Conflict = "conflict", CONFLICT,
        "somebody else came first: fetch, and decide again";
    /// Wrong password, wrong code, no such administrator.
    LoginRefused = "login-refused", UNAUTHORIZED,
        "the sign-in was refused: check domain, e-mail address, password and code";
    /// Not what any program sends.
    Malformed = "malformed", BAD_REQUEST,
        "the request makes no sense: are server and hub of fitting versions?";
    /// Nothing is there.
    NotFound = "not-found", NOT_FOUND,
        "there is nothing of that name here";
    /// Not this member.
    NotPermitted = "not-permitted", FORBIDDEN,
        "this member may not do that";
    /// The domain would take up more than the operator lets it.
    QuotaExceeded = "quota-exceeded", INSUFFICIENT_STORAGE,
        "the domain takes up as much as the hub lets it: ask the operator of the hub for more";
    /// A request was sent again, or is too old.
    ReplayedRequest = "replayed-request", UNAUTHORIZED,
        "a request with this counter was seen already, or is too old: open a session";
    /// Not a member any more.
    Revoked = "revoked", FORBIDDEN,
        "this member was revoked";
    /// More than the hub takes at once.
    TooLarge = "too-large", PAYLOAD_TOO_LARGE,
        "the request is larger than the hub takes: split it";
    /// The hub cannot now.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE,
        "the hub cannot reach its storage: try again later";
    /// It may have happened or not.
    Unknown = "unknown", INTERNAL_SERVER_ERROR,
        "the hub does not know whether it happened: read back before you try again";
    /// No such domain here.
    UnknownDomain = "unknown-domain", NOT_FOUND,
        "the hub does not know this domain";
    /// No such session in this process.
    UnknownSession = "unknown-session", UNAUTHORIZED,
        "the hub does not know this session: open another";
}

impl Code {
    /// The code with this word; `None` if there is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let own = Self::ALL.iter().copied().find(|code| code.text() == text);
        own.or_else(|| {
            let refused = REFUSALS.iter().find(|refused| **refused == text);
            refused.copied().map(Self::Refused)
        })
    }
}

impl<C> Encode<C> for Code {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(self.text())?.ok()
    }
}

impl<C> Decode<'_, C> for Code {
    fn decode(
        decoder: &mut minicbor::Decoder<'_>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let unknown = || minicbor::decode::Error::message("an unknown code");
        Self::parse(decoder.str()?).ok_or_else(unknown)
    }
}

/// What messages are sent as.
pub(crate) const CBOR: &str = "application/cbor";

/// When a hub whose storage does not answer is worth another try.
const UNAVAILABLE_SECONDS: u64 = 5;

/// The codes of both lists of refusals, but for those that have a status of their own.
const REFUSALS: &[&str] = &[
    "bad-name",
    "bad-record",
    "chain-backwards",
    "chain-fork",
    "deletion-state",
    "deletion-too-early",
    "domain-deleted",
    "forged-signature",
    "fork",
    "gap",
    "known-member",
    "last-administrator",
    "missing-wrap",
    "newer-format",
    "newer-kind",
    "no-farewell",
    "node-outside-policy",
    "other-domain",
    "outside-policy",
    "repeated-id",
    "revoked-signer",
    "revoked-writer",
    "stale-revision",
    "surplus-wrap",
    "token-of-an-older-epoch",
    "token-spent",
    "too-many-members",
    "unknown-member",
    "unknown-signer",
    "unknown-writer",
    "withheld",
    "wrong-epoch",
    "wrong-genesis",
    "wrong-position",
    "wrong-previous",
    "wrong-records",
    "wrong-schema",
    "wrong-set",
    "wrong-version",
];
