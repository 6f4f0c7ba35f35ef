//! What an operator may want to know of a message.

use crate::admin::hub::Decision;
use crate::admin::message::{Answer, Right, SecondFactorChange};
use crate::admin::name::{AdministratorName, DomainName};

/// What somebody did, or tried, at the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeskEvent {
    /// Where.
    pub domain: DomainName,
    /// Who it was, or pretends to be.
    pub administrator: AdministratorName,
    /// What.
    pub what: What,
}

/// What somebody did, or tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A sign-in began and was counted as a try. If nothing follows, the password was wrong: OPAQUE
    /// tells that to the administrator's program and to nobody else.
    SignInBegan,
    /// Password and second factor, if there is one, were right.
    SignedIn,
    /// The end of a sign-in was refused: a wrong code, or no end of this beginning.
    SignInRefused,
    /// Too many tries: the next may come after so many seconds.
    PutOff(u64),
    /// An invited administrator registered.
    Registered,
    /// A new password, by who has signed in.
    PasswordChanged,
    /// A new password, by the recovery code.
    Recovered,
    /// A registration was refused.
    RegistrationRefused,
    /// A secret for a second factor was given out; it counts after its first code.
    SecondFactorProposed,
    /// There is a second factor from now on.
    SecondFactorSet,
    /// There is none from now on.
    SecondFactorRemoved,
    /// A change of the second factor was refused.
    SecondFactorRefused,
}

impl What {
    /// The word for it, as an audit log has it; it never changes.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SignInBegan => "sign-in-began",
            Self::SignedIn => "signed-in",
            Self::SignInRefused => "sign-in-refused",
            Self::PutOff(_) => "put-off",
            Self::Registered => "registered",
            Self::PasswordChanged => "password-changed",
            Self::Recovered => "recovered",
            Self::RegistrationRefused => "registration-refused",
            Self::SecondFactorProposed => "second-factor-proposed",
            Self::SecondFactorSet => "second-factor-set",
            Self::SecondFactorRemoved => "second-factor-removed",
            Self::SecondFactorRefused => "second-factor-refused",
        }
    }

    /// Whether it was not done as asked, or shows only afterwards whether it was.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::SignInBegan
                | Self::SignInRefused
                | Self::PutOff(_)
                | Self::RegistrationRefused
                | Self::SecondFactorRefused
        )
    }
    pub(super) const fn of_beginning(decision: &Decision) -> Option<Self> {
        match decision.answer {
            Answer::Challenge(_) => Some(Self::SignInBegan),
            Answer::TryLater(seconds) => Some(Self::PutOff(seconds)),
            _ => None,
        }
    }

    pub(super) const fn of_end(decision: &Decision) -> Option<Self> {
        match decision.answer {
            Answer::Granted(_) => Some(Self::SignedIn),
            Answer::SecondFactorNeeded => None,
            Answer::TryLater(seconds) => Some(Self::PutOff(seconds)),
            _ => Some(Self::SignInRefused),
        }
    }

    pub(super) const fn of_registration_begun(decision: &Decision) -> Option<Self> {
        match decision.answer {
            Answer::RegistrationOpen(_) => None,
            Answer::TryLater(seconds) => Some(Self::PutOff(seconds)),
            _ => Some(Self::RegistrationRefused),
        }
    }

    pub(super) const fn of_registration(decision: &Decision, right: &Right) -> Option<Self> {
        match (&decision.answer, right) {
            (Answer::Registered(_), Right::Invitation { .. }) => Some(Self::Registered),
            (Answer::Registered(_), Right::Recovery { .. }) => Some(Self::Recovered),
            (Answer::Registered(_), Right::Session { .. }) => Some(Self::PasswordChanged),
            (Answer::TryLater(seconds), _) => Some(Self::PutOff(*seconds)),
            _ => Some(Self::RegistrationRefused),
        }
    }

    pub(super) const fn of_change(
        decision: &Decision,
        change: &SecondFactorChange,
    ) -> Option<Self> {
        let changed = decision.changes.account.is_some();
        Some(match (&decision.answer, change) {
            (Answer::TryLater(seconds), _) => Self::PutOff(*seconds),
            (Answer::Sealed(_), SecondFactorChange::Confirm { .. }) if changed => {
                Self::SecondFactorSet
            }
            (Answer::Sealed(_), SecondFactorChange::Propose { .. }) if changed => {
                Self::SecondFactorProposed
            }
            (Answer::Sealed(_), SecondFactorChange::Remove { .. }) if changed => {
                Self::SecondFactorRemoved
            }
            _ => Self::SecondFactorRefused,
        })
    }
}
