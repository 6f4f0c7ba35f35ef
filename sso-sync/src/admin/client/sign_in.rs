//! Signing in.

use std::fmt;

use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientLoginFinishResult, CredentialResponse,
};
use sso_core::UnixTime;
use zeroize::Zeroizing;

use super::{ClientSession, SignInError};
use crate::admin::envelope::{self, Copy, Credentials, Place};
use crate::admin::message::{Answer, Challenge, Grant, SignInBegin, SignInFinish};
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::password::Password;
use crate::admin::random::{ForOpaque, Randomness};
use crate::admin::sealed::Key;
use crate::admin::second_factor::SecondFactorCode;
use crate::admin::session::{SessionId, SessionKeys};
use crate::admin::stretching::StretchingBounds;
use crate::admin::suite::{Parties, Suite};
use crate::store::DomainId;

/// A sign-in that waits for the hub's challenge.
pub struct SignIn {
    domain: DomainName,
    administrator: AdministratorName,
    password: Password,
    bounds: StretchingBounds,
    state: ClientLogin<Suite>,
}

impl SignIn {
    /// Begins. The message holds nothing of the password.
    ///
    /// # Errors
    ///
    /// [`SignInError::Cryptography`].
    pub fn begin(
        domain: DomainName,
        administrator: AdministratorName,
        password: Password,
        bounds: StretchingBounds,
        randomness: &mut dyn Randomness,
    ) -> Result<(Self, SignInBegin), SignInError> {
        let started = ClientLogin::start(&mut ForOpaque(randomness), password.as_bytes())?;
        let message = SignInBegin {
            domain: domain.clone(),
            administrator: administrator.clone(),
            request: started.message.serialize().to_vec(),
        };
        let waiting = Self {
            domain,
            administrator,
            password,
            bounds,
            state: started.state,
        };
        Ok((waiting, message))
    }

    /// Takes the hub's challenge and finds out whether the password is right.
    ///
    /// This is where Argon2id works: it takes a while, and much memory.
    ///
    /// # Errors
    ///
    /// [`SignInError::WrongPassword`] and [`SignInError::TryLater`] for people,
    /// [`SignInError::Stretching`] if the hub asks for too little or too much work: nothing was
    /// computed then; [`SignInError::Unexpected`] if this is no challenge.
    pub fn prove(
        self,
        answer: &Answer,
        randomness: &mut dyn Randomness,
    ) -> Result<Proven, SignInError> {
        let challenge = match answer {
            Answer::Challenge(challenge) => challenge,
            Answer::TryLater(seconds) => return Err(SignInError::TryLater(*seconds)),
            _ => return Err(SignInError::Unexpected),
        };
        self.bounds.check(challenge.stretching)?;
        self.solve(challenge, randomness)
    }

    fn solve(
        self,
        challenge: &Challenge,
        randomness: &mut dyn Randomness,
    ) -> Result<Proven, SignInError> {
        let parties = Parties::new(&self.domain, &self.administrator);
        let response = CredentialResponse::deserialize(&challenge.response)?;
        let solved = self.state.finish(
            &mut ForOpaque(randomness),
            self.password.as_bytes(),
            response,
            ClientLoginFinishParameters::new(
                Some(parties.context()),
                parties.identifiers(),
                Some(&challenge.stretching),
            ),
        )?;
        Proven::new(self.domain, self.administrator, &challenge.attempt, &solved)
    }
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignIn({} to {}, …)", self.administrator, self.domain)
    }
}

/// The password is right, and the hub has one registration of it; now the hub has to be told.
pub struct Proven {
    domain: DomainName,
    administrator: AdministratorName,
    attempt: Vec<u8>,
    finalization: Vec<u8>,
    envelope_key: Key,
    session_key: Zeroizing<Vec<u8>>,
}

impl Proven {
    fn new(
        domain: DomainName,
        administrator: AdministratorName,
        attempt: &[u8],
        solved: &ClientLoginFinishResult<Suite>,
    ) -> Result<Self, SignInError> {
        Ok(Self {
            domain,
            administrator,
            attempt: attempt.to_vec(),
            finalization: solved.message.serialize().to_vec(),
            envelope_key: envelope::key_of(&solved.export_key)?,
            session_key: Zeroizing::new(solved.session_key.to_vec()),
        })
    }

