//! Level 1: single keys with compare-and-swap.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;

/// Keeps values under keys, and decides between writers.
///
/// A key is any text of 1 to [`Caps::max_key`] bytes, a value any bytes up to
/// [`Caps::max_value`]. Keys are ordered by their bytes.
///
/// # Contract
///
/// Basics:
///
/// - **a_missing_key_has_no_entry**: `None`, not an error.
/// - **a_put_is_read_back**: value and version, at once, through this handle.
/// - **a_deleted_key_is_gone**: from `get` and from `list`.
/// - **keys_are_compared_byte_by_byte**: case, accents, width and invisible characters count.
/// - **any_text_is_a_key**: slashes, dots, control characters and NUL included.
/// - **any_bytes_are_a_value**: none at all included.
/// - **keys_and_values_may_be_as_long_as_the_caps_say**: and not a byte is lost.
/// - **the_caps_are_large_enough**: [`Caps::MIN_KEY`] and [`Caps::MIN_VALUE`].
/// - **more_than_the_caps_is_too_large**: [`StoreError::TooLarge`], and nothing is changed.
/// - **a_healthy_store_says_so**.
///
/// Compare-and-swap:
///
/// - **absent_creates_a_missing_key**, and **absent_refuses_a_present_key**.
/// - **a_version_replaces_what_it_names**, and **a_version_of_before_is_refused**.
/// - **a_version_of_a_missing_key_is_refused**.
/// - **a_version_does_not_outlive_its_entry**: a key that was deleted and made again, even with
///   the same value, has another version.
/// - **the_same_value_again_is_another_version**.
/// - **a_delete_takes_the_version_it_names**: any other is a [`StoreError::Conflict`].
/// - **a_refused_write_changes_nothing**.
/// - **of_concurrent_creations_one_wins**, and **of_concurrent_replacements_one_wins**.
/// - **concurrent_appends_are_counted_exactly_once**: eight writers, two hundred each.
///
/// Lists:
///
/// - **a_list_is_sorted_by_bytes**, and **a_list_holds_its_prefix_only**.
/// - **a_list_starts_after_its_cursor**: exclusive.
/// - **a_cursor_may_name_a_deleted_key**, or one that never was.
/// - **a_list_is_bounded_and_says_whether_there_is_more**.
/// - **a_list_carries_the_entries**: value and version of each.
/// - **a_list_misses_nothing_that_stays**: pages over a prefix, while other keys come and go,
///   hold every key that was there all the time, once.
///
/// Several handles:
///
/// - **a_second_handle_sees_every_write**, at once.
/// - **a_second_handle_competes_for_the_same_keys**.
/// - **what_was_stored_is_there_after_reopening**.
///
/// Hints:
///
/// - **a_change_is_noticed**, on this handle and on a second one, or **waiting_ends** after the
///   time that was asked for: what a hint says is never relied on.
///
/// Accidents:
///
/// - **acknowledged_writes_survive_a_kill**: whatever was answered with `Ok` is there after the
///   process was killed at any moment, and a write that was under way is there whole or not at all.
/// - **a_full_disk_breaks_nothing**: [`StoreError::Full`], reads go on, and writes too once there
///   is room.
/// - **files_of_earlier_versions_are_read**, and written from then on.
///
/// `sso_sync::kv_store_tests!` checks an implementation against this list.
///
/// # Security
///
/// Values are sealed or public before they come here: a backend needs to keep them, not to hide
/// them. A backend that answers [`Ok`] to two writers who expected the same version lets two
/// servers give one user two secrets.
#[async_trait]
pub trait KvStore: fmt::Debug + Send + Sync + 'static {
    /// The entry of `key`, if there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the backend cannot tell, [`StoreError::Corrupt`] if what is
    /// there cannot be read.
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError>;

    /// Stores `value` under `key` if what is there is as expected, durably, and answers its
    /// version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it is not as expected; [`StoreError::Unknown`] if the answer of
    /// the backend was lost; [`StoreError::TooLarge`], [`StoreError::Full`] or
    /// [`StoreError::Unavailable`] if nothing was stored.
    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError>;

    /// Removes the entry of `key` if it has the version `expect`, durably.
    ///
    /// # Errors
    ///
    /// As for [`put`](Self::put); a missing key is a [`StoreError::Conflict`].
    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError>;

    /// The first entries whose key begins with `prefix` and is greater than `after`, at most
    /// `limit`, which is 1 or more, sorted by the bytes of their keys. A page may be shorter than
    /// `limit` though there is more; it is never empty then.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get).
    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError>;

    /// What this backend takes.
    fn caps(&self) -> Caps;

    /// Waits until something under `prefix` may have changed, at most for `max_wait`.
    ///
    /// A hint: it may come early, and a change that happens before the call is not noticed. The
    /// default waits a second or `max_wait`, whichever is shorter, so callers that look again
    /// after each hint poll.
    async fn changed(&self, prefix: &str, max_wait: Duration) {
        let _ = prefix;
        tokio::time::sleep(max_wait.min(POLL)).await;
    }

    /// Asks the backend a small question, as a readiness probe does.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the backend would not answer other calls.
    async fn health(&self) -> Result<(), StoreError> {
        self.get("health").await.map(drop)
    }
}

