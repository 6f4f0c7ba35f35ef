//! Where a hub receives administrators: messages as bytes in, answers as bytes out, with the
//! records of [`hub`](super::hub) in a [`KvStore`] that any number of processes may share.

mod event;
mod operator;
mod records;
mod sweep;

use std::sync::Arc;

use sso_core::{StoreError, UnixTime};

pub use self::event::{DeskEvent, What};

use self::records::{Records, Right, Stored};
use super::hub::{
    Account, Decided, Decision, Hub, RegisterRecords, SecondFactorRecords, Session, Visit,
};
use super::message::{Answer, RegisterBegin, RegisterFinish};
use super::message::{SecondFactorRequest, SignInBegin, SignInFinish};
use super::name::{AdministratorName, DomainName};
use super::random::Randomness;
use super::session::SessionId;
use super::stretching::StretchingBounds;
use super::wire::{self, Message, WireError};
use super::{CryptographyFailed, Proof};
use crate::store::{KvStore, Retry};

/// A hub, and the store that has its administrators.
///
/// No answer leaves before what it says is stored, so guesses that come at once are counted one
/// after the other, whichever process they come to.
#[derive(Clone, Debug)]
pub struct Desk {
    hub: Hub,
    store: Arc<dyn KvStore>,
    retry: Retry,
    bounds: StretchingBounds,
}

impl Desk {
    /// A desk that accepts passwords with work within [`StretchingBounds::DEFAULT`].
    #[must_use]
    pub fn new(hub: Hub, store: Arc<dyn KvStore>) -> Self {
        Self {
            hub,
            store,
            retry: Retry::default(),
            bounds: StretchingBounds::DEFAULT,
        }
    }

