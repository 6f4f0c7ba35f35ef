//! What an administrator's program and the hub say to each other.

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

use super::invitation::Introduction;
use super::keys::AdministratorPublicKeys;
use super::moment;
use super::name::{AdministratorName, DomainName};
use super::one_time::{OneTimeId, OneTimeKey, Signature};
use super::sealed;
use super::second_factor::{BackupCodes, SecondFactorCode, TotpSecret};
use super::session::Proof;
use super::stretching::Stretching;
use super::wire::{self, Message};

/// A sign-in begins. Holds nothing of the password (OPAQUE's `KE1`).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct SignInBegin {
    /// Where.
    #[n(0)]
    pub domain: DomainName,
    /// Who.
    #[n(1)]
    pub administrator: AdministratorName,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) request: Vec<u8>,
}

/// A sign-in ends: the password was right (OPAQUE's `KE3`), and the second factor if it was asked
/// for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct SignInFinish {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) attempt: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) finalization: Vec<u8>,
    #[n(2)]
    pub(super) code: Option<SecondFactorCode>,
}

/// A password is about to be registered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct RegisterBegin {
    /// Where.
    #[n(0)]
    pub domain: DomainName,
    /// Who.
    #[n(1)]
    pub administrator: AdministratorName,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) request: Vec<u8>,
    /// By what right.
    #[n(3)]
    pub right: Right,
}

/// The right to register a password; each shows it over the message that it is part of.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub enum Right {
    /// An invitation: an administrator who is new, or was invited again.
    #[n(0)]
    Invitation {
        /// Which.
        #[n(0)]
        id: OneTimeId,
        /// By the secret of the invitation.
        #[n(1)]
        signature: Signature,
    },
    /// The recovery code.
    #[n(1)]
    Recovery {
        /// By a key that follows from the code.
        #[n(0)]
        signature: Signature,
    },
    /// A session that began a short while ago: the password is changed.
    #[n(2)]
    Session {
        /// By the key of the session.
        #[n(0)]
        proof: Proof,
    },
}

/// A password is registered: everything that the hub keeps of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct RegisterFinish {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) ticket: Vec<u8>,
    #[n(1)]
    pub(super) content: Registered,
    /// The same right once more, over this message.
    #[n(2)]
    pub(super) right: Right,
}

impl RegisterFinish {
    /// By what right: it says which records the hub has to read.
    #[must_use]
    pub const fn right(&self) -> &Right {
        &self.right
    }
}

/// What the hub keeps of a password.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Registered {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) upload: Vec<u8>,
    #[n(1)]
    pub(super) stretching: Stretching,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) envelope: Vec<u8>,
    #[n(3)]
    pub(super) keys: AdministratorPublicKeys,
    /// The copy for a new recovery code.
    #[n(4)]
    pub(super) recovery: Option<RecoveryCopy>,
    /// With an invitation.
    #[n(5)]
    pub(super) introduction: Option<Introduction>,
}

/// A second copy of the envelope, and the key of the code that opens it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct RecoveryCopy {
    #[n(0)]
    pub(super) key: OneTimeKey,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) envelope: Vec<u8>,
}

/// Something about the second factor is to be changed, by who has signed in.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct SecondFactorRequest {
    #[n(0)]
    pub(super) change: SecondFactorChange,
    /// By the key of the session.
    #[n(1)]
    pub proof: Proof,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) enum SecondFactorChange {
    /// The proposed secret becomes the second factor: here is its first code.
    #[n(0)]
    Confirm {
        #[n(0)]
        code: SecondFactorCode,
    },
    /// A new secret is asked for, with a code of the present one if there is one.
    #[n(1)]
    Propose {
        #[n(0)]
        code: Option<SecondFactorCode>,
    },
    /// No second factor any more.
    #[n(2)]
    Remove {
        #[n(0)]
        code: SecondFactorCode,
    },
}