#[async_trait]
impl<K: KvStore + ?Sized> KvStore for Arc<K> {
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        (**self).get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, expect: Expect) -> Result<Version, StoreError> {
        (**self).put(key, value, expect).await
    }

    async fn delete(&self, key: &str, expect: Version) -> Result<(), StoreError> {
        (**self).delete(key, expect).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        (**self).list(prefix, after, limit).await
    }

    fn caps(&self) -> Caps {
        (**self).caps()
    }

    async fn changed(&self, prefix: &str, max_wait: Duration) {
        (**self).changed(prefix, max_wait).await;
    }

    async fn health(&self) -> Result<(), StoreError> {
        (**self).health().await
    }
}

/// What a writer expects to find under a key. There is no blind write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a key is there or it is not")]
pub enum Expect {
    /// Nothing is there.
    Absent,
    /// The entry with this version is there.
    Is(Version),
}

/// Names one write of one key: opaque bytes of the backend, different for every write.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(Bytes);

impl Version {
    /// A version in the words of the backend.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self(bytes.into())
    }

    /// The words of the backend.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<u64> for Version {
    /// For backends that count their writes.
    fn from(count: u64) -> Self {
        Self(Bytes::copy_from_slice(&count.to_be_bytes()))
    }
}

/// A value and the version that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "nothing else is stored")]
pub struct Entry {
    /// What was put.
    pub value: Bytes,
    /// Which put it was.
    pub version: Version,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends build it")]
pub struct Page {
    /// Keys and what is under them, sorted by the bytes of the keys.
    pub entries: Vec<(String, Entry)>,
    /// Whether there may be further entries after the last of these.
    pub more: bool,
}

/// What a backend takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends build it")]
pub struct Caps {
    /// Longest key, in bytes.
    pub max_key: usize,
    /// Longest value, in bytes.
    pub max_value: usize,
}

impl Caps {
    /// What every backend takes as a key, in bytes. In hexadecimal it fits into a file name.
    pub const MIN_KEY: usize = 120;

    /// What every backend takes as a value, in bytes.
    pub const MIN_VALUE: usize = 64 * 1024;

    /// Whether an entry fits.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] if it does not.
    pub const fn check(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        if key.len() > self.max_key {
            return Err(StoreError::TooLarge {
                size: key.len(),
                limit: self.max_key,
            });
        }
        if value.len() > self.max_value {
            return Err(StoreError::TooLarge {
                size: value.len(),
                limit: self.max_value,
            });
        }
        Ok(())
    }
}

/// How long the default of [`KvStore::changed`] waits.
const POLL: Duration = Duration::from_secs(1);
