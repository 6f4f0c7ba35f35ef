//! What the hub knows of each domain beside its store.

mod chains;
mod checkpoint;
mod sets;
mod writing;

pub(super) use writing::Appended;

pub(super) use chains::Domains;
pub(super) use checkpoint::key as checkpoint_key;

use self::sets::Whole;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::chain::Chain;
use crate::feed::HubHead;
use crate::hub::quota::Usage;
use crate::store::{DomainId, DomainStore, Head, KvStore, StoreError};
use crate::wire::{Code, Problem};

/// What one process has worked out of one domain, so that it need not do it again: never more
/// than the store says.
#[derive(Debug)]
pub(super) struct Domain {
    id: DomainId,
    chain: Mutex<Option<Arc<Chain>>>,
    /// One write of a domain at a time in this process.
    writing: tokio::sync::Mutex<Option<Whole>>,
    /// Bytes of the records that count, when something was written last.
    bytes: AtomicU64,
    /// How many of them were signposts then.
    signposts: AtomicU64,
}

impl Domain {
    fn new(id: DomainId) -> Self {
        Self {
            id,
            chain: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            bytes: AtomicU64::new(0),
            signposts: AtomicU64::new(0),
        }
    }

    /// What nothing is known of, and that nobody else gets to know.
    pub(super) fn alone(id: DomainId) -> Arc<Self> {
        Arc::new(Self::new(id))
    }

    /// What the domain takes up with this head, as far as this process knows.
    pub(super) fn usage(&self, head: &Head) -> Usage {
        let of_head = Usage::of_head(head);
        let signposts = self.signposts.load(Ordering::Relaxed);
        let servers = self
            .cached()
            .map_or(0, |chain| chain.nodes().count() as u64);
        Usage {
            servers,
            user_bytes: self.bytes.load(Ordering::Relaxed),
            users: of_head.users.saturating_sub(signposts),
            ..of_head
        }
    }

    /// Keeps what the next process need not work out again, if somebody has asked for the set here
    /// and nobody does at this moment.
    ///
    /// # Errors
    ///
    /// A [`StoreError`].
    pub(super) async fn keep_checkpoint(&self, documents: &dyn KvStore) -> Result<(), StoreError> {
        let whole = self.writing.try_lock().ok().and_then(|it| it.clone());
        match whole {
            Some(whole) => checkpoint::write(documents, self.id, whole).await,
            None => Ok(()),
        }
    }

    fn cached(&self) -> Option<Arc<Chain>> {
        let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        chain.clone()
    }

    fn keep(&self, chain: &Arc<Chain>) {
        let mut kept = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Arc::clone(chain));
    }
}

/// What a hub keeps domains in, and what it knows of them beside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stores<'a> {
    pub(super) domains: &'a dyn DomainStore,
    pub(super) documents: &'a dyn KvStore,
}

/// Both ends of a domain, and its chain up to there.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) head: Head,
    pub(super) chain: Arc<Chain>,
}

impl View {
    /// As members are told.
    pub(super) fn hub_head(&self) -> HubHead {
        HubHead {
            statements: self.chain.len(),
            chain: self.chain.head().1,
            seq: self.head.seq,
            envelope: self.head.envelope.to_vec(),
            compacted: self.head.compacted,
        }
    }
}

impl Domain {
    /// Where the domain stands now.
    ///
    /// # Errors
    ///
    /// [`Code::UnknownDomain`], or why the store does not answer.
    pub(super) async fn view(&self, store: &dyn DomainStore) -> Result<View, Problem> {
        let head = store.head(&self.id).await?;
        let head = head.filter(|head| head.statements > 0);
        let head = head.ok_or(Code::UnknownDomain)?;
        let chain = self.chain(store, head.statements).await?;
        Ok(View { head, chain })
    }
}
