//! What becomes of a domain whose deletion was confirmed: it is kept, then erased.

use std::time::Duration;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

use super::domain::View;
use super::{AuditEvent, DomainEntry, DomainState, Hub, beats, behind, document, domain, registry};
use crate::chain::Deletion;
use crate::store::{DomainId, KvStore, StoreError, Version};
use crate::wire::{Code, Problem};

/// A domain whose deletion was confirmed, as the operator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Since when its data is kept for the case that the deletion is taken back, in seconds since
    /// 1970.
    pub since: u64,
    /// When its data is erased, in seconds since 1970.
    pub erased_at: u64,
}

/// What one look at all domains found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Swept {
    /// Names of domains that were erased.
    pub erased: Vec<String>,
    /// Names of domains that could not be looked at; the next time may do.
    pub failed: Vec<String>,
}

impl Hub {
    /// How long the data of a domain is kept after its deletion was confirmed.
    pub const KEPT: Duration = Duration::from_hours(30 * 24);

    /// Looks at every domain: begins to count for those whose deletion was confirmed since, forgets
    /// the count of those whose deletion was taken back, and erases those whose time is over.
    ///
    /// Several processes may do so at once, and one that is killed is finished by the next. Nothing
    /// but a signed statement of the chain ends a domain: one that the operator has closed is kept.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the domains cannot be listed.
    pub async fn sweep(&self, now: UnixTime) -> Result<Swept, StoreError> {
        let (mut swept, mut after) = (Swept::default(), None);
        loop {
            let (entries, next) = self.domains(after.as_deref()).await?;
            for entry in entries {
                match self.sweep_one(&entry, now).await {
                    Ok(true) => swept.erased.push(entry.name),
                    Ok(false) => {}
                    Err(_) => swept.failed.push(entry.name),
                }
            }
            after = next;
            if after.is_none() {
                return Ok(swept);
            }
        }
    }

