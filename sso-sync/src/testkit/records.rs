//! The records of a domain in memory, with a hub that can be sent away.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sso_core::StoreError;
use sso_core::user::Profile;

use crate::node::{Held, Put, Records};
use crate::seal::{Content, KeyRing};
use crate::store::RecordId;

/// [`Records`] as a server has them that holds everything. Clones are other servers at the same hub,
/// without any delay.
#[derive(Clone)]
pub struct MemoryRecords {
    ring: Arc<KeyRing>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    hub: Hub,
    live: BTreeMap<RecordId, Held>,
    outbox: BTreeMap<RecordId, Profile>,
}

/// How the hub behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests choose among them")]
pub enum Hub {
    /// Cannot be reached.
    Away,
    /// Answers.
    #[default]
    Here,
    /// Does what it is asked, and the next answer is lost.
    LosesAnswers,
}

impl MemoryRecords {
    /// No records, and the keys of `ring`.
    #[must_use]
    pub fn new(ring: KeyRing) -> Self {
        Self {
            ring: Arc::new(ring),
            state: Arc::default(),
        }
    }

    /// Makes the hub behave so. When it comes back it is given what waits.
    pub fn set_hub(&self, hub: Hub) {
        let mut state = self.state();
        state.hub = hub;
        if hub != Hub::Away {
            let outbox = std::mem::take(&mut state.outbox);
            outbox
                .into_iter()
                .for_each(|(id, profile)| state.change(id, profile));
        }
    }

    /// How many changes wait for the hub.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state().outbox.len()
    }

    /// The version of a record; 0 if there is none.
    #[must_use]
    pub fn version(&self, id: &RecordId) -> u64 {
        self.state().live.get(id).map_or(0, |held| held.version)
    }

    /// Puts a record there that no honest server wrote.
    pub fn overwrite(&self, id: RecordId, content: Content) {
        let version = self.version(&id) + 1;
        self.state().live.insert(id, Held { version, content });
    }

    /// Removes a user; does nothing if there is none.
    pub fn remove(&self, id: &RecordId) {
        if let Some(held) = self.state().live.get_mut(id)
            && let Some(content) = held.content.to_removed()
        {
            held.version += 1;
            held.content = content;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn change(&mut self, id: RecordId, profile: Profile) {
        if let Some(held) = self.live.get_mut(&id)
            && let Content::User(user) = &mut held.content
        {
            user.profile.known = profile;
            held.version += 1;
        }
    }

    /// Decides a put as the hub does.
    fn put(&mut self, id: RecordId, after: u64, content: Content) -> Put {
        let before = self.live.get(&id);
        let is_next = before.map_or(0, |held| held.version) == after
            && before.is_none_or(|held| held.content.may_become(&content));
        if !is_next {
            return Put::Other(before.cloned());
        }
        let version = after + 1;
        let held = Held { version, content };
        self.live.insert(id, held.clone());
        Put::Done(held)
    }
}

#[async_trait]
impl Records for MemoryRecords {
    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring)
    }

    async fn find(&self, id: &RecordId) -> Result<Option<Held>, StoreError> {
        Ok(self.state().live.get(id).cloned())
    }

    async fn locate(&self, prefix: &[u8; 14]) -> Result<Option<RecordId>, StoreError> {
        let state = self.state();
        let mut found = state
            .live
            .keys()
            .filter(|id| id.as_bytes().starts_with(prefix));
        Ok(match (found.next(), found.next()) {
            (Some(id), None) => Some(*id),
            _ => None,
        })
    }

    async fn put(&self, id: RecordId, after: u64, content: Content) -> Result<Put, StoreError> {
        let mut state = self.state();
        match state.hub {
            Hub::Away => Err(StoreError::unavailable("the hub is away")),
            Hub::Here => Ok(state.put(id, after, content)),
            Hub::LosesAnswers => {
                state.hub = Hub::Here;
                let _lost = state.put(id, after, content);
                Err(StoreError::unknown("the answer was lost"))
            }
        }
    }

    async fn update_later(&self, id: RecordId, profile: Profile) -> Result<(), StoreError> {
        let mut state = self.state();
        match state.hub {
            Hub::Away => drop(state.outbox.insert(id, profile)),
            Hub::Here | Hub::LosesAnswers => state.change(id, profile),
        }
        Ok(())
    }
}

impl fmt::Debug for MemoryRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        write!(
            f,
            "MemoryRecords({}, hub {:?})",
            state.live.len(),
            state.hub
        )
    }
}
