//! Which domains a hub has, by name.

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

use super::{AuditEvent, Hub, document};
use crate::Digest;
use crate::store::{DomainId, KvStore, StoreError};
use crate::wire::unhex;

/// A domain as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct DomainEntry {
    /// As people type it; no two domains of a hub have the same.
    #[n(0)]
    pub name: String,
    /// Which.
    #[n(1)]
    pub id: DomainId,
    /// Whether its members are served.
    #[n(2)]
    pub state: DomainState,
    /// When it began, in seconds since 1970.
    #[n(3)]
    pub created: u64,
    /// Since when the state is what it is, in seconds since 1970.
    #[n(4)]
    pub since: u64,
}

/// Whether the members of a domain are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum DomainState {
    /// They are.
    #[n(0)]
    Active,
    /// The operator has closed it: to members it is as if it were not there.
    #[n(1)]
    Closed,
}

impl Hub {
    /// The domains whose name digests come after `after`, some at a time, in no order that means
    /// anything, and where to go on.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn domains(
        &self,
        after: Option<&str>,
    ) -> Result<(Vec<DomainEntry>, Option<String>), StoreError> {
        let page = self.documents.list(BY_ID, after, PAGE).await?;
        let next = page.entries.last().map(|(key, _)| key.clone());
        let entries = page.entries.iter();
        let domains = entries.map(|(_, entry)| document::parse(&entry.value));
        let domains = domains.collect::<Result<_, _>>()?;
        Ok((domains, next.filter(|_| page.more)))
    }

    /// The domain with this name; `None` if there is none.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn domain_named(&self, name: &str) -> Result<Option<DomainEntry>, StoreError> {
        let id = document::read::<DomainId>(&*self.documents, &name_key(name)).await?;
        match id {
            Some((id, _)) => self.domain(id).await,
            None => Ok(None),
        }
    }

    /// The domain with this id; `None` if there is none.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub async fn domain(&self, id: DomainId) -> Result<Option<DomainEntry>, StoreError> {
        let entry = document::read(&*self.documents, &id_key(id)).await?;
        Ok(entry.map(|(entry, _)| entry))
    }

    /// Closes a domain, or opens it again; its data stays. Every process of the hub keeps to it
    /// from the next request on. Does nothing if the state is what it should be.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if there is no such domain or somebody else changed it.
    pub async fn set_state(
        &self,
        id: DomainId,
        state: DomainState,
        now: UnixTime,
    ) -> Result<(), StoreError> {
        let documents = &*self.documents;
        let key = id_key(id);
        let found = document::read::<DomainEntry>(documents, &key).await?;
        let (entry, version) = found.ok_or(StoreError::Conflict)?;
        if entry.state == state {
            return Ok(());
        }
        let since = now.as_secs();
        let entry = DomainEntry {
            state,
            since,
            ..entry
        };
        document::write(documents, &key, &entry, Some(version)).await?;
        self.audit.record(&entry.changed());
        Ok(())
    }
}

impl DomainEntry {
    /// What to take down when the state has changed.
    fn changed(&self) -> AuditEvent {
        let (domain, name) = (self.id, self.name.clone());
        match self.state {
            DomainState::Active => AuditEvent::DomainOpened { domain, name },
            DomainState::Closed => AuditEvent::DomainClosed { domain, name },
        }
    }
}

/// The next domain after a key of before, and its own key.
pub(super) async fn next(
    documents: &dyn KvStore,
    after: Option<&str>,
) -> Result<Option<(String, DomainId)>, StoreError> {
    let page = documents.list(BY_ID, after, 1).await?;
    let key = page.entries.into_iter().next().map(|(key, _)| key);
    Ok(key.and_then(|key| {
        let id = key.strip_prefix(BY_ID).and_then(unhex).map(DomainId::new);
        id.map(|id| (key, id))
    }))
}

/// Takes a name for a domain; again, if it is its name already.
///
/// # Errors
///
/// [`StoreError::Conflict`] if another domain has the name.
pub(super) async fn register(
    documents: &dyn KvStore,
    name: &str,
    id: DomainId,
    now: UnixTime,
) -> Result<(), StoreError> {
    create(documents, &name_key(name), &id, |held| *held == id).await?;
    let entry = DomainEntry {
        name: name.into(),
        id,
        state: DomainState::Active,
        created: now.as_secs(),
        since: now.as_secs(),
    };
    create(documents, &id_key(id), &entry, |_| true).await
}

/// Writes a document that is not there yet, or is there in a form that will do.
async fn create<T>(
    documents: &dyn KvStore,
    key: &str,
    document: &T,
    will_do: impl Fn(&T) -> bool + Send,
) -> Result<(), StoreError>
where
    T: Encode<()> + for<'b> Decode<'b, ()> + Sync,
{
    match document::write(documents, key, document, None).await {
        Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
        written => return written,
    }
    let held = document::read::<T>(documents, key).await?;
    match held {
        Some((held, _)) if will_do(&held) => Ok(()),
        Some(_) => Err(StoreError::Conflict),
        None => Err(StoreError::unavailable("the document was not written")),
    }
}

/// Names may be longer than keys.
pub(super) fn name_key(name: &str) -> String {
    let digest = Digest::of("sso-connect hub name 1", [name.as_bytes()]);
    format!("hub/name/{digest}")
}

pub(super) fn id_key(id: DomainId) -> String {
    format!("{BY_ID}{id}")
}

const BY_ID: &str = "hub/domain/";
const PAGE: usize = 500;