    /// Registers passwords that are cheap to guess as well. For tests that sign in often.
    #[cfg(any(test, feature = "testkit"))]
    #[must_use]
    pub const fn dangerously_accept(mut self, bounds: StretchingBounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Answers a message of an administrator's program.
    ///
    /// # Errors
    ///
    /// [`DeskError::Wire`] if it is none; the other [`DeskError`]s if it could not be answered.
    pub async fn answer(
        &self,
        message: &[u8],
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, DeskError> {
        let (answer, _) = self.attend(message, visit, randomness).await?;
        Ok(answer)
    }

    /// Answers a message, and says what is worth taking down of it.
    ///
    /// # Errors
    ///
    /// As for [`answer`](Self::answer).
    pub async fn attend(
        &self,
        message: &[u8],
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<(Vec<u8>, Option<DeskEvent>), DeskError> {
        let attended = match wire::kind(message)? {
            SignInBegin::KIND => self.sign_in_begins(message, visit, randomness).await,
            SignInFinish::KIND => self.sign_in_ends(message, visit, randomness).await,
            RegisterBegin::KIND => self.registration_begins(message, visit, randomness).await,
            RegisterFinish::KIND => self.registration_ends(message, visit, randomness).await,
            SecondFactorRequest::KIND => self.second_factor(message, visit, randomness).await,
            other => Err(WireError::Kind(other).into()),
        };
        let Attended { answer, event } = attended?;
        Ok((wire::encode(&answer), event))
    }

    /// The session with this name and the account that it belongs to, if it is still good.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if the store cannot tell.
    pub async fn session(
        &self,
        id: &SessionId,
        now: UnixTime,
    ) -> Result<Option<(Session, Account)>, DeskError> {
        let Some(session) = self.get::<Session>(&Hub::session_key(id)).await?.value else {
            return Ok(None);
        };
        let key = Hub::account_key(session.domain(), session.administrator());
        let account = self.get::<Account>(&key).await?.value;
        let is_good = session.check(account.as_ref(), now).is_ok();
        Ok(account
            .filter(|_| is_good)
            .map(|account| (session, account)))
    }

    /// Ends a session; does nothing if there is none.
    ///
    /// # Errors
    ///
    /// A [`DeskError`] if the session is not known to have ended.
    pub async fn sign_out(
        &self,
        id: &SessionId,
        randomness: &mut dyn Randomness,
    ) -> Result<(), DeskError> {
        let key = Hub::session_key(id);
        let held = self.get::<Session>(&key).await?;
        if let Some(session) = held.value {
            self.put(&key, &session.end(), held.expect, randomness)
                .await?;
        }
        Ok(())
    }

    async fn sign_in_begins(
        &self,
        message: &[u8],
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Attended, DeskError> {
        let message: SignInBegin = wire::decode(message)?;
        let names = (&message.domain, &message.administrator);
        self.settle(
            names,
            Right::None,
            visit,
            randomness,
            |records, randomness| {
                let (account, tries) = (records.account(), records.tries());
                self.hub
                    .begin_sign_in(&message, visit, account, &tries, randomness)
            },
            What::of_beginning,
        )
        .await
    }

    async fn sign_in_ends(
        &self,
        message: &[u8],
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Attended, DeskError> {
        let message: SignInFinish = wire::decode(message)?;
        let Some(attempt) = self.hub.attempt(&message, visit.now) else {
            return Ok(Attended::REFUSED);
        };
        let names = (attempt.domain(), attempt.administrator());
        self.settle(
            names,
            Right::None,
            visit,
            randomness,
            |records, randomness| {
                let (account, tries) = (records.account(), records.tries());
                self.hub
                    .finish_sign_in(&message, &attempt, visit, account, &tries, randomness)
            },
            What::of_end,
        )
        .await
    }

    async fn registration_begins(
        &self,
        message: &[u8],
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Attended, DeskError> {
        let message: RegisterBegin = wire::decode(message)?;
        let names = (&message.domain, &message.administrator);
        let right = Right::of(&message.right);
        self.settle(
            names,
            right,
            visit,
            randomness,
            |records, randomness| {
                self.hub
                    .begin_registration(&message, visit, &records.to_register(), randomness)
            },
            What::of_registration_begun,
        )
        .await
    }

    async fn registration_ends(
        &self,
        message: &[u8],
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Attended, DeskError> {
        let message: RegisterFinish = wire::decode(message)?;
        let Some(ticket) = self.hub.ticket(&message, visit.now) else {
            return Ok(Attended::REFUSED);
        };
        let names = (ticket.domain(), ticket.administrator());
        let right = Right::of(message.right());
        self.settle(
            names,
            right,
            visit,
            randomness,
            |records, _| {
                let records = records.to_register();
                self.hub
                    .finish_registration(&message, &ticket, visit, &records, self.bounds)
            },
            |decision| What::of_registration(decision, message.right()),
        )
        .await
    }

    async fn second_factor(
        &self,
        message: &[u8],
        visit: &Visit,
        randomness: &mut dyn Randomness,
    ) -> Result<Attended, DeskError> {
        let message: SecondFactorRequest = wire::decode(message)?;
        let Some(session) = self.named(&message.proof).await? else {
            return Ok(Attended::REFUSED);
        };
        let names = (session.domain(), session.administrator());
        let right = Right::Session(*message.proof.session());
        self.settle(
            names,
            right,
            visit,
            randomness,
            |records, randomness| {
                let records = SecondFactorRecords {
                    account: records.account(),
                    session: records.session.as_ref(),
                    tries: &records.tries(),
                };
                self.hub
                    .change_second_factor(&message, visit, &records, randomness)
            },
            |decision| What::of_change(decision, &message.change),
        )
        .await
    }

    async fn named(&self, proof: &Proof) -> Result<Option<Session>, DeskError> {
        let key = Hub::session_key(proof.session());
        Ok(self.get(&key).await?.value)
    }

    /// Reads, decides, stores; and again, as long as other writers come first.
    async fn settle(
        &self,
        names: (&DomainName, &AdministratorName),
        right: Right,
        visit: &Visit,
        randomness: &mut dyn Randomness,
        decide: impl Fn(&Records, &mut dyn Randomness) -> Decided,
        what: impl Fn(&Decision) -> Option<What>,
    ) -> Result<Attended, DeskError> {
        for _ in 0..MAX_ROUNDS {
            let records = self.read(names, right, visit).await?;
            let decision = decide(&records, randomness)?;
            let happened = what(&decision);
            let stored = self
                .store(names, &records, &decision.changes, visit, randomness)
                .await?;
            match stored {
                Stored::All => return Ok(Attended::new(names, decision.answer, happened)),
                Stored::Conflict => {}
                Stored::Replay => {
                    let refused = Some(What::SignInRefused);
                    return Ok(Attended::new(names, Answer::Refused, refused));
                }
            }
        }
        Err(DeskError::Busy)
    }
}

/// An answer, and what is worth taking down.
struct Attended {
    answer: Answer,
    event: Option<DeskEvent>,
}

impl Attended {
    /// Of something that names nobody.
    const REFUSED: Self = Self {
        answer: Answer::Refused,
        event: None,
    };

    fn new(names: (&DomainName, &AdministratorName), answer: Answer, what: Option<What>) -> Self {
        let (domain, administrator) = names;
        let event = what.map(|what| DeskEvent {
            domain: domain.clone(),
            administrator: administrator.clone(),
            what,
        });
        Self { answer, event }
    }
}

impl Records {
    fn to_register(&self) -> RegisterRecords<'_> {
        RegisterRecords {
            account: self.account(),
            invitation: self.invitation.as_ref(),
            session: self.session.as_ref(),
        }
    }
}

/// Why a message was not answered. Nothing of it is for the other side, but what it does next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// Other writers came first again and again: try later.
    #[error("too many sign-ins at once; try again in a moment")]
    Busy,
    /// The cryptography library refused its work.
    #[error(transparent)]
    Cryptography(#[from] CryptographyFailed),
    /// The store belongs to a hub with other keys.
    #[error("the keys of this hub are not those that its administrators registered with")]
    OtherKeys,
    /// The store could not answer, or has something that makes no sense.
    #[error("cannot read or store administrators")]
    Store(#[from] StoreError),
    /// The message is none.
    #[error(transparent)]
    Wire(#[from] WireError),
}

/// So often another writer may come first.
const MAX_ROUNDS: usize = 64;
