//! Why a logout message was refused: a closed list.

use super::{AnswerTo, MAX_SESSION_INDEXES};
use crate::saml::{Rejection, RejectionClass};

/// Why a logout message was refused.
///
/// `Display` is for the log and the console: it quotes what was expected and what was found. A
/// browser learns nothing but the [`class`](Self::class).
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum LogoutRejection {
    /// The answer is to another request than the one that this browser made.
    #[error("the logout response answers {found:?}, {expected:?} is waiting")]
    InResponseTo {
        /// The request that waits.
        expected: String,
        /// The request that it answers, if it says so.
        found: Option<String>,
    },
    /// It fails a check that sign-ins have too.
    #[error(transparent)]
    Message(#[from] Rejection),
    /// The request does not say whose sessions it means.
    #[error("the logout request names nobody, expected one NameID or EncryptedID")]
    NameMissing,
    /// This browser waits for no answer.
    #[error("nobody waits for the logout response that answers {found:?}")]
    NotAsked {
        /// The request that it answers, if it says so.
        found: Option<String>,
    },
    /// The document element is another one than the name of the parameter says.
    #[error("the document element is {found:?}, expected a {expected} of SAML 2.0")]
    Root {
        /// What it should be.
        expected: &'static str,
        /// Its name.
        found: String,
    },
    /// More sessions than a person has.
    #[error(
        "the logout request lists {found} sessions, at most {MAX_SESSION_INDEXES} are accepted"
    )]
    TooManySessions {
        /// How many.
        found: usize,
    },
}

impl LogoutRejection {
    /// The kind of rejection: stable, and without any word of the message.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InResponseTo { .. } => "slo.irt_mismatch",
            Self::Message(rejection) => rejection.code(),
            Self::NameMissing => "slo.name_missing",
            Self::NotAsked { .. } => "slo.not_asked",
            Self::Root { .. } => "xml.root",
            Self::TooManySessions { .. } => "slo.too_many_sessions",
        }
    }

    /// What a browser may learn.
    #[must_use]
    pub const fn class(&self) -> RejectionClass {
        match self {
            Self::Message(rejection) => rejection.class(),
            Self::Root { .. } => RejectionClass::BadRequest,
            Self::InResponseTo { .. }
            | Self::NameMissing
            | Self::NotAsked { .. }
            | Self::TooManySessions { .. } => RejectionClass::Refused,
        }
    }

    /// The setting that decides, in the words of the configuration; `None` if there is none.
    #[must_use]
    pub const fn setting(&self) -> Option<&'static str> {
        match self {
            Self::Message(rejection) => rejection.setting(),
            _ => None,
        }
    }

    /// What an administrator can do about it, in one sentence.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::InResponseTo { .. } | Self::NotAsked { .. } => {
                "nothing: the user is signed out here; the page was sent again, came too late, or \
                 belongs to another browser"
            }
            Self::Message(rejection) => rejection.fix(),
            Self::NameMissing => {
                "let the identity provider send the name identifier of the sign-in"
            }
            Self::Root { .. } => {
                "enter the address of single logout at the identity provider for logout messages \
                 only"
            }
            Self::TooManySessions { .. } => {
                "let the identity provider leave out the session indexes: that ends all sessions"
            }
        }
    }
}

/// A logout message that was refused.
#[derive(Debug, thiserror::Error)]
#[error("the logout message was refused")]
#[non_exhaustive]
pub struct RefusedLogout {
    /// Why. For the log in full; for the browser only its class.
    #[source]
    pub rejection: LogoutRejection,
    /// Set if it was a request that its provider signed for us: it gets the answer
    /// [`Requester`](super::LogoutStatus::Requester), and the browser does not get stuck here.
    pub answer_to: Option<Box<AnswerTo>>,
}

impl RefusedLogout {
    /// Whether it is an answer that its provider signed, and that nobody waits for here.
    pub(crate) const fn is_not_asked(&self) -> bool {
        matches!(self.rejection, LogoutRejection::NotAsked { .. })
    }
}

impl<R: Into<LogoutRejection>> From<R> for RefusedLogout {
    fn from(rejection: R) -> Self {
        Self {
            rejection: rejection.into(),
            answer_to: None,
        }
    }
}
