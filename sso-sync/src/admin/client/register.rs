//! Registering a password: by invitation, by recovery code, or in place of the present one.

use std::fmt;

use opaque_ke::{
    ClientRegistration, ClientRegistrationFinishParameters, ClientRegistrationFinishResult,
    RegistrationResponse,
};
use sso_core::UnixTime;

use super::{ClientSession, RegisterError};
use crate::admin::envelope::{self, Copy, Credentials, Place};
use crate::admin::invitation::{Introduction, Invitation};
use crate::admin::message::{
    self, Answer, RecoveryCopy, RegisterBegin, RegisterFinish, Registered, RegistrationOpen, Right,
};
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::password::Password;
use crate::admin::random::{ForOpaque, Randomness};
use crate::admin::recovery::RecoveryCode;
use crate::admin::sealed::CryptographyFailed;
use crate::admin::stretching::{Stretching, StretchingBounds};
use crate::admin::suite::{Parties, Suite};

/// A registration that waits for the hub's answer.
pub struct Registration<'a> {
    domain: &'a DomainName,
    administrator: &'a AdministratorName,
    password: Password,
    by: By<'a>,
    renews_code: bool,
    state: ClientRegistration<Suite>,
}

/// By what right.
enum By<'a> {
    Invitation(&'a Invitation, &'a Credentials),
    Recovery(&'a RecoveryCode),
    Session(&'a ClientSession, &'a Credentials, UnixTime),
}

impl<'a> Registration<'a> {
    /// Begins by invitation; `credentials` are the new administrator's.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Cryptography`].
    pub fn by_invitation(
        invitation: &'a Invitation,
        credentials: &'a Credentials,
        password: Password,
        randomness: &mut dyn Randomness,
    ) -> Result<(Self, RegisterBegin), RegisterError> {
        let names = (invitation.domain(), invitation.administrator());
        Self::begin(
            names,
            password,
            By::Invitation(invitation, credentials),
            randomness,
        )
    }

    /// Begins with the recovery code, when the password is lost.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Cryptography`].
    pub fn by_recovery(
        domain: &'a DomainName,
        administrator: &'a AdministratorName,
        code: &'a RecoveryCode,
        password: Password,
        randomness: &mut dyn Randomness,
    ) -> Result<(Self, RegisterBegin), RegisterError> {
        Self::begin(
            (domain, administrator),
            password,
            By::Recovery(code),
            randomness,
        )
    }

