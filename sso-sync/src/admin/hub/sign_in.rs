//! Signing in.

use opaque_ke::{
    CredentialFinalization, CredentialRequest, ServerLogin, ServerLoginParameters,
    ServerLoginStartResult, ServerRegistration,
};
use zeroize::Zeroizing;

use super::keys::Purpose;
use super::{Account, Attempt, Changes, Decided, Decision, Hub, Session, Tries, Visit};
use crate::admin::CryptographyFailed;
use crate::admin::message::{Answer, Challenge, Grant, SignInBegin, SignInFinish};
use crate::admin::random::{ForOpaque, Randomness};
use crate::admin::second_factor::{SecondFactorCode, Vault};
use crate::admin::session::SessionKeys;
use crate::admin::stretching::Stretching;
use crate::admin::suite::{Parties, Suite};

impl Hub {
    /// Answers the beginning of a sign-in with a challenge, alike for those who are administrators
    /// and those who are not, and counts a try.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn begin_sign_in(
        &self,
        message: &SignInBegin,
        visit: &Visit,
        account: Option<&Account>,
        tries: &Tries,
        randomness: &mut dyn Randomness,
    ) -> Decided {
        let Ok(request) = CredentialRequest::deserialize(&message.request) else {
            return Ok(Decision::only(Answer::Refused));
        };
        let charged = match self.charge(tries, visit) {
            Ok(charged) => charged,
            Err(wait) => return Ok(Decision::wait(wait)),
        };
        let account = account.filter(|account| !account.is_revoked());
        let challenge = self.challenge(message, request, visit, account, randomness)?;
        Ok(Decision {
            answer: Answer::Challenge(challenge),
            changes: Changes {
                tries: Some(charged),
                ..Changes::default()
            },
        })
    }

    /// Answers the end of a sign-in: grants it, asks for a code, or refuses.
    ///
    /// A code counts a try as well; a granted sign-in forgives all of them.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn finish_sign_in(
        &self,
        message: &SignInFinish,
        attempt: &Attempt,
        visit: &Visit,
        account: Option<&Account>,
        tries: &Tries,
        randomness: &mut dyn Randomness,
    ) -> Decided {
        let Some((account, session_key)) = who_knew_the_password(message, attempt, account) else {
            return Ok(Decision::only(Answer::Refused));
        };
        if !account.second_factor.is_active() {
            return self.grant(attempt, account, &session_key, visit, tries, randomness);
        }
        let Some(code) = &message.code else {
            return Ok(Decision::only(Answer::SecondFactorNeeded));
        };
        let charged = match self.charge(tries, visit) {
            Ok(charged) => charged,
            Err(wait) => return Ok(Decision::wait(wait)),
        };
        match self.use_up(account, code, visit)? {
            Some(account) => {
                let mut decision =
                    self.grant(attempt, &account, &session_key, visit, tries, randomness)?;
                decision.changes.account = Some(account);
                Ok(decision)
            }
            None => Ok(refused_and_counted(charged)),
        }
    }

    fn challenge(
        &self,
        message: &SignInBegin,
        request: CredentialRequest<Suite>,
        visit: &Visit,
        account: Option<&Account>,
        randomness: &mut dyn Randomness,
    ) -> Result<Challenge, CryptographyFailed> {
        let started = self.start(message, request, account, randomness)?;
        let generation = account.map_or(0, Account::generation);
        Ok(Challenge {
            attempt: self.seal_attempt(
                message,
                generation,
                &started.state,
                visit.now,
                randomness,
            )?,
            response: started.message.serialize().to_vec(),
            // Who is no administrator gets what a new administrator would have.
            stretching: account.map_or(Stretching::DEFAULT, |it| it.registered.stretching),
        })
    }

    fn start(
        &self,
        message: &SignInBegin,
        request: CredentialRequest<Suite>,
        account: Option<&Account>,
        randomness: &mut dyn Randomness,
    ) -> Result<ServerLoginStartResult<Suite>, CryptographyFailed> {
        let parties = Parties::new(&message.domain, &message.administrator);
        // Without a registration OPAQUE computes the same on one that is made up (RFC 9807, 10.9).
        let registration = account
            .map(|account| ServerRegistration::deserialize(&account.registered.upload))
            .transpose()
            .map_err(|_| CryptographyFailed)?;
        ServerLogin::start(
            &mut ForOpaque(randomness),
            self.keys.setup(),
            registration,
            request,
            parties.credential(),
            parameters(&parties),
        )
        .map_err(|_| CryptographyFailed)
    }

    fn grant(
        &self,
        attempt: &Attempt,
        account: &Account,
        session_key: &[u8],
        visit: &Visit,
        tries: &Tries,
        randomness: &mut dyn Randomness,
    ) -> Decided {
        let id = attempt.session;
        let session = self.session(account, (&id, session_key), visit.now, randomness)?;
        let grant = grant_of(account, &session, visit);
        let answer = SessionKeys::of(session_key)?.seal(&id, &grant, randomness)?;
        Ok(Decision {
            answer: Answer::Granted(answer),
            changes: Changes {
                account: None,
                session: Some((id, session)),
                tries: Some(self.forgive(tries, visit)),
            },
        })
    }

    /// The account after `code` was used up; `None` if it was not right.
    fn use_up(
        &self,
        account: &Account,
        code: &SecondFactorCode,
        visit: &Visit,
    ) -> Result<Option<Account>, CryptographyFailed> {
        let vault = Vault {
            key: &self.keys.derive(Purpose::Totp)?,
            domain: account.domain(),
            administrator: account.administrator(),
        };
        let used = account.second_factor.accept(&vault, code, visit.now);
        Ok(used.map(|used| account.with_second_factor(used)))
    }
}

/// The account and the session key, if the client knew its password.
fn who_knew_the_password<'a>(
    message: &SignInFinish,
    attempt: &Attempt,
    account: Option<&'a Account>,
) -> Option<(&'a Account, Zeroizing<Vec<u8>>)> {
    let parties = Parties::new(attempt.domain(), attempt.administrator());
    let finalization = CredentialFinalization::deserialize(&message.finalization).ok()?;
    // Computed for who is no administrator as well: the time says nothing.
    let finished = attempt.opaque()?.finish(finalization, parameters(&parties));
    let account = account.filter(|it| it.generation() == attempt.generation())?;
    let session_key = Zeroizing::new(finished.ok()?.session_key.to_vec());
    Some((account, session_key))
}

fn parameters(parties: &Parties) -> ServerLoginParameters<'_, '_> {
    ServerLoginParameters {
        context: Some(parties.context()),
        identifiers: parties.identifiers(),
    }
}

fn grant_of(account: &Account, session: &Session, visit: &Visit) -> Grant {
    Grant {
        generation: account.generation(),
        envelope: account.registered.envelope.clone(),
        now: visit.now.to_the_second(),
        expires: session.expires(),
    }
}

fn refused_and_counted(charged: Tries) -> Decision {
    Decision {
        answer: Answer::Refused,
        changes: Changes {
            tries: Some(charged),
            ..Changes::default()
        },
    }
}
