//! Level 1 in etcd, 3.4 and later: for small domains where etcd is there anyway.
//!
//! Every write is one transaction that compares revisions first. A revision of etcd is a place in
//! the order of all its writes, so no two writes have the same. Lists are read a page at a time,
//! each page as of one revision.
//!
//! Whether something has changed is asked with a watch from the revision that was read last. If
//! etcd has compacted that revision, this too is a reason to look again.

mod error;
mod failure;
mod list;
mod settings;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use etcd_client::{Client, Compare, CompareOp, KeyValue, KvClient, ResponseHeader, Txn, TxnOp};

use super::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};

pub use error::EtcdError;
pub use settings::EtcdSettings;

use failure::Failure;

/// Keeps everything in etcd, under a prefix.
///
/// Any number of processes may use it at once. Clones share their connection.
#[derive(Clone)]
pub struct EtcdStore(Arc<Shared>);

struct Shared {
    client: Client,
    /// What every key begins with.
    prefix: String,
    /// The revision that was read last; 0 if none was.
    seen: AtomicI64,
    timeout: Duration,
}

impl EtcdStore {
    /// Connects, and asks for the version.
    ///
    /// # Errors
    ///
    /// An [`EtcdError`]: the settings make no sense, etcd cannot be reached, or it is too old.
    pub async fn connect(settings: &EtcdSettings) -> Result<Self, EtcdError> {
        let client = settings.connect().await?;
        let store = Self(Arc::new(Shared {
            client,
            prefix: settings.prefix().into(),
            seen: AtomicI64::new(0),
            timeout: settings.timeout_of_requests(),
        }));
        store.check_version().await?;
        Ok(store)
    }

    async fn check_version(&self) -> Result<(), EtcdError> {
        let mut maintenance = self.0.client.maintenance_client();
        match self.ask(maintenance.status()).await {
            Ok(status) => error::check_version(status.version()),
            // This user may not ask.
            Err(failure) if failure.is_denied() => Ok(()),
            Err(failure) => Err(EtcdError::Unreachable(failure.of_read())),
        }
    }

    /// Waits for an answer as long as the settings say.
    async fn ask<T>(
        &self,
        call: impl Future<Output = Result<T, etcd_client::Error>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.0.timeout, call).await {
            Ok(answer) => answer.map_err(Failure::Answered),
            Err(_) => Err(Failure::Silent(self.0.timeout)),
        }
    }

    fn keys(&self) -> KvClient {
        let keys = self.0.client.kv_client();
        keys.max_decoding_message_size(MAX_ANSWER)
    }

    fn full_key(&self, key: &str) -> String {
        [&self.0.prefix, key].concat()
    }

    fn saw(&self, header: Option<&ResponseHeader>) {
        if let Some(header) = header {
            self.0.seen.store(header.revision(), Ordering::Relaxed);
        }
    }

    /// Does something to a key if it is as expected; answers the revision of that.
    async fn change(&self, key: &str, expect: &Expect, change: TxnOp) -> Result<i64, StoreError> {
        let unchanged = match expect {
            Expect::Absent => vec![Compare::create_revision(key, CompareOp::Equal, 0)],
            Expect::Is(version) => Revisions::of(version)?.compare(key),
        };
        let transaction = Txn::new().when(unchanged).and_then([change]);
        let mut keys = self.keys();
        let answer = self.ask(keys.txn(transaction)).await;
        let answer = answer.map_err(Failure::of_write)?;
        if !answer.succeeded() {
            return Err(StoreError::Conflict);
        }
        let header = answer.header().map(ResponseHeader::revision);
        header.ok_or_else(|| StoreError::unknown("the answer of etcd has no revision"))
    }
}

#[async_trait]
impl KvStore for EtcdStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let mut keys = self.keys();
        let answer = self.ask(keys.get(self.full_key(key), None)).await;
        let mut answer = answer.map_err(Failure::of_read)?;
        self.saw(answer.header());
        Ok(answer.take_kvs().pop().map(entry))
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        CAPS.check(key, &value)?;
        let key = self.full_key(key);
        let put = TxnOp::put(key.as_str(), value, None);
        let modified = self.change(&key, &expect, put).await?;
        let created = match &expect {
            Expect::Absent => modified,
            Expect::Is(version) => Revisions::of(version)?.created,
        };
        Ok(Revisions { created, modified }.version())
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let key = self.full_key(key);
        let delete = TxnOp::delete(key.as_str(), None);
        self.change(&key, &Expect::Is(expect), delete).await?;
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        list::page(self, prefix, after, limit).await
    }

    fn caps(&self) -> Caps {
        CAPS
    }

    /// Every change is noticed, also one since the last reading, as long as etcd answers; else the
    /// wait is a second.
    async fn changed(&self, prefix: &str, max_wait: Duration) {
        watch::wait(self, prefix, max_wait).await;
    }
}

impl fmt::Debug for EtcdStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdStore")
            .field("prefix", &self.0.prefix)
            .finish_non_exhaustive()
    }
}

/// Which write an entry comes from: when its key was made, and when it was written last.
#[derive(Clone, Copy)]
struct Revisions {
    created: i64,
    modified: i64,
}

impl Revisions {
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if the version is none of this backend: nothing has it.
    fn of(version: &Version) -> Result<Self, StoreError> {
        let (created, modified) = version
            .as_bytes()
            .split_first_chunk()
            .ok_or(StoreError::Conflict)?;
        let modified = modified.try_into().map_err(|_| StoreError::Conflict)?;
        Ok(Self {
            created: i64::from_be_bytes(*created),
            modified: i64::from_be_bytes(modified),
        })
    }

    fn version(self) -> Version {
        let bytes = [self.created.to_be_bytes(), self.modified.to_be_bytes()];
        Version::new(bytes.concat())
    }

    fn compare(self, key: &str) -> Vec<Compare> {
        vec![
            Compare::create_revision(key, CompareOp::Equal, self.created),
            Compare::mod_revision(key, CompareOp::Equal, self.modified),
        ]
    }
}

fn entry(pair: KeyValue) -> Entry {
    let revisions = Revisions {
        created: pair.create_revision(),
        modified: pair.mod_revision(),
    };
    let (_, value) = pair.into_key_value();
    Entry {
        value: value.into(),
        version: revisions.version(),
    }
}

/// etcd takes requests up to 1.5 MiB unless it is told otherwise.
const CAPS: Caps = Caps {
    max_key: 1024,
    max_value: 1024 * 1024,
};

/// A page of a list may be this large, in bytes.
const MAX_ANSWER: usize = 512 * 1024 * 1024;
