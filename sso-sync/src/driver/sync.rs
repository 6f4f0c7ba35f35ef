//! Full Sync: everything compared, and only what differs fetched.

use std::collections::{BTreeMap, BTreeSet};

use super::core::Core;
use super::fetch::{TRIES, bucket_of};
use super::trouble::Trouble;
use crate::Digest;
use crate::feed::Listed;
use crate::mirror::{Difference, MirrorError};
use crate::node::pace::Pace;
use crate::store::Stored;

/// How thorough a full sync is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it compares or it does not")]
pub enum Force {
    /// Everything is fetched anew, beside what is in use, and put into use once it is proven.
    Rebuild,
    /// Only what differs is fetched.
    #[default]
    Repair,
}

/// What a full sync compared and repaired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncReport {
    /// How many records are live.
    pub live: u64,
    /// How many of them are no signposts.
    pub users: u64,
    /// How many buckets were compared.
    pub buckets: u64,
    /// The buckets in which something differed.
    pub differing: Vec<u8>,
    /// Records that were missing here.
    pub missing: u64,
    /// Records that were others here.
    pub changed: u64,
    /// Records that were here and should not have been.
    pub surplus: u64,
    /// Records that were fetched.
    pub fetched: u64,
    /// How many questions the hub was asked for it.
    pub requests: u64,
    /// About how many bytes the hub sent for it.
    pub bytes: u64,
    /// Whether everything was fetched anew.
    pub rebuilt: bool,
    /// Whether everything is held now, with the digest of the head.
    pub is_complete: bool,
    /// The set hash at the head.
    pub digest: Option<Digest>,
}

impl Core {
    /// Compares everything with the hub, and repairs what differs. Users sign in meanwhile.
    pub(super) async fn full_sync(&self, force: Force) -> Result<SyncReport, Trouble> {
        self.look().await?;
        self.check_is_current()?;
        let mut report = SyncReport::default();
        // A filling that is under way does the same.
        let _turn = self.syncing.acquire().await;
        let is_complete = self.mirror.lock().await.is_complete();
        match force {
            Force::Repair if is_complete => self.repair(&mut report).await?,
            Force::Repair | Force::Rebuild => self.rebuild(&mut report).await?,
        }
        let mirror = self.mirror.lock().await;
        let head = mirror.follower().head();
        report.live = head.live;
        let signposts = mirror.follower().set().signposts();
        report.users = head.live.saturating_sub(signposts.unwrap_or_default());
        report.digest = Some(head.commitment);
        report.is_complete = mirror.is_complete();
        Ok(report)
    }

    /// Whether there are users on the disk that are not what they should be, and should be what the
    /// hub has.
    pub(super) async fn is_damaged(&self) -> bool {
        let mirror = self.mirror.lock().await;
        !mirror.conditions().is_empty() && !mirror.are_forsaken()
    }

    async fn rebuild(&self, report: &mut SyncReport) -> Result<(), Trouble> {
        let mut pace = Pace::new(self.settings.seed.unwrap_or_default());
        self.fill_anew(&mut pace).await?;
        report.rebuilt = true;
        report.fetched = self.status.borrow().live;
        Ok(())
    }

