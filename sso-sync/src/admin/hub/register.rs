//! Registering a password.

use minicbor::{Decode, Encode};
use opaque_ke::{RegistrationRequest, RegistrationUpload, ServerRegistration};
use sso_core::UnixTime;

use super::keys::Purpose;
use super::{Account, Changes, Decided, Decision, Hub, Session, Visit};
use crate::admin::invitation::InvitationRecord;
use crate::admin::message::{
    self, Answer, RegisterBegin, RegisterFinish, Registered, RegistrationOpen, Right,
};
use crate::admin::moment;
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::random::Randomness;
use crate::admin::stretching::StretchingBounds;
use crate::admin::suite::{Parties, Suite};
use crate::admin::{CryptographyFailed, sealed, wire};

/// The records that a registration concerns, as far as they exist: the account, and what the
/// [`Right`] of the message names.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "read by the caller")]
pub struct RegisterRecords<'a> {
    /// The account of the administrator.
    pub account: Option<&'a Account>,
    /// The invitation that the right names.
    pub invitation: Option<&'a InvitationRecord>,
    /// The session that the right names.
    pub session: Option<&'a Session>,
}

/// A registration under way. The client carries it, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ticket {
    #[n(0)]
    domain: DomainName,
    #[n(1)]
    administrator: AdministratorName,
    #[n(2)]
    generation: u64,
    #[cbor(n(3), with = "moment")]
    until: UnixTime,
}

impl Ticket {
    /// Who registers.
    #[must_use]
    pub const fn administrator(&self) -> &AdministratorName {
        &self.administrator
    }

    /// Where.
    #[must_use]
    pub const fn domain(&self) -> &DomainName {
        &self.domain
    }
}

impl Hub {
    /// Answers the beginning of a registration.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn begin_registration(
        &self,
        message: &RegisterBegin,
        visit: &Visit,
        records: &RegisterRecords<'_>,
        randomness: &mut dyn Randomness,
    ) -> Decided {
        let names = (&message.domain, &message.administrator);
        let shown = message::to_begin(names.0, names.1, &message.request);
        if let Err(no) = self.permit(names, (&message.right, &shown), visit, records) {
            return Ok(Decision::only(no.into()));
        }
        let Ok(request) = RegistrationRequest::<Suite>::deserialize(&message.request) else {
            return Ok(Decision::only(Answer::Refused));
        };
        let parties = Parties::new(names.0, names.1);
        let started = ServerRegistration::start(self.keys.setup(), request, parties.credential())
            .map_err(|_| CryptographyFailed)?;
        let ticket = Ticket {
            domain: message.domain.clone(),
            administrator: message.administrator.clone(),
            generation: records
                .account
                .map_or(1, |it| it.generation().saturating_add(1)),
            until: visit.now.later(LIFE),
        };
        let open = RegistrationOpen {
            ticket: self.seal_ticket(&ticket, randomness)?,
            response: started.message.serialize().to_vec(),
            generation: ticket.generation,
            recovery: copy_for(&message.right, records.account),
        };
        Ok(Decision::only(Answer::RegistrationOpen(open)))
    }

    /// Opens the ticket of a registration, and so tells which records to read; `None` if it is not
    /// one of this hub's, or took too long: answer [`Answer::Refused`].
    #[must_use]
    pub fn ticket(&self, message: &RegisterFinish, now: UnixTime) -> Option<Ticket> {
        let key = self.keys.derive(Purpose::Ticket).ok()?;
        let bytes = sealed::open(&key, b"", &message.ticket).ok()?;
        let ticket: Ticket = wire::from_bytes(&bytes)?;
        (now < ticket.until).then_some(ticket)
    }

    /// Answers the end of a registration; from then on the new password counts, and no other.
    ///
    /// `bounds` are what the hub asks of the work on passwords, so that a careless program cannot
    /// leave one there that is cheap to guess.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn finish_registration(
        &self,
        message: &RegisterFinish,
        ticket: &Ticket,
        visit: &Visit,
        records: &RegisterRecords<'_>,
        bounds: StretchingBounds,
    ) -> Decided {
        let names = (&ticket.domain, &ticket.administrator);
        let shown = message::to_finish(&message.ticket, &message.content);
        if let Err(no) = self.permit(names, (&message.right, &shown), visit, records) {
            return Ok(Decision::only(no.into()));
        }
        let generation = records.account.map_or(0, Account::generation);
        if generation.saturating_add(1) != ticket.generation {
            return Ok(Decision::only(Answer::Superseded));
        }
        let account = check(&message.content, bounds)
            .and_then(|content| account_after(content, ticket, message, visit, records));
        Ok(account.map_or_else(|| Decision::only(Answer::Refused), registered))
    }

    fn permit(
        &self,
        names: (&DomainName, &AdministratorName),
        (right, shown): (&Right, &[u8]),
        visit: &Visit,
        records: &RegisterRecords<'_>,
    ) -> Result<(), No> {
        match right {
            Right::Invitation { id, signature } => {
                let invitation = records.invitation.ok_or(No::Refused)?;
                let is_theirs = invitation.key.id() == *id
                    && (&invitation.domain, &invitation.administrator) == names
                    && invitation.key.verifies(shown, signature);
                require(is_theirs)?;
                still_good(invitation, records.account, visit.now)
            }
            Right::Recovery { signature } => {
                let account = records.account.ok_or(No::Refused)?;
                let copy = account.recovery.as_ref().ok_or(No::Refused)?;
                require(
                    (account.domain(), account.administrator()) == names
                        && copy.key.verifies(shown, signature),
                )
            }
            Right::Session { proof } => {
                let account = records.account.ok_or(No::Refused)?;
                let session = records.session.ok_or(No::Refused)?;
                let keys = self.authenticate(session, account, (proof, shown), visit.now);
                require((account.domain(), account.administrator()) == names && keys.is_some())?;
                if session.is_fresh(visit.now) {
                    Ok(())
                } else {
                    Err(No::SignInAgain)
                }
            }
        }
    }

    fn seal_ticket(
        &self,
        ticket: &Ticket,
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, CryptographyFailed> {
        let bytes = wire::to_bytes(ticket).ok_or(CryptographyFailed)?;
        sealed::seal(&self.keys.derive(Purpose::Ticket)?, b"", &bytes, randomness)
    }
}

