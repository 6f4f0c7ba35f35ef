//! Finding out what there is: every operation begins here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{DomainId, KvStore, Mark, Seq, StoreError, Version};

use super::OnKv;
use super::format::{Base, Malformed, Root, decode_slot};
use super::key::{self, Life};
use super::room::Room;
use super::snapshot::Snapshot;
use super::view::{Look, Progress, View};

/// What a handle knows of one life of a domain.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) life: Life,
    view: Mutex<View>,
    /// The snapshot that was opened last.
    snapshot: Mutex<Option<Arc<Snapshot>>>,
}

/// A root, and which put it was.
#[derive(Clone, Debug)]
pub(super) struct Rooted {
    pub(super) root: Root,
    pub(super) version: Version,
}

/// Keys that were not in a list, though a later one was.
///
/// They have been put before the later one, so they are in the next list, or the root has moved
/// on. Otherwise they are lost.
#[derive(Debug, Default)]
pub(super) struct Gaps(Option<(String, Version)>);

impl Gaps {
    /// Takes in that `key` was not there; the view has taken in a root that was read after it was
    /// put.
    pub(super) fn check(&mut self, known: &Known, key: String) -> Result<(), StoreError> {
        let (_, root) = known.ends();
        let gap = Some((key, root));
        match &gap {
            Some((key, _)) if self.0 == gap => Err(missing(key)),
            _ => {
                self.0 = gap;
                Ok(())
            }
        }
    }
}

/// The root of a domain that exists.
#[derive(Clone, Debug)]
pub(super) struct Alive {
    pub(super) life: Life,
    pub(super) base: Option<Base>,
    pub(super) version: Version,
}

impl Rooted {
    fn alive(&self, domain: &DomainId) -> Option<Alive> {
        let Root::Alive { life: name, base } = self.root else {
            return None;
        };
        Some(Alive {
            life: Life {
                domain: *domain,
                name,
            },
            base,
            version: self.version.clone(),
        })
    }
}

impl Alive {
    /// Batches that begin up to here may have been removed.
    pub(super) fn floor(&self) -> Seq {
        self.base.map_or(Seq::START, |base| base.floor)
    }
}

impl Known {
    fn new(alive: &Alive) -> Self {
        Self {
            life: alive.life,
            view: Mutex::new(View::new(alive.version.clone(), alive.base)),
            snapshot: Mutex::new(None),
        }
    }

    /// How far the domain has grown, as far as is known, and the root that was seen last.
    pub(super) fn ends(&self) -> (Mark, Version) {
        let view = self.view();
        (view.mark(), view.version.clone())
    }

    /// The batches after `after` that fit into `max_bytes`, by the places of their first records.
    pub(super) fn slots_that_fit(&self, after: Seq, max_bytes: usize) -> Vec<Seq> {
        let mut room = Room::new(max_bytes);
        let view = self.view();
        let slots = view.slots_after(after);
        let fitting = slots.take_while(|(_, slot)| room.takes(slot.size));
        fitting.map(|(first, _)| first).collect()
    }

    /// How many statements there are at least.
    pub(super) fn statements(&self) -> u64 {
        self.view().statements
    }

    /// Takes in that there are this many.
    pub(super) fn see_statements(&self, count: u64) {
        let mut view = self.view();
        view.statements = view.statements.max(count);
    }

    /// The snapshot that was opened last.
    pub(super) fn open_snapshot(&self) -> MutexGuard<'_, Option<Arc<Snapshot>>> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: KvStore> OnKv<K> {
    /// What there is of the domain, up to date: everything that was acknowledged before this call
    /// began is known after it. `None` if there is no such domain.
    pub(super) async fn refresh(
        &self,
        domain: &DomainId,
    ) -> Result<Option<Arc<Known>>, StoreError> {
        let mut gaps = Gaps::default();
        while let Some(known) = self.load(domain).await? {
            let look = self.look(&known).await?;
            match self.settle(&known, &look).await? {
                Progress::Again => {}
                Progress::Complete(_) => return Ok(Some(known)),
                Progress::Gap(first) => gaps.check(&known, known.life.slot(first))?,
            }
        }
        Ok(None)
    }

    /// What is known of the domain already, however old, else what its root says.
    pub(super) async fn load(&self, domain: &DomainId) -> Result<Option<Arc<Known>>, StoreError> {
        match self.known(domain) {
            Some(known) => Ok(Some(known)),
            None => Ok(self.meet(domain).await?.map(|(known, _)| known)),
        }
    }

