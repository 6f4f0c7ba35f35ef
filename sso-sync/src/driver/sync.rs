//! Full Sync: everything compared, and only what differs fetched.

use std::collections::BTreeSet;

use super::core::Core;
use super::fetch::TRIES;
use super::trouble::Trouble;
use crate::Digest;
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

    /// Whether there are users on the disk that are not what they should be.
    pub(super) async fn is_damaged(&self) -> bool {
        !self.mirror.lock().await.conditions().is_empty()
    }

    async fn rebuild(&self, report: &mut SyncReport) -> Result<(), Trouble> {
        let mut pace = Pace::new(self.settings.seed.unwrap_or_default());
        self.fill_whole(&mut pace).await?;
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
        for bucket in &differing {
            self.repair_bucket(*bucket, report).await?;
        }
        report.differing = differing.into_iter().collect();
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

    async fn repair_bucket(&self, bucket: u8, report: &mut SyncReport) -> Result<(), Trouble> {
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
        let ids = [difference.missing, difference.changed].concat();
        let fetched = match ids.is_empty() {
            true => Vec::new(),
            false => self.ask(self.client.records(&ids)).await?,
        };
        report.count_fetched(&fetched);
        let mut mirror = self.mirror.lock().await;
        mirror.repair(bucket, &listing, fetched).await?;
        Ok(())
    }
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

const DIGEST_BYTES: u64 = 32;
const LISTED_BYTES: u64 = 72;