/// Why a registration is not permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum No {
    InvitationOver,
    Refused,
    SignInAgain,
}

impl From<No> for Answer {
    fn from(no: No) -> Self {
        match no {
            No::InvitationOver => Self::InvitationOver,
            No::Refused => Self::Refused,
            No::SignInAgain => Self::SignInAgain,
        }
    }
}

const fn require(held: bool) -> Result<(), No> {
    if held { Ok(()) } else { Err(No::Refused) }
}

/// Only who holds the invitation hears why it is no longer good.
fn still_good(
    invitation: &InvitationRecord,
    account: Option<&Account>,
    now: UnixTime,
) -> Result<(), No> {
    let is_spent = account.is_some_and(|account| account.has_spent(&invitation.key.id()));
    if is_spent || now >= invitation.expires {
        return Err(No::InvitationOver);
    }
    Ok(())
}

/// What the recovery code opens goes to who has the code only.
fn copy_for(right: &Right, account: Option<&Account>) -> Option<Vec<u8>> {
    match right {
        Right::Recovery { .. } => Some(account?.recovery.as_ref()?.envelope.clone()),
        Right::Invitation { .. } | Right::Session { .. } => None,
    }
}

/// The registration in the form in which sign-ins need it.
fn check(content: &Registered, bounds: StretchingBounds) -> Option<Registered> {
    bounds.check(content.stretching).ok()?;
    let upload = RegistrationUpload::<Suite>::deserialize(&content.upload).ok()?;
    Some(Registered {
        upload: ServerRegistration::finish(upload).serialize().to_vec(),
        ..content.clone()
    })
}

fn account_after(
    content: Registered,
    ticket: &Ticket,
    message: &RegisterFinish,
    visit: &Visit,
    records: &RegisterRecords<'_>,
) -> Option<Account> {
    match (&message.right, records.account) {
        (Right::Invitation { id, .. }, account) => {
            let invited = match account {
                Some(account) => account.invited_again(content),
                None => Account::new(ticket.domain.clone(), ticket.administrator.clone(), content),
            };
            let expires = records.invitation?.expires;
            Some(invited.spend(*id, expires, visit.now))
        }
        (Right::Recovery { .. } | Right::Session { .. }, account) => account
            .filter(|account| *account.keys() == content.keys)
            .map(|account| account.with_password(content)),
    }
}

fn registered(account: Account) -> Decision {
    Decision {
        answer: Answer::Registered(account.generation()),
        changes: Changes {
            account: Some(account),
            ..Changes::default()
        },
    }
}

/// For so long a registration may take.
const LIFE: std::time::Duration = std::time::Duration::from_secs(300);
