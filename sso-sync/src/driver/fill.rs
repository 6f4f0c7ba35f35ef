//! Taking in everything, while users sign in already.

use std::sync::Arc;

use tokio::time::sleep;

use super::core::Core;
use super::fetch::TRIES;
use super::sync::SyncReport;
use super::trouble::Trouble;
use crate::mirror::{Filled, MirrorError};
use crate::node::pace::Pace;
use crate::node::rate::Rate;
use crate::store::{Cursor, SnapshotPage};
use crate::wire::Code;

/// Fills whenever not everything is held, until the server is stopped.
pub(super) async fn fill(core: Arc<Core>, seed: u64) {
    let mut pace = Pace::new(seed);
    while !core.is_stopped() {
        tokio::select! {
            biased;
            () = core.stopped() => return,
            () = core.fill.notified() => {}
        }
        while !core.is_stopped() && !core.status.borrow().is_complete {
            match core.make_complete(&mut pace).await {
                Ok(()) | Err(Trouble::Revoked) => break,
                Err(trouble) => core.rest(pace.after_failure(trouble.retry_after())).await,
            }
        }
    }
}

impl Core {
    /// Repairs what is on the disk, if that is all that is wrong; else takes in everything.
    async fn make_complete(&self, pace: &mut Pace) -> Result<(), Trouble> {
        let _turn = self.syncing.acquire().await;
        if self.is_damaged().await {
            let repaired = self.repair(&mut SyncReport::default()).await;
            if repaired.is_ok() && self.status.borrow().is_complete {
                return Ok(());
            }
        }
        self.fill_whole(pace).await
    }

    /// Takes in everything beside what is in use, and puts it into use once it is proven.
    pub(super) async fn fill_whole(&self, pace: &mut Pace) -> Result<(), Trouble> {
        self.check_is_current()?;
        self.mirror.lock().await.begin_filling().await?;
        self.take_pages(pace).await?;
        self.finish_filling().await?;
        let mirror = self.mirror.lock().await;
        self.know(|known| known.filling = None);
        self.note(&mirror);
        drop(mirror);
        self.more.notify_one();
        Ok(())
    }

    /// Takes in all pages: one is fetched while the one before is stored.
    async fn take_pages(&self, pace: &mut Pace) -> Result<(), Trouble> {
        let rate = Rate::begin(self.now());
        let mut page = self.page(None, pace).await?;
        while let Some(cursor) = page.next.clone() {
            let (next, stored) =
                tokio::join!(self.page(Some(&cursor), pace), self.store(page, &rate));
            stored?;
            page = next?;
        }
        self.store(page, &rate).await
    }

    /// The next page, asked for until it comes; an error if everything has to begin anew.
    async fn page(
        &self,
        cursor: Option<&Cursor>,
        pace: &mut Pace,
    ) -> Result<SnapshotPage, Trouble> {
        loop {
            let page = self.ask_page(self.client.snapshot(cursor)).await;
            let trouble = match page {
                Ok(page) => {
                    pace.after_success();
                    return Ok(page);
                }
                Err(trouble) => trouble,
            };
            let is_over = matches!(trouble, Trouble::Stopping | Trouble::Revoked);
            if is_over || trouble.code() == Some(Code::Conflict) {
                return Err(trouble);
            }
            self.rest(pace.after_failure(trouble.retry_after())).await;
        }
    }

    async fn store(&self, page: SnapshotPage, rate: &Rate) -> Result<(), Trouble> {
        let filled = self.mirror.lock().await.fill(page).await?;
        let progress = rate.progress(filled.records, filled.of, self.now());
        self.know(|known| known.filling = Some(progress));
        Ok(())
    }

    /// Ends the filling: what differs is fetched again.
    async fn finish_filling(&self) -> Result<(), Trouble> {
        for _ in 0..TRIES {
            self.look().await?;
            let (_, digests) = self.ask(self.client.digests()).await?;
            let filled = self.mirror.lock().await.finish_filling(&digests).await;
            match filled {
                Ok(Filled::Complete { .. }) => return Ok(()),
                Ok(Filled::Differs(buckets)) => self.mend(&buckets).await?,
                // The feed has gone on.
                Ok(_) | Err(MirrorError::Listing(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Trouble::Restless)
    }

    async fn mend(&self, buckets: &[u8]) -> Result<(), Trouble> {
        for bucket in buckets {
            let (seq, listing) = self.ask_page(self.client.listing(*bucket)).await?;
            let mut mirror = self.mirror.lock().await;
            if seq != mirror.follower().head().mark.seq {
                // Everything is compared again.
                return Ok(());
            }
            let missing = mirror.mend_filling(*bucket, &listing).await;
            drop(mirror);
            let missing = missing.map_err(|error| self.on_listing(error))?;
            if !missing.is_empty() {
                let fetched = self.ask(self.client.records(&missing)).await?;
                self.mirror.lock().await.hold(fetched).await;
            }
        }
        Ok(())
    }

    /// Waits, unless the server is to be stopped.
    pub(super) async fn rest(&self, pause: std::time::Duration) {
        tokio::select! {
            biased;
            () = self.stopped() => {}
            () = sleep(pause) => {}
        }
    }
}
