//! The hub's side: what it answers, and what it stores before it does.
//!
//! Nothing here waits or stores. A [`Hub`] takes a message and the records that it concerns, and
//! gives a [`Decision`]: an answer, and [`Changes`] of records. The caller stores every change by
//! compare-and-swap against what it read, in the order of the fields, and sends the answer only
//! when all of them are stored; if another writer came first, it reads again and asks again.

mod account;
mod attempt;
mod keys;
mod register;
mod second_factor;
mod session;
mod sign_in;

use std::net::IpAddr;

use sso_core::UnixTime;

pub use account::Account;
pub use attempt::Attempt;
pub use keys::{HubKeys, HubKeysError};
pub use register::{RegisterRecords, Ticket};
pub use second_factor::SecondFactorRecords;
pub use session::{Session, SessionOver};

use super::CryptographyFailed;
use super::message::Answer;
use super::name::{AdministratorName, DomainName};
use super::sealed;
use super::session::SessionId;
use super::throttle::{AccountTries, Source, SourceTries, Wait};

/// What a hub decides about administrators. Cheap to make and to clone.
#[derive(Clone, Debug)]
pub struct Hub {
    keys: std::sync::Arc<HubKeys>,
}

impl Hub {
    /// A hub with these keys; all processes of one hub have the same.
    #[must_use]
    pub fn new(keys: HubKeys) -> Self {
        Self {
            keys: std::sync::Arc::new(keys),
        }
    }

    /// Tells the keys of this hub from those of others.
    pub(in crate::admin) fn fingerprint(&self) -> Result<[u8; 32], CryptographyFailed> {
        self.keys.fingerprint()
    }

    /// The key under which a [`KvStore`](crate::store::KvStore) has the [`Account`] of an
    /// administrator.
    #[must_use]
    pub fn account_key(domain: &DomainName, administrator: &AdministratorName) -> String {
        key("administrators/account", domain, administrator)
    }

    /// What the keys of all accounts of a domain begin with.
    #[must_use]
    pub fn accounts_prefix(domain: &DomainName) -> String {
        prefix("administrators/account", domain)
    }

    /// The key under which a store has the [`AccountTries`] for an administrator, who need not
    /// exist.
    #[must_use]
    pub fn tries_key(domain: &DomainName, administrator: &AdministratorName) -> String {
        key("administrators/tries", domain, administrator)
    }

    /// What the keys of all tries of a domain begin with.
    #[must_use]
    pub(crate) fn all_tries_prefix(domain: &DomainName) -> String {
        prefix("administrators/tries", domain)
    }

    /// The key under which a store has the [`SourceTries`] from where a visit came.
    #[must_use]
    pub fn source_key(&self, visit: &Visit) -> String {
        let digest = visit.source.digest(self.keys.sources());
        format!("administrators/sources/{}", hex(digest.as_bytes()))
    }

    /// The key under which a store has a [`Session`].
    #[must_use]
    pub fn session_key(id: &SessionId) -> String {
        format!("administrators/sessions/{id}")
    }
}

/// From where and when a message came.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Visit {
    /// From where.
    pub source: Source,
    /// When.
    pub now: UnixTime,
}

impl Visit {
    /// A message that came from `address` at `now`.
    #[must_use]
    pub fn new(address: IpAddr, now: UnixTime) -> Self {
        Self {
            source: Source::of(address),
            now,
        }
    }
}

/// The tries that a sign-in is counted on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "two records, read by the caller")]
pub struct Tries {
    /// Those for the administrator.
    pub account: AccountTries,
    /// Those from the source.
    pub source: SourceTries,
}

impl Hub {
    fn charge(&self, tries: &Tries, visit: &Visit) -> Result<Tries, Wait> {
        let source = visit.source.digest(self.keys.sources());
        let charged = super::throttle::charge(&tries.account, tries.source, &source, visit.now)?;
        Ok(Tries {
            account: charged.0,
            source: charged.1,
        })
    }

    /// The tries after a sign-in was granted. Decisions hold them already; this is for the caller
    /// who finds, with the session stored, that another writer changed the tries.
    #[must_use]
    pub fn forgive(&self, tries: &Tries, visit: &Visit) -> Tries {
        let source = visit.source.digest(self.keys.sources());
        Tries {
            account: tries.account.succeed(&source, visit.now),
            source: SourceTries::default(),
        }
    }
}

/// What to answer, and what to store before.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// The answer.
    pub answer: Answer,
    /// The changes.
    pub changes: Changes,
}

/// Records to be stored, each by compare-and-swap against what was read, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// The account of the administrator.
    pub account: Option<Account>,
    /// A session that must not be there yet. If it is, the message was a replay: answer
    /// [`Answer::Refused`], store nothing more.
    pub session: Option<(SessionId, Session)>,
    /// The tries. If another writer comes first when a session is stored already, do not ask
    /// again: read them, and store what [`Hub::forgive`] makes of them.
    pub tries: Option<Tries>,
}

impl Decision {
    fn only(answer: Answer) -> Self {
        Self {
            answer,
            changes: Changes::default(),
        }
    }

    fn wait(wait: Wait) -> Self {
        Self::only(Answer::TryLater(wait.as_secs()))
    }
}

/// What every decision of a hub may fail with: nothing is stored then, and the answer is an
/// internal error.
pub type Decided = Result<Decision, CryptographyFailed>;

fn key(kind: &str, domain: &DomainName, administrator: &AdministratorName) -> String {
    let name = sealed::digest::<16>(administrator.as_bytes());
    format!("{}{}", prefix(kind, domain), hex(&name))
}

/// A digest of the names, since a store need not take keys as long as they are.
fn prefix(kind: &str, domain: &DomainName) -> String {
    let domain = sealed::digest::<16>(domain.as_bytes());
    format!("{kind}/{}/", hex(&domain))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
