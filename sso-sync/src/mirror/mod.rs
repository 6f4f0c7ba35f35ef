//! A server's own copy of its domain, on its own disk: no network, no schedule.
//!
//! A [`Mirror`] keeps the authority chain and the users at a [`Place`]. What comes from a hub it
//! checks first, then keeps, then it counts: whatever a call answers, and whenever the process
//! ends, what is in force is what is on the disk, and that was proven.
//!
//! It holds everything ([`is_complete`](Mirror::is_complete)) or, while it is being filled, parts
//! of which each is proven: listings of buckets and single records. [`Mirror::find`] says which.
//!
//! A filling makes a new generation of users beside what is there, and takes the place of it when
//! the set hash over all of it is the one that the head of the feed stands for. So serving never
//! stops. A filling that is interrupted, also by the end of the process, is
//! [gone on with](Mirror::go_on_filling) where it was, and counts only once it is proven as a whole.

mod audit;
mod chains;
mod complete;
mod error;
mod facts;
mod filling;
mod follow;
mod fork;
mod lookup;
mod open;
mod outbox;
mod parts;
mod place;
mod prove;
mod restart;
mod resume;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tally;
mod walk;

pub use audit::{Audit, Difference};
pub use error::MirrorError;
pub use filling::{Filled, Progress};
pub use fork::KeptFork;
pub use lookup::{Located, Lookup, Reader};
pub use open::Condition;
pub use outbox::Queued;
pub use place::{Change, Place, Resumed, Scan, UserDraft, UserStore};
pub use resume::{Interrupted, Onward};
#[cfg(feature = "sqlite")]
pub use sqlite::SqlitePlace;

use std::sync::{Arc, PoisonError, RwLock};

use crate::chain::Chain;
use crate::feed::Follower;
use crate::store::{DomainId, Seq};

use facts::Facts;
use filling::Filling;
use outbox::QueueLength;
use parts::Parts;
pub(crate) use parts::live;
use restart::Work;

/// A server's own copy of a domain.
///
/// What changes it takes `&mut self` and is safe to be given up at any point: the next call looks
/// at the disk first. Lookups go through a [`Reader`] as well, which never waits for a change.
#[derive(Debug)]
pub struct Mirror {
    domain: DomainId,
    place: Arc<dyn Place>,
    facts: Facts,
    chain: Arc<Chain>,
    follower: Follower,
    view: Shared,
    /// The set hash of `users`, as long as it is being worked out.
    work: Option<Work>,
    filling: Option<Filling>,
    /// The newest configuration that was served.
    served: u64,
    conditions: Vec<Condition>,
    queued: QueueLength,
    /// Two histories exist: kept over a restart.
    fork: Option<KeptFork>,
    /// Users of a history that does not count any more, as of this generation.
    forsaken: Option<u64>,
    /// Batches since the last checkpoint.
    unchecked: u64,
    /// Whether the disk may have more than the memory.
    is_doubtful: bool,
}

/// What lookups look at.
#[derive(Debug)]
struct View {
    users: Option<Users>,
    /// What is held beside `users`, unless those are everything at the head.
    parts: Option<Parts>,
}

/// A view that the mirror changes and readers see. Nobody waits while it is locked.
#[derive(Clone, Debug)]
struct Shared(Arc<RwLock<View>>);

impl Shared {
    fn new(users: Option<Users>, parts: Option<Parts>) -> Self {
        Self(Arc::new(RwLock::new(View { users, parts })))
    }

    fn read<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, change: impl FnOnce(&mut View) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn store(&self) -> Option<Arc<dyn UserStore>> {
        self.read(View::store)
    }
}

/// The users that are in use.
#[derive(Clone, Debug)]
struct Users {
    store: Arc<dyn UserStore>,
    generation: u64,
    /// Their head.
    seq: Seq,
}

impl Mirror {
    /// Which domain it is.
    #[must_use]
    pub const fn domain(&self) -> DomainId {
        self.domain
    }

    /// The authority chain, whole and checked.
    #[must_use]
    pub const fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    /// How far the feed was followed, and why nothing is written if so.
    #[must_use]
    pub const fn follower(&self) -> &Follower {
        &self.follower
    }

    /// Whether every user at the head is held.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.view.read(|view| view.parts.is_none())
    }

    /// What is wrong with what was found on the disk; nothing, as a rule.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}

const CHECKPOINT: &str = "checkpoint";
const FORK: &str = "fork";
const FORSAKEN: &str = "forsaken";
const SETTLED: &str = "settled";
const DOMAIN: &str = "domain";
const GENERATION: &str = "generation";
const HEAD: &str = "head";
const INTENDED: &str = "intended";
const SERVED: &str = "served";
