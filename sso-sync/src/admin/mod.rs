//! How an administrator signs in to the hub, and what comes of it.
//!
//! Messages in, messages and decisions out: the administrator's side is in [`client`], the hub's
//! in [`hub`]. Nothing there reads a clock, waits or stores; that is the work of the [`desk`],
//! which receives messages for a hub and keeps its records. [`docs::administrators`] says what
//! goes over the wire, and what each attacker can still do.
//!
//! [`docs::administrators`]: crate::docs::administrators

mod base32;
pub mod client;
pub mod desk;
mod enrolment;
mod envelope;
mod founding;
pub mod hub;
mod invitation;
mod keys;
mod message;
mod moment;
mod name;
mod one_time;
mod password;
mod random;
mod recovery;
mod sealed;
pub mod second_factor;
mod session;
mod stretching;
mod suite;
pub mod throttle;
pub mod wire;

#[cfg(any(test, feature = "testkit"))]
pub use random::DangerouslyPredictableRandomness;

pub use enrolment::{EnrolmentToken, EnrolmentTokenError};
pub use envelope::{Credentials, EnvelopeError};
pub use founding::{Founding, FoundingError};
pub use invitation::{Introduction, Invitation, InvitationError, InvitationRecord};
pub use keys::{AdministratorKeys, AdministratorPublicKeys};
pub use message::{
    Answer, Challenge, RegisterBegin, RegisterFinish, RegistrationOpen, Right, SecondFactorRequest,
    SignInBegin, SignInFinish,
};
pub use name::{AdministratorName, DomainName, NameError};
pub use one_time::{OneTimeId, OneTimeKey, Signature};
pub use password::{Password, PasswordError};
pub use random::{Randomness, SystemRandomness};
pub use recovery::{RecoveryCode, RecoveryCodeError};
pub use sealed::CryptographyFailed;
pub use session::{Proof, SessionId};
pub use stretching::{Stretching, StretchingBounds, StretchingError};