    /// The message that finishes the sign-in; again with a code if the hub asked for one.
    #[must_use]
    pub fn finish(&self, code: Option<SecondFactorCode>) -> SignInFinish {
        SignInFinish {
            attempt: self.attempt.clone(),
            finalization: self.finalization.clone(),
            code,
        }
    }

    /// Takes the hub's answer and opens the envelope.
    ///
    /// `seen` is what this server remembers of the administrator's last sign-in, if anything: with
    /// it, a hub that goes back is found out.
    ///
    /// # Errors
    ///
    /// [`SignInError::Refused`] and [`SignInError::TryLater`] for people;
    /// [`SignInError::Envelope`], [`SignInError::AnotherDomain`] and [`SignInError::RolledBack`]
    /// if the hub gives something else than what the administrator left there.
    pub fn take(
        &self,
        answer: &Answer,
        seen: Option<&Seen>,
        now: UnixTime,
    ) -> Result<Outcome, SignInError> {
        let sealed = match answer {
            Answer::Granted(sealed) => sealed,
            Answer::SecondFactorNeeded => return Ok(Outcome::SecondFactorNeeded),
            Answer::Refused => return Err(SignInError::Refused),
            Answer::TryLater(seconds) => return Err(SignInError::TryLater(*seconds)),
            _ => return Err(SignInError::Unexpected),
        };
        let signed_in = self.open(sealed, now)?;
        seen.map_or(Ok(()), |seen| seen.check(&signed_in.seen))?;
        Ok(Outcome::SignedIn(Box::new(signed_in)))
    }

    fn open(&self, sealed: &[u8], now: UnixTime) -> Result<SignedIn, SignInError> {
        let id = SessionId::of_attempt(&self.attempt);
        let keys = SessionKeys::of(&self.session_key)?;
        let grant: Grant = keys.open(&id, sealed).ok_or(SignInError::Unexpected)?;
        let credentials = self.open_envelope(&grant)?;
        Ok(SignedIn {
            seen: Seen {
                genesis: credentials.genesis,
                generation: grant.generation,
            },
            credentials,
            session: ClientSession::new(id, keys, &grant, now),
        })
    }

    fn open_envelope(&self, grant: &Grant) -> Result<Credentials, SignInError> {
        let place = Place {
            domain: &self.domain,
            administrator: &self.administrator,
            copy: Copy::Password {
                generation: grant.generation,
            },
        };
        Ok(envelope::open(&self.envelope_key, &place, &grant.envelope)?)
    }
}

impl fmt::Debug for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proven({} to {}, …)", self.administrator, self.domain)
    }
}

/// What the hub answered to who knew the password.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "callers go on with either")]
pub enum Outcome {
    /// Ask for a code, and [`finish`](Proven::finish) again.
    SecondFactorNeeded,
    /// Signed in.
    SignedIn(Box<SignedIn>),
}

/// An administrator who has signed in.
#[derive(Debug)]
#[non_exhaustive]
pub struct SignedIn {
    /// What the envelope held.
    pub credentials: Credentials,
    /// To be remembered on this server until the next sign-in.
    pub seen: Seen,
    /// For changes to the account.
    pub session: ClientSession,
}

/// What a server remembers of an administrator's last sign-in. No secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "programs store it")]
pub struct Seen {
    /// The domain.
    pub genesis: DomainId,
    /// Number of the registration; a changed password has a higher one.
    pub generation: u64,
}

impl Seen {
    fn check(&self, now: &Self) -> Result<(), SignInError> {
        if now.genesis != self.genesis {
            return Err(SignInError::AnotherDomain {
                expected: self.genesis,
                found: now.genesis,
            });
        }
        if now.generation < self.generation {
            return Err(SignInError::RolledBack {
                found: now.generation,
                seen: self.generation,
            });
        }
        Ok(())
    }
}
