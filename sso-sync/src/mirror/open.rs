//! Beginning and going on.

use std::sync::Arc;

use bytes::Bytes;
use minicbor::{Decode, Encode};

use super::facts::Facts;
use super::outbox::QueueLength;
use super::parts::Parts;
use super::restart::Work;
use super::{DOMAIN, GENERATION, HEAD, Mirror, MirrorError, Place, SERVED, Shared, Users};
use crate::cbor;
use crate::chain::{Chain, FeedMark};
use crate::feed::{Envelope, FeedHead, Follower, SetHash};
use crate::store::{DomainId, DomainStore, Retry, Seq, StoreError};
use crate::wire::PAGE_BYTES;

/// What is wrong with what was found on the disk. Users sign in all the same.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Condition {
    /// The chain on the disk ends before something that was built on it.
    #[error(
        "the authority chain on the disk has {held} statements, but {needed} were known here: \
         was an older copy of the disk put back?"
    )]
    ChainCutShort {
        /// How many there are.
        held: u64,
        /// How many there were at least.
        needed: u64,
    },
    /// The newest configuration on the disk is older than one that was served: it is not served.
    #[error(
        "revision {held} of the configuration is the newest on the disk, but revision {served} was \
         served: was an older copy of the disk put back?"
    )]
    ConfigurationCutShort {
        /// The newest that is there.
        held: u64,
        /// The newest that was served.
        served: u64,
    },
    /// The users on the disk are not those that the head stands for: do a full sync.
    #[error("users on the disk are missing or changed: run `sso-connect sync --full`")]
    UsersDamaged,
    /// The users are not where they were: fill anew.
    #[error("the file with the users is gone: it is filled anew from the hub")]
    UsersLost,
}

impl Condition {
    /// Whether a filling mends it.
    pub(super) const fn is_about_users(self) -> bool {
        matches!(self, Self::UsersDamaged | Self::UsersLost)
    }
}

impl Mirror {
    /// Makes the mirror of a fresh server, of a chain from its first statement on. It holds
    /// everything as of before the first user.
    ///
    /// What an interrupted attempt left is gone on with.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Chain`] if the statements do not count, [`MirrorError::OtherDomain`] if the
    /// place belongs to another domain, [`MirrorError::Store`].
    pub async fn create(
        place: Arc<dyn Place>,
        domain: DomainId,
        statements: &[Bytes],
    ) -> Result<Self, MirrorError> {
        let (genesis, rest) = statements.split_first().ok_or(MirrorError::Empty)?;
        Chain::open(domain, genesis)?;
        claim(&Facts::new(place.facts()), domain).await?;
        let store = place.chain();
        if store.head(&domain).await?.is_none() {
            let genesis = genesis.clone();
            Retry::default()
                .append(&*store, &domain, 0, genesis)
                .await?;
        }
        let mut mirror = Self::open(place, domain).await?;
        if mirror.user_store().is_none() {
            mirror.begin_empty(genesis.clone()).await?;
        }
        let held = mirror.chain.len().saturating_sub(1);
        let rest = rest.get(usize::try_from(held).unwrap_or(usize::MAX)..);
        mirror.take_statements(rest.unwrap_or_default()).await?;
        Ok(mirror)
    }

    /// Goes on with what is at a place.
    ///
    /// The chain is checked whole; lookups work at once. If the set hash has to be worked out, what
    /// needs it waits: see [`ready`](Self::ready).
    ///
    /// # Errors
    ///
    /// [`MirrorError::Empty`] if nothing is there, [`MirrorError::Chain`] if the chain on the disk
    /// does not count, [`MirrorError::Store`].
    pub async fn open(place: Arc<dyn Place>, domain: DomainId) -> Result<Self, MirrorError> {
        let facts = Facts::new(place.facts());
        let chain = read_chain(&*place.chain(), domain).await?;
        let served = facts.number(SERVED).await?;
        let mut mirror = Self {
            domain,
            follower: Follower::start(domain),
            chain: Arc::new(chain),
            view: Shared::new(None, Some(Parts::default())),
            work: None,
            filling: None,
            served,
            conditions: Vec::new(),
            fork: None,
            forsaken: None,
            queued: QueueLength::default(),
            unchecked: 0,
            is_doubtful: false,
            place,
            facts,
        };
        mirror.open_fork().await?;
        mirror.open_users().await?;
        mirror.stay_forked().await?;
        mirror.look_for_conditions();
        mirror.forget_rebuild().await;
        Ok(mirror)
    }

    /// Finds the users that count, and which head they or what was joined later has.
    pub(super) async fn open_users(&mut self) -> Result<(), MirrorError> {
        self.note_damage(false);
        let generation = self.facts.number(GENERATION).await?;
        let joined = KeptHead::read(&self.facts).await?;
        let store = self.place.users(generation).await?;
        if generation > 0 && store.is_none() {
            self.conditions.push(Condition::UsersLost);
        }
        let Some(store) = store else {
            return self.go_on_at(&joined.unwrap_or_default());
        };
        let head = store.head(&self.domain).await?;
        let head = head.ok_or_else(|| StoreError::corrupt("the users belong to no domain"))?;
        let seq = head.seq;
        let users = Users {
            store,
            generation,
            seq,
        };
        self.view.change(|view| view.users = Some(users));
        let kept = joined.as_ref();
        if self.finish_or_undo_going_over(generation, kept).await? {
            return self.go_on_at(&joined.unwrap_or_default());
        }
        let goes_on = |it: &KeptHead| it.seq > head.seq && it.forsakes != Some(generation);
        if let Some(joined) = joined.filter(goes_on) {
            return self.go_on_at(&joined);
        }
        self.follower = self.follower_at(head.seq, &head.envelope, SetHash::unknown())?;
        self.view.change(|view| view.parts = None);
        self.restore_set(head.envelope).await?;
        Ok(())
    }

