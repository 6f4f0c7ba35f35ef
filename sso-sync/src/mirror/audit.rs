//! Full Sync: what is on the disk, compared with what the head stands for.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::live;
use super::{Condition, Mirror, MirrorError, Scan};
use crate::Digest;
use crate::feed::{Listed, LiveSet as _};
use crate::store::{RecordId, Seq, StoreError, Stored};
use crate::wire::PAGE_BYTES;

/// What an audit of the disk found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Audit {
    /// The head at which it was made.
    pub at: Seq,
    /// How many live records were read.
    pub records: u64,
    /// The buckets that are not those of the head.
    pub differing: Vec<u8>,
    scan: Scan,
}

/// How a bucket on the disk differs from its listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// They are listed, and not on the disk.
    pub missing: Vec<RecordId>,
    /// Another state of them is on the disk than is listed.
    pub changed: Vec<RecordId>,
    /// They are on the disk, and not listed.
    pub surplus: Vec<RecordId>,
}

impl Difference {
    /// What is left once what was too much is gone, and these were brought.
    fn without(self, brought: &BTreeSet<RecordId>) -> Self {
        let is_left = |id: &RecordId| !brought.contains(id);
        Self {
            missing: self.missing.into_iter().filter(is_left).collect(),
            changed: self.changed.into_iter().filter(is_left).collect(),
            surplus: Vec::new(),
        }
    }
}

impl Mirror {
    /// Reads every user on the disk and compares the set hash with that of the head: some seconds
    /// for a million users, while everything goes on. Whether a hub shows the same, its digests
    /// tell: see [`differing`](Self::differing).
    ///
    /// # Errors
    ///
    /// [`MirrorError::Moved`] if the feed went on just when it began: do it again;
    /// [`MirrorError::NotReady`] before what [`ready`](Self::ready) waits for;
    /// [`MirrorError::Unfilled`] if not everything is held, or what is held is of a history that was
    /// forsaken; [`MirrorError::Store`].
    pub fn audit(&mut self) -> impl Future<Output = Result<Audit, MirrorError>> + Send + use<> {
        let (is_ready, are_forsaken) = (self.is_ready(), self.are_forsaken());
        let at = self.follower.head().mark.seq;
        let users = self.view.read(|view| view.users.clone());
        let users = users.filter(|users| users.seq == at && !are_forsaken);
        let (mut set, domain) = (self.follower.set().clone(), self.domain);
        async move {
            if !is_ready {
                return Err(MirrorError::NotReady);
            }
            let users = users.ok_or(MirrorError::Unfilled)?;
            let mut scan = users.store.scan(&domain).await?;
            if scan.seq != at {
                return Err(MirrorError::Moved { at: scan.seq });
            }
            let digests = scan.set.digests().unwrap_or_default();
            Ok(Audit {
                at,
                records: scan.set.live().unwrap_or_default(),
                differing: set.differences(&digests),
                scan,
            })
        }
    }

    /// Takes note of an audit: whether everything is held, and proven. If users on the disk were
    /// damaged and are repaired, they are in use again.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Moved`] if the feed went on since; [`MirrorError::Store`].
    pub async fn take_audit(&mut self, audit: Audit) -> Result<bool, MirrorError> {
        self.look_again().await?;
        self.await_set().await?;
        let at = self.follower.head().mark.seq;
        if self.is_complete() {
            let is_right = audit.differing.is_empty();
            self.note_damage(!is_right);
            return Ok(is_right);
        }
        if audit.at != at {
            return Err(MirrorError::Moved { at });
        }
        let is_proven = self.follower.complete(audit.scan.set, &[]).is_ok();
        if is_proven {
            self.view.change(|view| view.parts = None);
            self.note_damage(false);
        }
        Ok(is_proven)
    }

    pub(super) fn note_damage(&mut self, is_damaged: bool) {
        self.conditions.retain(|it| !it.is_about_users());
        let damaged = is_damaged.then_some(Condition::UsersDamaged);
        self.conditions.extend(damaged);
    }

