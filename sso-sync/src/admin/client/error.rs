//! Why an administrator is not signed in, or not registered.

use opaque_ke::errors::ProtocolError;

use crate::admin::{CryptographyFailed, EnvelopeError, StretchingError};
use crate::store::DomainId;

/// Why an administrator is not signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The envelope names another domain than the last time on this server.
    #[error(
        "the hub signs in to the domain {found}, this server belongs to {expected}; the hub is \
         hostile, or the name was given to another domain"
    )]
    AnotherDomain {
        /// The one of before.
        expected: DomainId,
        /// The one in the envelope.
        found: DomainId,
    },
    /// The cryptography library refused its work.
    #[error(transparent)]
    Cryptography(#[from] CryptographyFailed),
    /// The envelope is not believed.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The password was right, and the hub said no.
    #[error(
        "the hub refuses: the code was wrong or used before, or the sign-in took too long; try again"
    )]
    Refused,
    /// The hub handed out an earlier state of the account.
    #[error(
        "the hub went back to an earlier state of this account (registration {found}, this server \
         has seen {seen}); it was restored from a backup, or is hostile. Change the password"
    )]
    RolledBack {
        /// The number that the hub gave.
        found: u64,
        /// The highest number seen before.
        seen: u64,
    },
    /// The hub asks for too little or too much work on the password.
    #[error(transparent)]
    Stretching(#[from] StretchingError),
    /// Too many tries.
    #[error("too many tries; try again in {0} s")]
    TryLater(u64),
    /// An answer to something else.
    #[error(
        "the hub gave an answer that does not belong here; is it really a hub of this version?"
    )]
    Unexpected,
    /// The password does not open the credentials that the hub gave.
    #[error("wrong password, or no such administrator in this domain")]
    WrongPassword,
}

impl From<ProtocolError> for SignInError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::InvalidLoginError => Self::WrongPassword,
            ProtocolError::LibraryError(_) => Self::Cryptography(CryptographyFailed),
            ProtocolError::SerializationError
            | ProtocolError::SizeError { .. }
            | ProtocolError::ReflectedValueError => Self::Unexpected,
            ProtocolError::Custom(never) => match never {},
        }
    }
}

/// Why a password is not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The cryptography library refused its work.
    #[error(transparent)]
    Cryptography(#[from] CryptographyFailed),
    /// The copy of the envelope is not believed.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The invitation has expired, or was used.
    #[error("the invitation has expired or was used before; ask for another one")]
    InvitationOver,
    /// The hub said no.
    #[error("the hub refuses: it knows no such invitation, recovery code or session")]
    Refused,
    /// The session is too old for this.
    #[error("this needs a sign-in of the last few minutes; sign in again")]
    SignInAgain,
    /// Too little or too much work on the password was asked for.
    #[error(transparent)]
    Stretching(#[from] StretchingError),
    /// Somebody else changed the account.
    #[error("the account was changed in the meantime; begin anew")]
    Superseded,
    /// Too many tries.
    #[error("too many tries; try again in {0} s")]
    TryLater(u64),
    /// An answer to something else.
    #[error(
        "the hub gave an answer that does not belong here; is it really a hub of this version?"
    )]
    Unexpected,
}

impl From<ProtocolError> for RegisterError {
    fn from(error: ProtocolError) -> Self {
        match SignInError::from(error) {
            SignInError::Cryptography(failed) => Self::Cryptography(failed),
            _ => Self::Unexpected,
        }
    }
}