    /// Knows nothing but a head.
    fn go_on_at(&mut self, head: &KeptHead) -> Result<(), MirrorError> {
        let envelope = Bytes::copy_from_slice(&head.envelope);
        self.follower = self.follower_at(head.seq, &envelope, SetHash::unknown())?;
        self.view
            .change(|view| view.parts = Some(Parts::new(envelope)));
        Ok(())
    }

    /// A follower at a head that was checked before it was kept.
    pub(super) fn follower_at(
        &self,
        seq: Seq,
        envelope: &[u8],
        set: SetHash,
    ) -> Result<Follower, MirrorError> {
        if seq == Seq::START {
            let head = FeedHead::start(&self.domain);
            return Ok(Follower::restore(self.domain, head, [head.mark], set));
        }
        let envelope = Envelope::parse(envelope).map_err(StoreError::corrupt)?;
        let head = FeedHead::after(&self.chain, &envelope);
        Ok(Follower::restore(self.domain, head, [], set))
    }

    /// Looks whether the chain has everything that was built on it.
    pub(super) fn look_for_conditions(&mut self) {
        self.conditions.retain(|it| it.is_about_users());
        let held = self.chain.len();
        let needed = self.follower.head().chain + 1;
        if needed > held {
            let cut = Condition::ChainCutShort { held, needed };
            self.conditions.push(cut);
        }
        let (held, served) = (self.chain.revisions().len() as u64, self.served);
        if served > held {
            let cut = Condition::ConfigurationCutShort { held, served };
            self.conditions.push(cut);
        }
    }

    /// Removes what a process has left that rebuilt everything although everything was there.
    async fn forget_rebuild(&self) {
        if self.is_complete() {
            // If it cannot be removed, the next filling does it.
            let _ = self.place.forget(self.next_generation()).await;
        }
    }

    /// Publishes the users of before the first.
    async fn begin_empty(&mut self, genesis: Bytes) -> Result<(), MirrorError> {
        let begun = self.place.begin(1, &self.domain, genesis).await;
        let mut draft = begun?;
        draft.settle().await?;
        let store = draft.finish(Seq::START, Bytes::new()).await?;
        self.facts.set_number(GENERATION, 1).await?;
        let users = Users {
            store,
            generation: 1,
            seq: Seq::START,
        };
        let is_at_start = self.follower.head().mark == FeedMark::start(&self.domain);
        if is_at_start {
            self.follower = Follower::start(self.domain);
        }
        self.view.change(|view| {
            view.users = Some(users);
            view.parts = view.parts.take().filter(|_| !is_at_start);
        });
        Ok(())
    }

    /// Waits until everything can be done at once: after a restart the set hash may have to be
    /// worked out, some seconds for a million users. Lookups need not wait.
    pub fn ready(&self) -> impl Future<Output = ()> + Send + use<> {
        let done = self.work.as_ref().map(Work::done);
        async move {
            if let Some(done) = done {
                done.await;
            }
        }
    }
}

/// Lets a place belong to a domain, unless it belongs to another one.
async fn claim(facts: &Facts, domain: DomainId) -> Result<(), MirrorError> {
    match facts.get(DOMAIN).await? {
        None => Ok(facts.set(DOMAIN, cbor::encode(&domain).into()).await?),
        Some(found) if cbor::decode(&found) == Ok(domain) => Ok(()),
        Some(_) => Err(MirrorError::OtherDomain),
    }
}

async fn read_chain(store: &dyn DomainStore, domain: DomainId) -> Result<Chain, MirrorError> {
    let genesis = store.statements(&domain, 0, 0).await?;
    let genesis = genesis.first().ok_or(MirrorError::Empty)?;
    let mut chain = Chain::open(domain, genesis)?;
    loop {
        let page = store.statements(&domain, chain.len(), PAGE_BYTES).await?;
        if page.is_empty() {
            return Ok(chain);
        }
        for statement in page {
            chain.append(&statement)?;
        }
    }
}

/// The head of a mirror that does not hold everything there.
#[derive(Clone, Debug, Default, Encode, Decode)]
pub(super) struct KeptHead {
    #[n(0)]
    pub(super) seq: Seq,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) envelope: Vec<u8>,
    /// The generation of users that was forsaken for its history, if any was.
    #[n(2)]
    pub(super) forsakes: Option<u64>,
}

impl KeptHead {
    pub(super) async fn read(facts: &Facts) -> Result<Option<Self>, StoreError> {
        let Some(kept) = facts.get(HEAD).await? else {
            return Ok(None);
        };
        let kept = cbor::decode(&kept);
        kept.map(Some)
            .map_err(|_| StoreError::corrupt("the head that was kept makes no sense"))
    }

    pub(super) async fn keep(&self, facts: &Facts) -> Result<(), StoreError> {
        facts.set(HEAD, cbor::encode(self).into()).await
    }
}