    /// What is known of the domain, and its root, read just now, if they are about one life.
    pub(super) async fn meet(
        &self,
        domain: &DomainId,
    ) -> Result<Option<(Arc<Known>, Alive)>, StoreError> {
        let before = self.known(domain);
        let root = self.root(domain).await?;
        Ok(self.admit(domain, before.as_ref(), root.as_ref()))
    }

    /// The root of the domain.
    pub(super) async fn root(&self, domain: &DomainId) -> Result<Option<Rooted>, StoreError> {
        let key = key::root(domain);
        let Some(entry) = self.kv.get(&key).await? else {
            return Ok(None);
        };
        Ok(Some(Rooted {
            root: Root::decode(entry.value).map_err(|malformed| malformed.at(&key))?,
            version: entry.version,
        }))
    }

    /// What is known of the life of the domain that its root names.
    ///
    /// The root was read after `before` was all that was known. If that is still so and the domain
    /// has another life now, what was known is forgotten.
    fn admit(
        &self,
        domain: &DomainId,
        before: Option<&Arc<Known>>,
        root: Option<&Rooted>,
    ) -> Option<(Arc<Known>, Alive)> {
        let mut domains = self.domains();
        let there = domains.get(domain);
        let unchanged = there.map(Arc::as_ptr) == before.map(Arc::as_ptr);
        let Some(alive) = root.and_then(|root| root.alive(domain)) else {
            if unchanged {
                domains.remove(domain);
            }
            return None;
        };
        if let Some(known) = there.filter(|known| known.life == alive.life) {
            return Some((Arc::clone(known), alive));
        }
        let known = Arc::new(Known::new(&alive));
        if unchanged || there.is_none() {
            domains.insert(*domain, Arc::clone(&known));
        }
        Some((known, alive))
    }

    /// Lists what follows the end of the feed that is known.
    pub(super) async fn look(&self, known: &Known) -> Result<Look, StoreError> {
        let tail = known.view().tail();
        self.list_after(known, tail).await
    }

    /// Lists batches that begin after `from`.
    pub(super) async fn list_after(&self, known: &Known, from: Seq) -> Result<Look, StoreError> {
        let (feed, after) = (known.life.feed(), known.life.slot(from));
        let limit = known.view().page();
        let page = self.kv.list(&feed, Some(&after), limit).await?;
        let mut slots = Vec::with_capacity(page.entries.len());
        for (key, entry) in page.entries {
            let first = first_in(known, &key)?;
            let slot = decode_slot(entry.value, first).map_err(|malformed| malformed.at(&key))?;
            slots.push((slot, entry.version));
        }
        Ok(Look {
            from,
            slots,
            more: page.more,
        })
    }

    /// Reads the root after a look, and takes in both.
    pub(super) async fn settle(
        &self,
        known: &Arc<Known>,
        look: &Look,
    ) -> Result<Progress, StoreError> {
        let domain = &known.life.domain;
        let root = self.root(domain).await?;
        let Some((now, alive)) = self.admit(domain, Some(known), root.as_ref()) else {
            return Ok(Progress::Again);
        };
        if now.life != known.life {
            return Ok(Progress::Again);
        }
        let progress = known.view().learn(look, alive.version, alive.base);
        self.remember(known, look);
        Ok(progress)
    }

    /// Keeps the batches of a look at hand, those that have turned out to be in their place.
    fn remember(&self, known: &Known, look: &Look) {
        for (slot, version) in &look.slots {
            let in_place = known
                .view()
                .slot(slot.first)
                .map(|info| info.version == *version);
            if in_place == Some(true) {
                self.keep_slot(known, slot.clone());
            }
        }
    }

    fn known(&self, domain: &DomainId) -> Option<Arc<Known>> {
        self.domains().get(domain).map(Arc::clone)
    }

    /// What is known of all domains.
    pub(super) fn domains(&self) -> MutexGuard<'_, HashMap<DomainId, Arc<Known>>> {
        self.domains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place that the key of a slot names.
fn first_in(known: &Known, key: &str) -> Result<Seq, StoreError> {
    let digits = key.strip_prefix(&known.life.feed());
    let first = digits.and_then(key::hex).map(Seq::new);
    first.ok_or_else(|| Malformed::WrongPlace.at(key))
}

/// For what has to be there, since the root did not change.
pub(super) fn missing(key: &str) -> StoreError {
    StoreError::corrupt(format!(
        "{key} is missing. Restore the domain from a backup."
    ))
}