    /// Begins to change the password of who has just signed in at `now`.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Cryptography`].
    pub fn by_session(
        names: (&'a DomainName, &'a AdministratorName),
        session: &'a ClientSession,
        credentials: &'a Credentials,
        password: Password,
        now: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Result<(Self, RegisterBegin), RegisterError> {
        Self::begin(
            names,
            password,
            By::Session(session, credentials, now),
            randomness,
        )
    }

    /// Makes a new recovery code as well; the one of before is worthless from then on. Default:
    /// only by invitation and by recovery code, where it is always so.
    #[must_use]
    pub const fn with_new_recovery_code(mut self) -> Self {
        self.renews_code = true;
        self
    }

    /// Takes the hub's answer and seals everything for the new password.
    ///
    /// This is where Argon2id works: it takes a while, and much memory. `stretching` is the
    /// program's choice, never the hub's.
    ///
    /// # Errors
    ///
    /// [`RegisterError::InvitationOver`], [`RegisterError::SignInAgain`] and
    /// [`RegisterError::TryLater`] for people; [`RegisterError::Stretching`] if `stretching` is
    /// out of `bounds`; [`RegisterError::Envelope`] if what the hub gave is not what the recovery
    /// code sealed.
    pub fn seal(
        self,
        answer: &Answer,
        (stretching, bounds): (Stretching, StretchingBounds),
        randomness: &mut dyn Randomness,
    ) -> Result<(RegistrationDone, RegisterFinish), RegisterError> {
        bounds.check(stretching)?;
        let open = expect_open(answer)?;
        let credentials = self.credentials(open)?;
        let stretched = self.stretch(open, stretching, randomness)?;
        let code = self.new_code(randomness);
        let content = Registered {
            upload: stretched.message.serialize().to_vec(),
            stretching,
            envelope: self.envelope(&stretched, open, &credentials, randomness)?,
            keys: credentials.keys.public()?,
            recovery: self.recovery_copy(code.as_ref(), &credentials, randomness)?,
            introduction: self.by.introduction(&credentials)?,
        };
        let message = RegisterFinish {
            right: self.by.show(&message::to_finish(&open.ticket, &content))?,
            ticket: open.ticket.clone(),
            content,
        };
        let done = RegistrationDone {
            generation: open.generation,
            credentials,
            code,
        };
        Ok((done, message))
    }

    fn begin(
        (domain, administrator): (&'a DomainName, &'a AdministratorName),
        password: Password,
        by: By<'a>,
        randomness: &mut dyn Randomness,
    ) -> Result<(Self, RegisterBegin), RegisterError> {
        let started = ClientRegistration::start(&mut ForOpaque(randomness), password.as_bytes())?;
        let request = started.message.serialize().to_vec();
        let message = RegisterBegin {
            domain: domain.clone(),
            administrator: administrator.clone(),
            right: by.show(&message::to_begin(domain, administrator, &request))?,
            request,
        };
        let waiting = Self {
            domain,
            administrator,
            password,
            renews_code: !matches!(by, By::Session(..)),
            by,
            state: started.state,
        };
        Ok((waiting, message))
    }

    fn stretch(
        &self,
        open: &RegistrationOpen,
        stretching: Stretching,
        randomness: &mut dyn Randomness,
    ) -> Result<ClientRegistrationFinishResult<Suite>, RegisterError> {
        let parties = Parties::new(self.domain, self.administrator);
        let response = RegistrationResponse::deserialize(&open.response)?;
        Ok(self.state.clone().finish(
            &mut ForOpaque(randomness),
            self.password.as_bytes(),
            response,
            ClientRegistrationFinishParameters::new(parties.identifiers(), Some(&stretching)),
        )?)
    }

    fn credentials(&self, open: &RegistrationOpen) -> Result<Credentials, RegisterError> {
        match self.by {
            By::Invitation(_, credentials) | By::Session(_, credentials, _) => {
                Ok(credentials.clone())
            }
            By::Recovery(code) => {
                let copy = open.recovery.as_ref().ok_or(RegisterError::Unexpected)?;
                let place = self.place(Copy::Recovery);
                Ok(envelope::open(&code.envelope_key()?, &place, copy)?)
            }
        }
    }

    fn envelope(
        &self,
        stretched: &ClientRegistrationFinishResult<Suite>,
        open: &RegistrationOpen,
        credentials: &Credentials,
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, CryptographyFailed> {
        let place = self.place(Copy::Password {
            generation: open.generation,
        });
        let key = envelope::key_of(&stretched.export_key)?;
        envelope::seal(&key, &place, credentials, randomness)
    }

    fn recovery_copy(
        &self,
        code: Option<&RecoveryCode>,
        credentials: &Credentials,
        randomness: &mut dyn Randomness,
    ) -> Result<Option<RecoveryCopy>, CryptographyFailed> {
        let Some(code) = code else { return Ok(None) };
        let place = self.place(Copy::Recovery);
        Ok(Some(RecoveryCopy {
            key: code.secret()?.public()?,
            envelope: envelope::seal(&code.envelope_key()?, &place, credentials, randomness)?,
        }))
    }

    /// A changed password keeps its recovery code; a used or a first one is made anew.
    fn new_code(&self, randomness: &mut dyn Randomness) -> Option<RecoveryCode> {
        self.renews_code.then(|| RecoveryCode::random(randomness))
    }

    const fn place(&self, copy: Copy) -> Place<'_> {
        Place {
            domain: self.domain,
            administrator: self.administrator,
            copy,
        }
    }
}

impl fmt::Debug for Registration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Registration({} in {}, …)",
            self.administrator, self.domain
        )
    }
}

impl By<'_> {
    fn show(&self, message: &[u8]) -> Result<Right, CryptographyFailed> {
        Ok(match self {
            Self::Invitation(invitation, _) => Right::Invitation {
                id: invitation.secret().public()?.id(),
                signature: invitation.secret().sign(message)?,
            },
            Self::Recovery(code) => Right::Recovery {
                signature: code.secret()?.sign(message)?,
            },
            Self::Session(session, _, now) => Right::Session {
                proof: session.prove(message, *now),
            },
        })
    }

    fn introduction(
        &self,
        credentials: &Credentials,
    ) -> Result<Option<Introduction>, CryptographyFailed> {
        match self {
            Self::Invitation(invitation, _) => {
                Introduction::new(invitation, &credentials.keys.public()?).map(Some)
            }
            Self::Recovery(_) | Self::Session(..) => Ok(None),
        }
    }
}

/// A registration that counts once the hub confirms it.
#[derive(Debug)]
pub struct RegistrationDone {
    generation: u64,
    credentials: Credentials,
    code: Option<RecoveryCode>,
}

impl RegistrationDone {
    /// Takes the hub's confirmation; gives what the envelope holds, and the recovery code to print
    /// if there is a new one.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Superseded`] if somebody else was faster; nothing has changed then.
    pub fn take(
        self,
        answer: &Answer,
    ) -> Result<(Credentials, Option<RecoveryCode>), RegisterError> {
        match answer {
            Answer::Registered(generation) if *generation == self.generation => {
                Ok((self.credentials, self.code))
            }
            other => Err(refusal(other)),
        }
    }
}

const fn expect_open(answer: &Answer) -> Result<&RegistrationOpen, RegisterError> {
    match answer {
        Answer::RegistrationOpen(open) => Ok(open),
        other => Err(refusal(other)),
    }
}

const fn refusal(answer: &Answer) -> RegisterError {
    match answer {
        Answer::InvitationOver => RegisterError::InvitationOver,
        Answer::Refused => RegisterError::Refused,
        Answer::SignInAgain => RegisterError::SignInAgain,
        Answer::Superseded => RegisterError::Superseded,
        Answer::TryLater(seconds) => RegisterError::TryLater(*seconds),
        _ => RegisterError::Unexpected,
    }
}
