//! Changing the second factor.

use super::keys::Purpose;
use super::{Account, Changes, Decided, Decision, Hub, Session, Tries, Visit};
use crate::admin::CryptographyFailed;
use crate::admin::message::{
    self, Answer, SecondFactorChange, SecondFactorChanged, SecondFactorRequest,
};
use crate::admin::random::Randomness;
use crate::admin::second_factor::{SecondFactor, SecondFactorCode, Vault};

/// The records that a change of the second factor concerns, as far as they exist: the session
/// that the proof of the message names, and what belongs to its administrator.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "read by the caller")]
pub struct SecondFactorRecords<'a> {
    /// The account of the administrator.
    pub account: Option<&'a Account>,
    /// The session.
    pub session: Option<&'a Session>,
    /// The tries that a code is counted on.
    pub tries: &'a Tries,
}

/// What a change comes to.
struct Changed {
    tells: SecondFactorChanged,
    /// Unless nothing was changed.
    becomes: Option<SecondFactor>,
}

impl Hub {
    /// Answers the wish to change the second factor. Every code counts a try, which a right one
    /// does not take back: only a sign-in does.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn change_second_factor(
        &self,
        message: &SecondFactorRequest,
        visit: &Visit,
        records: &SecondFactorRecords<'_>,
        randomness: &mut dyn Randomness,
    ) -> Decided {
        let (Some(account), Some(session)) = (records.account, records.session) else {
            return Ok(Decision::only(Answer::Refused));
        };
        let shown = message::to_change(&message.change);
        let shown = (&message.proof, shown.as_slice());
        let Some(keys) = self.authenticate(session, account, shown, visit.now) else {
            return Ok(Decision::only(Answer::Refused));
        };
        if !session.is_fresh(visit.now) {
            return Ok(Decision::only(Answer::SignInAgain));
        }
        let tries = match self.charge_code(&message.change, visit, records.tries) {
            Ok(tries) => tries,
            Err(wait) => return Ok(Decision::wait(wait)),
        };
        let changed = self.change(&message.change, account, visit, randomness)?;
        let answer = keys.seal(message.proof.session(), &changed.tells, randomness)?;
        Ok(Decision {
            answer: Answer::Sealed(answer),
            changes: Changes {
                account: changed.becomes.map(|it| account.with_second_factor(it)),
                tries,
                ..Changes::default()
            },
        })
    }

    fn charge_code(
        &self,
        change: &SecondFactorChange,
        visit: &Visit,
        tries: &Tries,
    ) -> Result<Option<Tries>, crate::admin::throttle::Wait> {
        match change {
            SecondFactorChange::Propose { code: None } => Ok(None),
            SecondFactorChange::Confirm { .. }
            | SecondFactorChange::Propose { .. }
            | SecondFactorChange::Remove { .. } => self.charge(tries, visit).map(Some),
        }
    }

    fn change(
        &self,
        change: &SecondFactorChange,
        account: &Account,
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Changed, CryptographyFailed> {
        let present = &account.second_factor;
        let vault = Vault {
            key: &self.keys.derive(Purpose::Totp)?,
            domain: account.domain(),
            administrator: account.administrator(),
        };
        let accepted = |code: &SecondFactorCode| present.accept(&vault, code, visit.now);
        Ok(match change {
            SecondFactorChange::Confirm { code } => {
                let confirmed = present.confirm(&vault, code, visit.now, randomness);
                confirmed.map_or_else(Changed::refused, |(becomes, codes)| {
                    Changed::to(SecondFactorChanged::Active(codes), becomes)
                })
            }
            SecondFactorChange::Propose { code } => {
                let present = match code {
                    Some(code) => accepted(code),
                    None => (!present.is_active()).then(|| present.clone()),
                };
                let Some(present) = present else {
                    return Ok(Changed::refused());
                };
                let (becomes, secret) = present.propose(&vault, visit.now, randomness)?;
                Changed::to(SecondFactorChanged::Proposed(secret), becomes)
            }
            SecondFactorChange::Remove { code } => accepted(code)
                .map_or_else(Changed::refused, |_| {
                    Changed::to(SecondFactorChanged::Removed, SecondFactor::default())
                }),
        })
    }
}

impl Changed {
    const fn to(tells: SecondFactorChanged, becomes: SecondFactor) -> Self {
        Self {
            tells,
            becomes: Some(becomes),
        }
    }

    const fn refused() -> Self {
        Self {
            tells: SecondFactorChanged::CodeRefused,
            becomes: None,
        }
    }
}
