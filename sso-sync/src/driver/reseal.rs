//! Sealing records anew after an epoch, in the background.

use std::time::Duration;

use super::core::Core;
use super::trouble::Trouble;
use super::write::{Change, Source, Want};
use crate::node::gather::MAX_GATHERED;
use crate::node::membership::Membership;
use crate::seal::{MemberId, RecordBody};
use crate::store::{RecordId, Stored};

/// How far sealing anew has come in one epoch. Each server begins at another bucket, and whoever
/// comes to a record that another one has done passes it over.
#[derive(Debug)]
pub(super) struct Resealing {
    start: u8,
    epoch: u64,
    visited: u16,
    after: Option<RecordId>,
    found: bool,
}

impl Resealing {
    pub(super) fn new(me: MemberId) -> Self {
        let [start, ..] = *me.as_bytes();
        Self {
            start,
            epoch: 0,
            visited: BUCKETS,
            after: None,
            found: false,
        }
    }

    /// How long to wait before the next batch: sign-ins come first.
    pub(super) const fn pause(&self) -> Duration {
        if self.visited < BUCKETS { PAUSE } else { IDLE }
    }

    /// The next records that are sealed in an older epoch.
    pub(super) async fn next(&mut self, core: &Core) -> Vec<Change> {
        match self.try_next(core).await {
            Ok(found) => found.into_iter().map(change).collect(),
            // It goes on after the pause.
            Err(_) => Vec::new(),
        }
    }

    async fn try_next(&mut self, core: &Core) -> Result<Vec<RecordId>, Trouble> {
        self.begin_if_new(core).await?;
        if self.visited >= BUCKETS || !is_able(core) {
            return Ok(Vec::new());
        }
        for _ in 0..PAGES {
            let found = self.walk(core).await?;
            if !found.is_empty() || self.visited >= BUCKETS {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// Begins anew in a new epoch.
    async fn begin_if_new(&mut self, core: &Core) -> Result<(), Trouble> {
        let newest = core.ring().newest();
        if self.epoch == newest {
            return Ok(());
        }
        let done = core.mirror.lock().await.fact(RESEALED).await?;
        let done = done.is_some_and(|it| it.as_ref() == newest.to_be_bytes());
        self.epoch = newest;
        self.visited = if newest == 1 || done { BUCKETS } else { 0 };
        (self.after, self.found) = (None, false);
        core.know(|known| known.to_reseal = (newest == 1 || done).then_some(0));
        Ok(())
    }

    /// Looks at the next page of records.
    async fn walk(&mut self, core: &Core) -> Result<Vec<RecordId>, Trouble> {
        let bucket = self.start.wrapping_add(self.visited.to_be_bytes()[1]);
        let page = core.reader.walk(bucket, self.after.as_ref()).await?;
        let Some(last) = page.last() else {
            self.after = None;
            self.visited += 1;
            self.finish_if_done(core).await?;
            return Ok(Vec::new());
        };
        let old: Vec<_> = page.iter().filter(|it| is_old(it, self.epoch)).collect();
        let next: Vec<_> = old
            .iter()
            .take(MAX_GATHERED)
            .map(|it| it.record.id)
            .collect();
        // What does not fit into a batch is found again.
        let whole = next.len() == old.len();
        self.after = if whole {
            Some(last.record.id)
        } else {
            next.last().copied()
        };
        self.found |= !next.is_empty();
        Ok(next)
    }

    /// After the last bucket: done, if nothing was found on the way; else once more, since what was
    /// found may have been lost.
    async fn finish_if_done(&mut self, core: &Core) -> Result<(), Trouble> {
        let left = u64::from(BUCKETS.saturating_sub(self.visited));
        let live = core.status.borrow().live;
        core.know(|known| known.to_reseal = Some(live.saturating_mul(left) / u64::from(BUCKETS)));
        if self.visited < BUCKETS {
            return Ok(());
        }
        if self.found {
            (self.visited, self.found) = (0, false);
            return Ok(());
        }
        let epoch = self.epoch.to_be_bytes().to_vec();
        core.mirror
            .lock()
            .await
            .set_fact(RESEALED, epoch.into())
            .await?;
        Ok(())
    }
}

fn change(id: RecordId) -> Change {
    Change {
        id,
        want: Want::Resealed,
        source: Source::Nobody,
    }
}

fn is_old(stored: &Stored, epoch: u64) -> bool {
    RecordBody::parse(&stored.record.body).is_ok_and(|body| body.epoch() < epoch)
}

/// Only who holds everything knows what is left to do.
fn is_able(core: &Core) -> bool {
    core.known().membership == Membership::Good && core.status.borrow().is_complete
}

const RESEALED: &str = "node/resealed";
const BUCKETS: u16 = 256;

/// So many pages are looked at before callers get a word in.
const PAGES: usize = 16;

/// Between two batches.
const PAUSE: Duration = Duration::from_millis(200);

/// If there is nothing to do.
const IDLE: Duration = Duration::from_secs(30);
