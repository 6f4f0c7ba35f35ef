//! Level 2: the authority chain and the user feed of every SSO domain.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Batch, DomainId, RecordId, Seq, StoreError, Stored};

/// Keeps what the servers of each SSO domain tell each other, in order.
///
/// A domain is two logs of opaque bytes. The **authority chain**: few, small statements at
/// positions 0, 1, 2 …, kept for ever; the statement at 0 makes the domain. The **user feed**:
/// batches of records, each record with a [`Seq`] of its own from 1 on, without gaps. Of several
/// records with one [`RecordId`] the one with the highest [`Seq`] counts: it is *live*, the others
/// are *superseded*, and [`compact`](Self::compact) may forget them.
///
/// # Contract
///
/// The chain:
///
/// - **an_unknown_domain_has_no_head**.
/// - **the_first_statement_makes_the_domain**.
/// - **statements_are_read_back_in_order**, from any position, and **statements_are_bounded**: as
///   many as fit into the size that was asked for, but at least one if there is one.
/// - **a_statement_goes_to_the_next_position_only**: any other is a [`StoreError::Conflict`].
/// - **of_concurrent_statements_one_wins**.
/// - **domains_do_not_mix**.
///
/// The feed:
///
/// - **a_batch_becomes_the_head**: [`head`](Self::head) answers its envelope and last [`Seq`].
/// - **a_batch_needs_its_domain**: a [`StoreError::Conflict`] before the first statement.
/// - **a_batch_that_does_not_build_on_the_head_is_refused**: [`StoreError::Conflict`], and
///   nothing is changed.
/// - **of_concurrent_batches_one_wins**, and **concurrent_commits_are_counted_exactly_once**.
/// - **the_feed_is_ordered_unique_and_gap_free**, also while it is written.
/// - **a_batch_is_whole_or_absent**: no reader ever sees a part of one.
/// - **the_feed_resumes_after_any_batch**; after a record in the middle of a batch it resumes
///   with that batch, and after the head it has nothing to tell.
/// - **the_feed_is_bounded**: as many batches as fit into the size that was asked for, but at
///   least one if there is one.
/// - **a_record_is_found_as_it_was_last_committed**; unknown ones are left out.
/// - **of_two_records_of_one_id_in_a_batch_the_later_counts**.
///
/// Whole sets:
///
/// - **a_snapshot_and_the_feed_after_it_are_everything**, however much is committed or compacted
///   between its pages; a record may come twice, and then the higher [`Seq`] counts.
/// - **a_snapshot_is_bounded**, as the feed is.
/// - **a_bucket_lists_the_live_records_of_a_first_byte**, in the order of their ids, after any id,
///   bounded as the feed is.
///
/// Compaction:
///
/// - **compaction_keeps_the_live_records**, the chain and the head.
/// - **a_compacted_feed_says_so**: [`Feed::Compacted`], never a gap.
/// - **compaction_ends_at_the_last_whole_batch**, and never reaches beyond the head.
///
/// Everything:
///
/// - **any_bytes_are_kept**: in statements, envelopes and records, none at all included.
/// - **a_statement_may_be_as_large_as_the_caps_say**, a batch too, and
///   **more_than_the_caps_is_too_large**: [`StoreError::TooLarge`], and nothing is changed.
/// - **an_erased_domain_is_gone**, may be made again, and erasing is no error where nothing is.
/// - **a_second_handle_sees_every_commit**, at once, and
///   **a_second_handle_competes_for_the_same_head**.
/// - **what_was_committed_is_there_after_reopening**.
/// - **a_commit_wakes_those_who_wait**, on this handle and on a second one, and
///   **nobody_waits_for_what_is_there**.
/// - **a_healthy_store_says_so**.
/// - **lost_answers_are_found_out**: after [`StoreError::Unknown`], reading back tells whether it
///   happened.
/// - **acknowledged_commits_survive_a_kill**; a batch that was under way is there whole or not
///   at all.
/// - **a_full_disk_breaks_nothing**: [`StoreError::Full`], reads go on, and commits too once there
///   is room.
/// - **files_of_earlier_versions_are_read**, and written from then on.
///
/// `sso_sync::domain_store_tests!` checks an implementation against this list.
///
/// # Security
///
/// What is kept is ciphertext and public statements. A store that answers [`Ok`] to two writers
/// for one position lets two servers give one user two secrets; the signatures in statements and
/// envelopes tell afterwards that it did.
#[async_trait]
pub trait DomainStore: fmt::Debug + Send + Sync + 'static {
    /// Adds a statement to the chain, durably, if `position` is the number of statements so far.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it is not; [`StoreError::Unknown`] if the answer of the backend
    /// was lost; [`StoreError::TooLarge`], [`StoreError::Full`] or [`StoreError::Unavailable`] if
    /// nothing was stored.
    async fn append(
        &self,
        domain: &DomainId,
        position: u64,
        statement: Bytes,
    ) -> Result<(), StoreError>;

    /// The statements from position `from` on, as many as fit into `max_bytes`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the backend cannot tell, [`StoreError::Corrupt`] if what is
    /// there cannot be read.
    async fn statements(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError>;

    /// Where both logs end; `None` if there is no such domain.
    ///
    /// # Errors
    ///
    /// As for [`statements`](Self::statements).
    async fn head(&self, domain: &DomainId) -> Result<Option<Head>, StoreError>;

    /// Adds a batch to the feed, durably and as a whole, if `after` is the [`Seq`] of the head;
    /// answers the new one.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append).
    async fn commit(&self, domain: &DomainId, after: Seq, batch: Batch) -> Result<Seq, StoreError>;

    /// The batches after `after`, as many as fit into `max_bytes`.
    ///
    /// # Errors
    ///
    /// As for [`statements`](Self::statements).
    async fn feed(
        &self,
        domain: &DomainId,
        after: Seq,
        max_bytes: usize,
    ) -> Result<Feed, StoreError>;

    /// The live records with these ids, in no particular order.
    ///
    /// # Errors
    ///
    /// As for [`statements`](Self::statements).
    async fn find(&self, domain: &DomainId, ids: &[RecordId]) -> Result<Vec<Stored>, StoreError>;

    /// A part of all live records, in whatever order is fastest: the first part, or the one that
    /// `cursor` continues with.
    ///
    /// # Errors
    ///
    /// As for [`statements`](Self::statements); [`StoreError::Conflict`] if the cursor is too
    /// old, and the snapshot has to start anew.
    async fn snapshot(
        &self,
        domain: &DomainId,
        cursor: Option<&Cursor>,
        max_bytes: usize,
    ) -> Result<SnapshotPage, StoreError>;

    /// The live records whose id begins with the byte `bucket` and is greater than `after`, in
    /// the order of their ids, as many as fit into `max_bytes`.
    ///
    /// # Errors
    ///
    /// As for [`statements`](Self::statements).
    async fn bucket(
        &self,
        domain: &DomainId,
        bucket: u8,
        after: Option<&RecordId>,
        max_bytes: usize,
    ) -> Result<Vec<Stored>, StoreError>;

    /// Forgets superseded records up to `through`, and where batches up to there began and ended.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append). Whatever the error, every promise still holds, and calling
    /// again goes on.
    async fn compact(&self, domain: &DomainId, through: Seq) -> Result<(), StoreError>;

    /// Removes everything of a domain.
    ///
    /// # Errors
    ///
    /// As for [`append`](Self::append); calling again goes on.
    async fn erase(&self, domain: &DomainId) -> Result<(), StoreError>;

    /// What this backend takes.
    fn caps(&self) -> DomainCaps;

    /// Waits until the domain has grown beyond `seen`, at most for `max_wait`.
    ///
    /// It may come early. The default looks once a second.
    async fn changed(&self, domain: &DomainId, seen: Mark, max_wait: Duration) {
        let grown = async {
            while !grown_beyond(self, domain, seen).await {
                tokio::time::sleep(POLL).await;
            }
        };
        let _ = tokio::time::timeout(max_wait, grown).await;
    }

    /// Asks the backend a small question, as a readiness probe does.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the backend would not answer other calls.
    async fn health(&self) -> Result<(), StoreError>;
}

