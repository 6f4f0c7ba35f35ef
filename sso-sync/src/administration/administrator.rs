//! An administrator who has signed in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::ledger::Ledger;
use super::{AdministrationError, Known, Office, Who, unlock};
use crate::admin::Credentials;
use crate::admin::client::{ClientSession, Seen};
use crate::chain::{Action, Chain, Occasion, Permissions, Role};
use crate::link::HubClient;
use crate::seal::{KeyRing, Member, MemberId, MemberKeys, Wrap};
use crate::store::DomainId;
use crate::wire::{Code, SessionId};

/// An administrator who has signed in, with the domain as it was when the hub was last asked.
///
/// Everything that an administrator does is a method. `Debug` shows no secret.
pub struct Administrator {
    pub(super) office: Office,
    pub(super) who: Who,
    pub(super) seen: Seen,
    pub(super) credentials: Credentials,
    pub(super) session: ClientSession,
    keys: Arc<MemberKeys>,
    client: HubClient,
    ledger: Ledger,
    ring: Arc<KeyRing>,
}

/// What a sign-in, or a session that was kept, gives.
pub(super) struct Entry {
    pub(super) who: Who,
    pub(super) seen: Seen,
    pub(super) credentials: Credentials,
    pub(super) session: ClientSession,
}

impl Administrator {
    /// Fetches the domain that the envelope names and goes in.
    pub(super) async fn enter(
        office: &Office,
        entry: Entry,
        known: Option<&Known>,
    ) -> Result<Self, AdministrationError> {
        let keys = Arc::new(entry.credentials.keys.to_member_keys()?);
        let domain = entry.credentials.genesis;
        let session = SessionId::new(*entry.session.id().as_bytes());
        let link = Arc::clone(office.link());
        let client = HubClient::in_session(link, domain, Arc::clone(&keys), session);
        let client = client.counting_from(milliseconds(office));
        let ledger = Ledger::fetch(&client, domain).await;
        let ledger = ledger.map_err(|error| shut_out(error, &entry.who, keys.id()))?;
        if let Some(known) = known {
            known.check(ledger.chain())?;
        }
        check_name(&entry.who, ledger.chain())?;
        check_standing(&entry.who, keys.id(), ledger.chain())?;
        let ring = unlock(ledger.chain(), ledger.statements(), &keys)?;
        let ring = Arc::new(ring.reading(office.program().schema));
        Ok(Self {
            office: office.clone(),
            who: entry.who,
            seen: entry.seen,
            credentials: entry.credentials,
            session: entry.session,
            keys,
            client,
            ledger,
            ring,
        })
    }

    /// Who it is.
    #[must_use]
    pub const fn who(&self) -> &Who {
        &self.who
    }

    /// The name for programs.
    #[must_use]
    pub fn id(&self) -> MemberId {
        self.keys.id()
    }

    /// Which domain it is.
    #[must_use]
    pub const fn domain(&self) -> DomainId {
        self.credentials.genesis
    }