    /// Whether the deletion of a domain was confirmed, and until when its data is kept; `None`
    /// also if no [`sweep`](Self::sweep) has noticed yet.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn ended(&self, id: DomainId) -> Result<Option<Ended>, StoreError> {
        let kept = document::read::<Kept>(&*self.documents, &key(id)).await?;
        Ok(kept.map(|(kept, _)| kept.ended()))
    }

    /// Keeps a domain whose deletion was confirmed for the whole time from `now` on. Does nothing
    /// if it was not confirmed.
    ///
    /// # Errors
    ///
    /// A [`StoreError`]; [`StoreError::Conflict`] if it is being erased.
    pub async fn keep(&self, id: DomainId, now: UnixTime) -> Result<Option<Ended>, StoreError> {
        let Some((kept, version)) = document::read::<Kept>(&*self.documents, &key(id)).await?
        else {
            return Ok(None);
        };
        if kept.erasing {
            return Err(StoreError::Conflict);
        }
        let since = now.as_secs();
        let kept = Kept { since, ..kept };
        document::write(&*self.documents, &key(id), &kept, Some(version)).await?;
        if let Some(entry) = self.domain(id).await? {
            let (domain, name) = (id, entry.name);
            self.audit.record(&AuditEvent::DomainKept { domain, name });
        }
        Ok(Some(kept.ended()))
    }

    /// Whether the domain was erased.
    async fn sweep_one(&self, entry: &DomainEntry, now: UnixTime) -> Result<bool, Problem> {
        let held = document::read::<Kept>(&*self.documents, &key(entry.id)).await?;
        let stands = self.stands(entry.id).await?;
        match (stands, held) {
            (Stands::Gone, Some((kept, _))) if kept.erasing => {
                self.erase(entry).await?;
                Ok(true)
            }
            (Stands::Confirmed(position), Some((kept, version))) if kept.position == position => {
                if !kept.erasing && now.as_secs() < kept.ended().erased_at {
                    return Ok(false);
                }
                if !kept.erasing
                    && behind::Claims::read(&*self.documents, entry.id)
                        .await?
                        .is_some()
                {
                    // A server knows more than this hub: perhaps that it was taken back.
                    return Ok(false);
                }
                let kept = self.close(entry, kept, version, now).await?;
                self.erase_unless_cancelled(entry, kept, now).await
            }
            (Stands::Confirmed(position), held) => {
                let (kept, before) = held.unzip();
                self.reopen(entry.id, kept, now).await?;
                self.begin_to_count(entry, position, before, now).await?;
                Ok(false)
            }
            (_, Some((kept, _))) => {
                self.reopen(entry.id, Some(kept), now).await?;
                remove(&*self.documents, &key(entry.id)).await?;
                Ok(false)
            }
            (_, None) => Ok(false),
        }
    }

    /// Somebody took the deletion back after the domain had been closed to be erased.
    async fn reopen(
        &self,
        id: DomainId,
        kept: Option<Kept>,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        match kept.and_then(|kept| kept.state) {
            Some(state) => self.set_state(id, state, now).await,
            None => Ok(()),
        }
    }

    async fn stands(&self, id: DomainId) -> Result<Stands, Problem> {
        let view = self.domains.of(id).view(&*self.store).await;
        let View { chain, .. } = match view {
            Err(problem) if problem.code == Code::UnknownDomain => return Ok(Stands::Gone),
            view => view?,
        };
        // Nothing follows the confirmation but its cancellation.
        Ok(match chain.deletion() {
            Deletion::Confirmed => Stands::Confirmed(chain.head().0),
            _ => Stands::Open,
        })
    }

    /// From here on every process refuses its members, so nothing is taken back unnoticed.
    pub(super) async fn close(
        &self,
        entry: &DomainEntry,
        kept: Kept,
        version: Version,
        now: UnixTime,
    ) -> Result<Kept, StoreError> {
        let mut closed = kept;
        if !kept.erasing {
            closed.erasing = true;
            closed.state = Some(entry.state);
            document::write(&*self.documents, &key(entry.id), &closed, Some(version)).await?;
        }
        self.set_state(entry.id, DomainState::Closed, now).await?;
        Ok(closed)
    }

    async fn begin_to_count(
        &self,
        entry: &DomainEntry,
        position: u64,
        before: Option<Version>,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        let kept = Kept {
            position,
            since: now.as_secs(),
            erasing: false,
            state: None,
        };
        document::write(&*self.documents, &key(entry.id), &kept, before).await?;
        let (domain, name) = (entry.id, entry.name.clone());
        self.audit.record(&AuditEvent::DomainEnded { domain, name });
        Ok(())
    }

    /// Somebody may have taken it back at the last moment.
    async fn erase_unless_cancelled(
        &self,
        entry: &DomainEntry,
        kept: Kept,
        now: UnixTime,
    ) -> Result<bool, Problem> {
        if self.stands(entry.id).await? == Stands::Confirmed(kept.position) {
            self.erase(entry).await?;
            return Ok(true);
        }
        // What says how it was goes last, for the case that this is interrupted too.
        self.reopen(entry.id, Some(kept), now).await?;
        remove(&*self.documents, &key(entry.id)).await?;
        Ok(false)
    }

    /// Erases everything; what says that it has to be done goes last.
    async fn erase(&self, entry: &DomainEntry) -> Result<(), Problem> {
        let documents = &*self.documents;
        self.store.erase(&entry.id).await?;
        self.domains.forget(&entry.id);
        self.administrators.forget(&entry.name).await?;
        beats::forget(documents, entry.id).await?;
        behind::settle(documents, entry.id).await?;
        remove(documents, &domain::checkpoint_key(entry.id)).await?;
        remove(documents, &registry::name_key(&entry.name)).await?;
        remove(documents, &registry::id_key(entry.id)).await?;
        remove(documents, &key(entry.id)).await?;
        let (domain, name) = (entry.id, entry.name.clone());
        self.audit
            .record(&AuditEvent::DomainErased { domain, name });
        Ok(())
    }
}

/// What the chain of a domain says of its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// The deletion was confirmed, at this position.
    Confirmed(u64),
    /// There is no such chain: it was erased.
    Gone,
    /// It goes on.
    Open,
}

/// Since when a domain is kept that nobody wants any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Kept {
    /// Where in the chain the deletion was confirmed.
    #[n(0)]
    position: u64,
    /// Since when, by the clock of the hub, in seconds since 1970.
    #[n(1)]
    since: u64,
    /// Whether it was closed to be erased: the operator cannot have it kept any more. It is opened
    /// again only if its deletion turns out to have been taken back just before.
    #[n(2)]
    erasing: bool,
    /// Whether its members were served before it was closed to be erased.
    #[n(3)]
    state: Option<DomainState>,
}

impl Kept {
    const fn ended(self) -> Ended {
        Ended {
            since: self.since,
            erased_at: self.since.saturating_add(Hub::KEPT.as_secs()),
        }
    }
}

/// Removes a document, if it is there.
pub(super) async fn remove(documents: &dyn KvStore, key: &str) -> Result<(), StoreError> {
    for _ in 0..document::TRIES {
        let Some(entry) = documents.get(key).await? else {
            return Ok(());
        };
        match documents.delete(key, entry.version).await {
            Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
            deleted => return deleted,
        }
    }
    Err(StoreError::unavailable("others write the same document"))
}

fn key(id: DomainId) -> String {
    format!("hub/ended/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor;

    #[test]
    fn what_is_counted_reads_as_before_until_it_is_erased() {
        let kept = Kept {
            position: 7,
            since: 9,
            erasing: false,
            state: None,
        };
        assert_eq!(cbor::encode(&kept), [0x83, 7, 9, 0xf4]);
        assert_eq!(cbor::decode(&[0x83, 7, 9, 0xf4]), Ok(kept));
    }
}