/// Whether a domain has more than `seen`; no, if the store cannot tell.
pub(super) async fn grown_beyond<S: DomainStore + ?Sized>(
    store: &S,
    domain: &DomainId,
    seen: Mark,
) -> bool {
    match store.head(domain).await {
        Ok(head) => head.is_some_and(|head| head.mark() != seen),
        Err(_) => false,
    }
}

/// Where the logs of a domain end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends build it")]
pub struct Head {
    /// How many statements the chain has: the position of the next.
    pub statements: u64,
    /// The place of the last record; [`Seq::START`] if there is none.
    pub seq: Seq,
    /// What the writer of the last batch stated; empty if there is none.
    pub envelope: Bytes,
    /// The feed up to here was compacted: it is readable after this place only.
    pub compacted: Seq,
}

impl Head {
    /// How far the domain has grown.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        Mark {
            statements: self.statements,
            seq: self.seq,
        }
    }
}

/// How far a domain had grown when somebody looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a domain has two logs")]
pub struct Mark {
    /// Statements of the chain.
    pub statements: u64,
    /// Place of the last record.
    pub seq: Seq,
}

/// What [`DomainStore::feed`] has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the feed goes back that far or not"
)]
pub enum Feed {
    /// The next batches, in order; none at the end.
    Batches(Vec<FeedBatch>),
    /// The feed begins after this place only: take a snapshot.
    Compacted(Seq),
}

/// A batch and the place of its first record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends build it")]
pub struct FeedBatch {
    /// Place of its first record.
    pub first: Seq,
    /// What was committed.
    pub batch: Batch,
}

impl FeedBatch {
    /// Place of its last record.
    #[must_use]
    pub const fn last(&self) -> Seq {
        self.first
            .plus(self.batch.records().len().saturating_sub(1))
    }
}

/// Where a snapshot goes on: opaque bytes of the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Bytes);

impl Cursor {
    /// A cursor in the words of the backend.
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

/// A part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends build it")]
pub struct SnapshotPage {
    /// Records, each with its place.
    pub records: Vec<Stored>,
    /// Where to go on; `None` if this was the last part.
    pub next: Option<Cursor>,
    /// After the last part: all parts and the feed after this place are everything.
    pub since: Seq,
}

/// What a backend takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "backends build it")]
pub struct DomainCaps {
    /// Largest statement, in bytes.
    pub max_statement: usize,
    /// Largest batch, as [`Batch::size`] counts.
    pub max_batch: usize,
}

impl DomainCaps {
    /// What every backend takes as a statement and as a batch, in bytes.
    pub const MIN: usize = 60 * 1024;

    /// Whether `size` bytes fit under `limit`.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] if they do not.
    pub const fn check(size: usize, limit: usize) -> Result<(), StoreError> {
        if size > limit {
            return Err(StoreError::TooLarge { size, limit });
        }
        Ok(())
    }
}

/// How often the default of [`DomainStore::changed`] looks.
const POLL: Duration = Duration::from_secs(1);
