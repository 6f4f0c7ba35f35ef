//! Level 1 in etcd, 3.4 and later: for small domains where etcd is there anyway.
//!
//! Every write is one transaction that compares revisions first. A revision of etcd is a place in
//! the order of all its writes, so no two writes have the same. Lists are read a page at a time,
//! each page as of one revision.
//!
//! A value has 16 random bytes in front of it: etcd makes the write that reaches its quota, and
//! says that there was no room. Its writer looks, and knows it again.
//!
//! Whether something has changed is asked with a watch from the revision that was read last. If
//! etcd has compacted that revision, this too is a reason to look again.

mod error;
mod failure;
mod list;
mod settings;
mod stored;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use etcd_client::{Client, KvClient, ResponseHeader, Txn, TxnOp};

use super::{Caps, Entry, Expect, KvStore, Page, StoreError, Version};

pub use error::EtcdError;
pub use settings::EtcdSettings;

use failure::Failure;
use stored::{Expected, Nonce, Stored};

/// Keeps everything in etcd, under a prefix.
///
/// Any number of processes may use it at once. Clones share their connection.
///
/// ```no_run
/// use sso_sync::store::{EtcdSettings, EtcdStore};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = EtcdSettings::new(["https://etcd-1.example.com:2379"])
///     .certificate_authorities(std::fs::read("etcd-ca.pem")?)
///     .user("hub", "the password of the hub");
/// let store = EtcdStore::connect(&settings).await?;
/// # Ok(())
/// # }
/// ```
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

    async fn read(&self, key: &str) -> Result<Option<Stored>, StoreError> {
        let mut keys = self.keys();
        let answer = self.ask(keys.get(self.full_key(key), None)).await;
        let mut answer = answer.map_err(Failure::of_read)?;
        self.saw(answer.header());
        answer.take_kvs().pop().map(Stored::read).transpose()
    }

    /// Does something to a key if it is as expected; answers the revision of that.
    async fn change(&self, key: &str, expect: &Expected, change: TxnOp) -> Result<i64, StoreError> {
        let unchanged = expect.compare(key);
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

    /// What has become of a write that etcd says it had no room for. The write that reaches the
    /// quota is made all the same.
    async fn settle(
        &self,
        key: &str,
        expect: &Expected,
        nonce: &Nonce,
        full: StoreError,
    ) -> Result<Version, StoreError> {
        let there = self.read(key).await.map_err(StoreError::unknown)?;
        match there {
            Some(there) if there.nonce == *nonce => Ok(there.revisions.version()),
            there if expect.is_met_by(there.as_ref()) => Err(full),
            _ => Err(StoreError::Conflict),
        }
    }
}

#[async_trait]
impl KvStore for EtcdStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.read(key).await?.map(Stored::into_entry))
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        CAPS.check(key, &value)?;
        let expect = Expected::of(&expect)?;
        let nonce = fresh_nonce()?;
        let full_key = self.full_key(key);
        let put = TxnOp::put(full_key.as_str(), stored::encode(&nonce, &value), None);
        match self.change(&full_key, &expect, put).await {
            Ok(modified) => Ok(expect.followed_by(modified).version()),
            Err(full @ StoreError::Full(_)) => self.settle(key, &expect, &nonce, full).await,
            Err(error) => Err(error),
        }
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let expect = Expected::of(&Expect::Is(expect))?;
        let key = self.full_key(key);
        let delete = TxnOp::delete(key.as_str(), None);
        self.change(&key, &expect, delete).await?;
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

fn fresh_nonce() -> Result<Nonce, StoreError> {
    let mut nonce = Nonce::default();
    aws_lc_rs::rand::fill(&mut nonce)
        .map_err(|_| StoreError::unavailable("the system has no randomness"))?;
    Ok(nonce)
}

/// etcd takes requests up to 1.5 MiB unless it is told otherwise.
const CAPS: Caps = Caps {
    max_key: 1024,
    max_value: 1024 * 1024,
};

/// A page of a list may be this large, in bytes.
const MAX_ANSWER: usize = 512 * 1024 * 1024;
