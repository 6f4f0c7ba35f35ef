//! A place in memory, for mirrors of a test or of a simulation.

mod draft;
mod fault;
mod users;

pub use fault::DiskFault;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::mirror::{Place, Resumed, UserDraft, UserStore};
use crate::store::{DomainId, DomainStore, KvStore, MemoryStore, StoreError};
use draft::{MemoryDraft, Noted};
use fault::{Faulty, Gate};
use users::MemoryUsers;

/// Keeps what a [`Mirror`](crate::mirror::Mirror) holds in memory. Clones are the same place.
///
/// A mirror that is dropped has crashed: what is opened next finds what was written, as after
/// `kill -9`. A [`DiskFault`] makes the disk fail at any write, so that a test tries every one.
#[derive(Clone, Debug, Default)]
pub struct MemoryPlace(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    gate: Arc<Gate>,
    facts: MemoryStore,
    chain: MemoryUsers,
    generations: Mutex<BTreeMap<u64, MemoryUsers>>,
    drafts: Mutex<BTreeMap<u64, Noted>>,
}

impl MemoryPlace {
    /// A place with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        let gate = Arc::<Gate>::default();
        Self(Arc::new(Shared {
            chain: MemoryUsers::new(Arc::clone(&gate)),
            gate,
            ..Shared::default()
        }))
    }

    /// How many writes there were: publishing a generation is one, and so is each note of a draft.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.0.gate.writes()
    }

    /// Lets the write after the next `after` ones fail.
    pub fn fail_after(&self, after: u64, fault: DiskFault) {
        self.0.gate.fail_after(after, fault);
    }

    /// Lets everything succeed again: there is room, or the process was started anew.
    pub fn heal(&self) {
        self.0.gate.heal();
    }

    fn generations(&self) -> MutexGuard<'_, BTreeMap<u64, MemoryUsers>> {
        let generations = self.0.generations.lock();
        generations.unwrap_or_else(PoisonError::into_inner)
    }

    fn drafts(&self) -> MutexGuard<'_, BTreeMap<u64, Noted>> {
        let drafts = self.0.drafts.lock();
        drafts.unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, generation: u64, users: MemoryUsers) {
        self.generations().insert(generation, users);
        self.drafts().remove(&generation);
    }
}

#[async_trait]
impl Place for MemoryPlace {
    fn facts(&self) -> Arc<dyn KvStore> {
        let (gate, store) = (Arc::clone(&self.0.gate), self.0.facts.clone());
        Arc::new(Faulty { gate, store })
    }

    fn chain(&self) -> Arc<dyn DomainStore> {
        Arc::new(self.0.chain.clone())
    }

    async fn users(&self, generation: u64) -> Result<Option<Arc<dyn UserStore>>, StoreError> {
        self.0.gate.read()?;
        let users = self.generations().get(&generation).cloned();
        Ok(users.map(|users| Arc::new(users) as Arc<dyn UserStore>))
    }

    async fn begin(
        &self,
        generation: u64,
        domain: &DomainId,
        genesis: Bytes,
    ) -> Result<Box<dyn UserDraft>, StoreError> {
        self.0.gate.read()?;
        self.generations().remove(&generation);
        self.drafts().remove(&generation);
        let draft = MemoryDraft::new(self.clone(), generation, *domain, genesis);
        Ok(Box::new(draft))
    }

    async fn resume(
        &self,
        generation: u64,
        domain: &DomainId,
    ) -> Result<Option<Resumed>, StoreError> {
        self.0.gate.read()?;
        let noted = self.drafts().get(&generation).cloned();
        let noted = noted.filter(|it| it.is_of(domain));
        Ok(noted.map(|it| it.resume(self.clone(), generation)))
    }

    async fn forget(&self, generation: u64) -> Result<(), StoreError> {
        self.0.gate.read()?;
        self.drafts().remove(&generation);
        Ok(())
    }

    async fn remove_before(&self, generation: u64) -> Result<(), StoreError> {
        self.0.gate.read()?;
        self.generations().retain(|it, _| *it >= generation);
        Ok(())
    }
}