    pub(super) async fn repair(&self, report: &mut SyncReport) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            match self.try_repair(report).await {
                Err(Trouble::Disk(error)) if matches!(*error, MirrorError::Moved { .. }) => {
                    self.look().await?;
                }
                done => return done,
            }
        }
        Err(Trouble::Restless)
    }

    /// Heads are level: digests, then the listings of buckets that differ, then records.
    async fn try_repair(&self, report: &mut SyncReport) -> Result<(), Trouble> {
        let (seq, digests) = self.ask(self.client.digests()).await?;
        report.requests += 1;
        report.bytes += DIGEST_BYTES * digests.len() as u64;
        report.buckets = digests.len() as u64;
        let audit = {
            let mut mirror = self.mirror.lock().await;
            let at = mirror.follower().head().mark.seq;
            if seq != at {
                return Err(MirrorError::Moved { at }.into());
            }
            let differing = mirror.differing(&digests).await;
            let differing = differing.map_err(|error| self.on_listing(error))?;
            (differing, mirror.audit())
        };
        let (of_hub, audit) = (audit.0, audit.1.await?);
        let differing: BTreeSet<u8> = of_hub.into_iter().chain(audit.differing.clone()).collect();
        report.differing = differing.into_iter().collect();
        for buckets in report.differing.clone().chunks(AT_ONCE) {
            self.repair_buckets(buckets, report).await?;
        }
        let audit = match report.differing.is_empty() {
            true => audit,
            false => {
                let again = self.mirror.lock().await.audit();
                again.await?
            }
        };
        let mut mirror = self.mirror.lock().await;
        mirror.take_audit(audit).await?;
        self.note(&mirror);
        Ok(())
    }

    /// Compares some buckets, and asks at once for what they lack.
    async fn repair_buckets(&self, buckets: &[u8], report: &mut SyncReport) -> Result<(), Trouble> {
        let mut compared = Vec::new();
        for bucket in buckets {
            compared.push(self.compare(*bucket, report).await?);
        }
        let mut fetched = self.fetch_all(&compared, report).await?;
        let mut mirror = self.mirror.lock().await;
        for it in compared {
            let of_bucket = fetched.remove(&it.bucket).unwrap_or_default();
            let mended = mirror.mend(it.bucket, &it.listing, it.difference, of_bucket);
            mended.await?;
        }
        Ok(())
    }

    async fn compare(&self, bucket: u8, report: &mut SyncReport) -> Result<Compared, Trouble> {
        let (seq, listing) = self.ask_page(self.client.listing(bucket)).await?;
        report.requests += 1;
        report.bytes += LISTED_BYTES * listing.len() as u64;
        let difference = {
            let mirror = self.mirror.lock().await;
            let at = mirror.follower().head().mark.seq;
            if seq != at {
                return Err(MirrorError::Moved { at }.into());
            }
            mirror.compare(bucket, &listing).await
        };
        let difference = difference.map_err(|error| self.on_listing(error))?;
        report.count(&difference);
        Ok(Compared {
            bucket,
            listing,
            difference,
        })
    }

    /// The records that are missing or changed, by bucket.
    async fn fetch_all(
        &self,
        compared: &[Compared],
        report: &mut SyncReport,
    ) -> Result<BTreeMap<u8, Vec<Stored>>, Trouble> {
        let ids = compared.iter().map(|it| &it.difference);
        let ids: Vec<_> = ids
            .flat_map(|it| it.missing.iter().chain(&it.changed))
            .copied()
            .collect();
        let mut by_bucket = BTreeMap::<u8, Vec<Stored>>::new();
        for ids in ids.chunks(IDS_AT_ONCE) {
            let fetched = self.ask(self.client.records(ids)).await?;
            report.count_fetched(&fetched);
            for stored in fetched {
                let bucket = bucket_of(&stored.record.id);
                by_bucket.entry(bucket).or_default().push(stored);
            }
        }
        Ok(by_bucket)
    }
}

/// A bucket, its listing at the head, and what differs from that here.
struct Compared {
    bucket: u8,
    listing: Vec<Listed>,
    difference: Difference,
}

impl SyncReport {
    fn count(&mut self, difference: &Difference) {
        self.missing += difference.missing.len() as u64;
        self.changed += difference.changed.len() as u64;
        self.surplus += difference.surplus.len() as u64;
    }

    fn count_fetched(&mut self, fetched: &[Stored]) {
        self.requests += u64::from(!fetched.is_empty());
        self.fetched += fetched.len() as u64;
        let bytes = fetched.iter().map(|it| it.record.size() as u64);
        self.bytes += bytes.sum::<u64>();
    }
}

/// So many buckets are compared before what they lack is asked for: their listings are held until
/// then, some 5 MB with a million users.
const AT_ONCE: usize = 16;

/// Their records fit into an answer, unless they are unusually large.
const IDS_AT_ONCE: usize = 1_000;

const DIGEST_BYTES: u64 = 32;
const LISTED_BYTES: u64 = 72;