/// What a hub answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub enum Answer {
    /// To [`SignInBegin`], whether there is such an administrator or not.
    #[n(0)]
    Challenge(#[n(0)] Challenge),
    /// To [`SignInFinish`], sealed with the key of the session.
    #[n(1)]
    Granted(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// The invitation has expired, or was used.
    #[n(2)]
    InvitationOver,
    /// No, and no word about why: wrong password, no such administrator, too slow, used before.
    #[n(3)]
    Refused,
    /// To [`RegisterBegin`].
    #[n(4)]
    RegistrationOpen(#[n(0)] RegistrationOpen),
    /// To [`RegisterFinish`]: this is registration number so-and-so of this administrator.
    #[n(5)]
    Registered(#[n(0)] u64),
    /// To a request of a session, sealed with its key.
    #[n(6)]
    Sealed(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// The password is right; a code is needed too.
    #[n(7)]
    SecondFactorNeeded,
    /// The session is older than what is asked for allows; sign in again.
    #[n(8)]
    SignInAgain,
    /// Somebody else changed the account in the meantime; begin anew.
    #[n(9)]
    Superseded,
    /// Too many tries; after so many seconds, another may come.
    #[n(10)]
    TryLater(#[n(0)] u64),
}

/// Where a sign-in goes on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct Challenge {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) attempt: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) response: Vec<u8>,
    #[n(2)]
    pub(super) stretching: Stretching,
}

/// What tests look at and forge.
#[cfg(feature = "testkit")]
impl Challenge {
    /// The part that follows from name and blinded password only.
    #[must_use]
    pub fn evaluated(&self) -> &[u8] {
        self.response.get(..32).unwrap_or_default()
    }

    /// An end for this beginning, made without the password.
    #[must_use]
    pub fn dangerously_finished_with(&self, finalization: [u8; 64]) -> SignInFinish {
        SignInFinish {
            attempt: self.attempt.clone(),
            finalization: finalization.to_vec(),
            code: None,
        }
    }
}

/// Where a registration goes on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct RegistrationOpen {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) ticket: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) response: Vec<u8>,
    #[n(2)]
    pub(super) generation: u64,
    /// For the recovery code: what it opens.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(super) recovery: Option<Vec<u8>>,
}

macro_rules! messages {
    ($($message:ty = $kind:literal;)+) => {$(
        impl Message for $message {
            const KIND: u16 = $kind;
        }
    )+};
}

messages! {
    SignInBegin = 1;
    SignInFinish = 2;
    RegisterBegin = 3;
    RegisterFinish = 4;
    SecondFactorRequest = 5;
    Answer = 100;
}

/// What the right to begin a registration is shown over.
pub(super) fn to_begin(
    domain: &DomainName,
    administrator: &AdministratorName,
    request: &[u8],
) -> Vec<u8> {
    let parts = [domain.as_bytes(), administrator.as_bytes(), request];
    sealed::transcript("sso-connect registration begins 1", &parts)
}

/// What the right to finish it is shown over.
pub(super) fn to_finish(ticket: &[u8], content: &Registered) -> Vec<u8> {
    let content = wire::to_bytes(content).unwrap_or_default();
    sealed::transcript("sso-connect registration ends 1", &[ticket, &content])
}

/// What the right to change the second factor is shown over.
pub(super) fn to_change(change: &SecondFactorChange) -> zeroize::Zeroizing<Vec<u8>> {
    let change = zeroize::Zeroizing::new(wire::to_bytes(change).unwrap_or_default());
    sealed::transcript("sso-connect second factor changes 1", &[&change]).into()
}

/// What a sign-in gives, under seal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Grant {
    #[n(0)]
    pub(super) generation: u64,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) envelope: Vec<u8>,
    #[cbor(n(2), with = "moment")]
    pub(super) now: UnixTime,
    #[cbor(n(3), with = "moment")]
    pub(super) expires: UnixTime,
}

/// What a change of the second factor gives, under seal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) enum SecondFactorChanged {
    /// It counts from now on.
    #[n(0)]
    Active(#[n(0)] BackupCodes),
    /// Wrong code; nothing was changed.
    #[n(1)]
    CodeRefused,
    /// It waits for its first code.
    #[n(2)]
    Proposed(#[n(0)] TotpSecret),
    /// There is none any more.
    #[n(3)]
    Removed,
}