    /// What the administrator may do.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        match self.chain().standing(self.id()).map(|it| it.role()) {
            Some(Role::Administrator { permissions }) => *permissions,
            _ => Permissions::NONE,
        }
    }

    /// The chain, as far as it was fetched.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        self.ledger.chain()
    }

    /// The statements of the chain, as they were sent.
    #[must_use]
    pub fn statements(&self) -> &[Bytes] {
        self.ledger.statements()
    }

    /// The domain keys.
    #[must_use]
    pub const fn ring(&self) -> &Arc<KeyRing> {
        &self.ring
    }

    /// What is to be remembered on this machine until the next sign-in.
    #[must_use]
    pub fn known(&self) -> Known {
        Known::new(self.seen, self.chain())
    }

    /// How long the session lasts; zero if it has ended.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.session.remaining(self.office.now())
    }

    /// Fetches what has happened since.
    ///
    /// # Errors
    ///
    /// An [`AdministrationError`]; what was there before is still there.
    pub async fn refresh(&mut self) -> Result<(), AdministrationError> {
        let client = self.client();
        self.ledger.refresh(&client).await?;
        self.catch_up()
    }

    pub(super) const fn office(&self) -> &Office {
        &self.office
    }

    pub(super) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Everything of the domain that this administrator signs goes through it.
    ///
    /// Another process may use the same session meanwhile, and counts by the same clock.
    pub(super) fn client(&self) -> HubClient {
        let client = self.client.clone();
        client.counting_from(milliseconds(&self.office))
    }

    pub(super) fn require(
        &self,
        needed: Permissions,
        name: &'static str,
    ) -> Result<(), AdministrationError> {
        if self.permissions().include(needed) {
            return Ok(());
        }
        Err(AdministrationError::Lacks(name))
    }

    pub(super) fn require_sso(&self) -> Result<(), AdministrationError> {
        self.require(Permissions::SSO, "SSO")
    }

    pub(super) fn require_administrators(&self) -> Result<(), AdministrationError> {
        self.require(Permissions::ADMINISTRATORS, "Administrators")
    }

    /// The domain key of the current epoch for somebody who joins.
    pub(super) fn wrap(&self, member: &Member) -> Result<Wrap, AdministrationError> {
        let epoch = self.ring.newest();
        let key = self.ring.key(epoch)?;
        Ok(Wrap::new(&self.domain(), epoch, key, member)?)
    }

    /// Has the domain state what `decide` says, on top of whatever stands there by then: where the
    /// statement stands, or `None` if nothing is left to be stated.
    ///
    /// `decide` is asked again whenever somebody else came first. If the answer of the hub is lost
    /// it is read back whether the statement stands there.
    pub(super) async fn state<D>(
        &mut self,
        mut decide: D,
    ) -> Result<Option<u64>, AdministrationError>
    where
        D: FnMut(&Self) -> Result<Option<Action>, AdministrationError> + Send,
    {
        self.refresh().await?;
        for _ in 0..ROUNDS {
            let Some(action) = decide(self)? else {
                return Ok(None);
            };
            if let Some(position) = self.append(&action).await? {
                return Ok(Some(position));
            }
        }
        Err(AdministrationError::Busy)
    }

    /// Appends one statement: where it stands, or `None` if somebody else came first.
    async fn append(&mut self, action: &Action) -> Result<Option<u64>, AdministrationError> {
        let position = self.chain().len();
        let (time, via) = (self.office.now().as_secs(), self.office.via());
        let occasion = |mark| Occasion { time, via, mark };
        let statement = self.ledger.sign(&self.keys, action, occasion)?;
        let Err(error) = self.client().append(position, statement.clone()).await else {
            self.ledger.take(statement)?;
            self.catch_up()?;
            return Ok(Some(position));
        };
        if self.refresh().await.is_err() {
            return Err(error.into());
        }
        if self.ledger.holds(position, &statement) {
            return Ok(Some(position));
        }
        if self.chain().len() > position {
            return Ok(None);
        }
        Err(error.into())
    }

    /// Takes from the chain what follows for the administrator: standing, and the newest key.
    fn catch_up(&mut self) -> Result<(), AdministrationError> {
        check_standing(&self.who, self.id(), self.ledger.chain())?;
        if self.chain().epoch() != self.ring.newest() {
            let ring = unlock(self.ledger.chain(), self.ledger.statements(), &self.keys)?;
            self.ring = Arc::new(ring.reading(self.office.program().schema));
        }
        Ok(())
    }
}

impl fmt::Debug for Administrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Who {
            domain,
            administrator,
        } = &self.who;
        write!(f, "Administrator({administrator} of {domain}, …)")
    }
}

/// What it means that the hub does not let an administrator in whose password is right.
fn shut_out(error: AdministrationError, who: &Who, id: MemberId) -> AdministrationError {
    let AdministrationError::Call(call) = &error else {
        return error;
    };
    match call.code() {
        Some(Code::NotPermitted) => no_administrator(who),
        Some(Code::Revoked) => AdministrationError::Revoked(id),
        _ => error,
    }
}

fn no_administrator(who: &Who) -> AdministrationError {
    AdministrationError::NoAdministrator {
        administrator: who.administrator.clone(),
        domain: who.domain.clone(),
    }
}

fn check_name(who: &Who, chain: &Chain) -> Result<(), AdministrationError> {
    if chain.name() == who.domain.as_str() {
        return Ok(());
    }
    Err(AdministrationError::OtherName {
        expected: who.domain.clone(),
        found: chain.name().into(),
    })
}

fn check_standing(who: &Who, id: MemberId, chain: &Chain) -> Result<(), AdministrationError> {
    match chain.standing(id) {
        Some(standing) if standing.revoked().is_some() => Err(AdministrationError::Revoked(id)),
        Some(standing) if matches!(standing.role(), Role::Administrator { .. }) => Ok(()),
        _ => Err(no_administrator(who)),
    }
}

/// Counters go on where no program before has come to in the same session.
fn milliseconds(office: &Office) -> u64 {
    let now = office.now().since_epoch().as_millis();
    u64::try_from(now).unwrap_or(u64::MAX)
}

/// So often somebody else may come first.
const ROUNDS: usize = 32;