    /// The buckets in which a hub differs from what is held, given its digests at the head.
    ///
    /// # Errors
    ///
    /// [`MirrorError::Listing`] if they are not those that the head stands for.
    pub async fn differing(&mut self, digests: &[Digest]) -> Result<Vec<u8>, MirrorError> {
        self.await_set().await?;
        self.learn(digests)?;
        Ok(self.follower.set_mut().differences(digests))
    }

    /// The buckets in which another history differs, given its digests.
    pub(crate) fn differing_from(&mut self, digests: &[Digest]) -> Vec<u8> {
        self.follower.set_mut().differences(digests)
    }

    /// How a bucket on the disk differs from its listing at the head. What is missing or changed is
    /// to be fetched, then [repaired](Self::repair).
    ///
    /// # Errors
    ///
    /// [`MirrorError::Listing`] if the listing proves nothing; [`MirrorError::Unfilled`], also if the
    /// users on the disk are those of a history that was forsaken; [`MirrorError::Store`].
    pub async fn compare(&self, bucket: u8, listing: &[Listed]) -> Result<Difference, MirrorError> {
        if self.are_forsaken() {
            return Err(MirrorError::Unfilled);
        }
        self.follower.set().check(bucket, listing)?;
        let mut listed: BTreeMap<_, _> = listing.iter().map(|it| (it.id, it.live)).collect();
        let mut difference = Difference::default();
        for stored in self.bucket(bucket).await? {
            let id = stored.record.id;
            match listed.remove(&id) {
                None => difference.surplus.push(id),
                Some(listed) if listed == live(&stored.record) => {}
                Some(_) => difference.changed.push(id),
            }
        }
        difference.missing.extend(listed.into_keys());
        Ok(difference)
    }

    /// Brings a bucket on the disk to its listing at the head, with what was fetched; answers what
    /// it could not do: what was not fetched, is not what is listed, or has the place of a record
    /// that is too much in another bucket, which is to be repaired first.
    ///
    /// # Errors
    ///
    /// As for [`compare`](Self::compare).
    pub async fn repair(
        &mut self,
        bucket: u8,
        listing: &[Listed],
        fetched: Vec<Stored>,
    ) -> Result<Difference, MirrorError> {
        let difference = self.compare(bucket, listing).await?;
        self.mend(bucket, listing, difference, fetched).await
    }

    /// The same, after a bucket was [compared](Self::compare).
    ///
    /// # Errors
    ///
    /// As for [`repair`](Self::repair).
    pub async fn mend(
        &mut self,
        bucket: u8,
        listing: &[Listed],
        difference: Difference,
        fetched: Vec<Stored>,
    ) -> Result<Difference, MirrorError> {
        if self.are_forsaken() {
            return Err(MirrorError::Unfilled);
        }
        let listed: BTreeMap<_, _> = listing.iter().map(|it| (it.id, it.live)).collect();
        let is_right = |it: &Stored| listed.live(&it.record.id) == Some(live(&it.record));
        let put: Vec<_> = fetched.into_iter().filter(is_right).collect();
        let brought = put.iter().map(|it| it.record.id).collect();
        let surplus = difference.surplus.iter();
        let remove = surplus.chain(put.iter().map(|it| &it.record.id));
        let remove = remove.copied().collect();
        let store = self.user_store().ok_or(MirrorError::Unfilled)?;
        match store.mend(&self.domain, remove, put).await {
            Err(StoreError::Conflict) => {
                let surplus = difference.surplus;
                store.mend(&self.domain, surplus, Vec::new()).await?;
                self.compare(bucket, listing).await
            }
            done => done
                .map(|()| difference.without(&brought))
                .map_err(Into::into),
        }
    }

    /// What is on the disk of a bucket.
    async fn bucket(&self, bucket: u8) -> Result<Vec<Stored>, MirrorError> {
        let store = self.user_store().ok_or(MirrorError::Unfilled)?;
        let mut found: Vec<Stored> = Vec::new();
        loop {
            let after = found.last().map(|it| it.record.id);
            let page = store.bucket(&self.domain, bucket, after.as_ref(), PAGE_BYTES);
            let page = page.await?;
            if page.is_empty() {
                return Ok(found);
            }
            found.extend(page);
        }
    }
}
