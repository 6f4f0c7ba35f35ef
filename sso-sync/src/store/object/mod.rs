//! Level 1 in a bucket: object storage of the S3 type, without any database.
//!
//! Every write is one conditional `PUT`: `If-None-Match: *` where nothing may be there, `If-Match`
//! with the entity tag of what is replaced. A store that ignores a condition would lose writes, so
//! [`BucketStore::probe`] refuses it.
//!
//! # How a write is told from another
//!
//! An entity tag is a digest of the content in most stores: the same bytes again have the same tag,
//! and a writer who remembers the tag of before would not notice what came between. So every object
//! begins with a *lineage*: how many writes its key has seen, and 16 random bytes for each of the
//! last nine of them. No two objects are equal, and no tag comes twice.
//!
//! The lineage also settles what became of a write whose answer was lost or is in doubt: a closed
//! connection, a timeout, an error of a gateway, "conflicting operation" (409), or "condition not
//! met" (412) after something on the way sent the request twice. The object is read back, and its
//! lineage shows who made the write that would have been ours:
//!
//! | Read back | Then |
//! |---|---|
//! | we did | it has happened, even if others have written since |
//! | somebody else | it has not happened and never will: the tag it names is gone for good |
//! | nobody so far | it may still arrive: [`StoreError::Unknown`]; only if the store itself said no, it has not happened |
//! | more than nine writes since, or no answer | [`StoreError::Unknown`] |
//!
//! # Deleting
//!
//! A `DELETE` has no condition in most stores, so one that was meant for one version could remove
//! the next. Instead an entry is replaced, by compare-and-swap, by a *tombstone*: an object with a
//! lineage and nothing else. Readers pass over it, [`Expect::Absent`] replaces it.
//!
//! Tombstones stay. A `DELETE` of a tombstone would race with a writer who is replacing it, and one
//! that is late on the network would remove whatever stands there by then; no order of requests
//! excludes that. They cost little: 156 bytes, and a list knows them by their size without reading
//! them. [`BucketStore::remove_tombstones`] is for an administrator who has stopped all writers.
//!
//! # What stands where
//!
//! `PREFIX/keys/` and the key in hexadecimal, closed by `-`, which sorts before every digit: so the
//! order of the names is the order of the keys. `PREFIX/probe/` is empty except during a probe.

mod error;
mod failure;
mod lineage;
mod list;
mod names;
mod probe;
mod settings;
mod write;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::sync::watch;

use super::{Caps, Entry, Expect, KvStore, Page, Retry, StoreError, Version};

pub use error::{BucketError, Ignored};
pub use settings::S3Settings;

use failure::read_error;
use lineage::{Content, Standing};
use names::Names;
use write::Unwritten;

/// Keeps everything in a bucket, under a prefix.
///
/// Any number of processes may use it at once. Clones share their connections.
///
/// ```no_run
/// use sso_sync::store::{BucketStore, S3Settings};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = S3Settings::new("sso-connect")
///     .endpoint("https://s3.example.com")
///     .credentials("hub", "the secret of the hub");
/// let store = BucketStore::s3(&settings)?;
/// store.probe().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BucketStore(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    names: Names,
    objects: Arc<dyn ObjectStore>,
    /// For those in this process who wait.
    written: watch::Sender<()>,
}

impl BucketStore {
    /// A store of the S3 type. Call [`probe`](Self::probe) before you rely on it.
    ///
    /// # Errors
    ///
    /// [`BucketError::Settings`] if they make no sense. The network is not used.
    pub fn s3(settings: &S3Settings) -> Result<Self, BucketError> {
        Ok(Self::over(settings.connect()?, settings.prefix()))
    }

    /// Any other store with conditional `PUT`, below `prefix`. Call [`probe`](Self::probe) before
    /// you rely on it.
    ///
    /// The store should not send a `PUT` a second time by itself, as those of this crate do after
    /// some failures unless told otherwise (`RetryConfig::max_retries`): it is not always noticed
    /// then that the first one has arrived.
    pub fn over(objects: Arc<dyn ObjectStore>, prefix: &str) -> Self {
        Self(Arc::new(Shared {
            names: Names::below(prefix),
            objects,
            written: watch::Sender::default(),
        }))
    }

    /// Tries whether the store keeps what this backend relies on: that it can be reached and
    /// written to, honours both conditions, also between requests at the same time, and lists in
    /// order. Takes about thirty requests; leaves nothing, if it may delete.
    ///
    /// # Errors
    ///
    /// [`BucketError::Unfit`] names what the store ignores; [`BucketError::Store`] if it cannot be
    /// asked.
    pub async fn probe(&self) -> Result<(), BucketError> {
        probe::probe(self.0.objects.as_ref(), self.0.names.probes()).await
    }

    /// Removes what deleted entries have left; answers how many there were.
    ///
    /// Only while **nobody writes**, in no process, and no request is under way any more: a write
    /// at the same time may be lost.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the store cannot be reached; calling again goes on.
    pub async fn remove_tombstones(&self) -> Result<usize, StoreError> {
        list::remove_tombstones(self).await
    }

    /// What is there: an entry, or a tombstone. Asks again if the connection breaks, since the
    /// client does not.
    async fn content(&self, key: &str) -> Result<Option<Content>, StoreError> {
        again().read(|| self.content_once(key)).await
    }

    async fn content_once(&self, key: &str) -> Result<Option<Content>, StoreError> {
        let got = match self.0.objects.get(&self.0.names.of(key)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            got => got.map_err(read_error)?,
        };
        let tag = got.meta.e_tag.clone().unwrap_or_default();
        let bytes = got.bytes().await.map_err(read_error)?;
        Content::decode(&bytes, tag).map(Some)
    }

    fn tell(&self) {
        self.0.written.send_replace(());
    }
}

#[async_trait]
impl KvStore for BucketStore {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let content = self.content(key).await?;
        Ok(content.and_then(Content::into_entry))
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        CAPS.check(key, &value)?;
        let base = match &expect {
            Expect::Absent => None,
            Expect::Is(version) => Some(Standing::of(version)?),
        };
        let written = match self.write(key, base.as_ref(), Some(&value)).await {
            Err(Unwritten::Another(Some(there))) if base.is_none() && there.is_tombstone() => {
                self.write(key, Some(there.standing()), Some(&value)).await
            }
            written => written,
        };
        Ok(written?.version())
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        let base = Standing::of(&expect)?;
        self.write(key, Some(&base), None).await?;
        Ok(())
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        again()
            .read(|| list::page(self, prefix, after, limit))
            .await
    }

    fn caps(&self) -> Caps {
        CAPS
    }

    /// Writes through this store and its clones are noticed at once; for all others a second
    /// passes.
    async fn changed(&self, _prefix: &str, max_wait: Duration) {
        let mut written = self.0.written.subscribe();
        let _ = tokio::time::timeout(max_wait.min(POLL), written.changed()).await;
    }
}

/// How often a reading is tried.
fn again() -> Retry {
    Retry::default().tries(3)
}

/// The name of a key has twice its length, and a name in a bucket at most 1,024 bytes.
const CAPS: Caps = Caps {
    max_key: 400,
    max_value: 8 * 1024 * 1024,
};

/// How long others' writes may go unnoticed.
const POLL: Duration = Duration::from_secs(1);
