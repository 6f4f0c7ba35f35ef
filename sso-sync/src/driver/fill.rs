//! Taking in everything, while users sign in already.

use std::sync::Arc;

use tokio::time::sleep;

use super::core::Core;
use super::fetch::TRIES;
use super::sync::SyncReport;
use super::trouble::Trouble;
use crate::mirror::{Filled, MirrorError, Onward};
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
        // What fails is done when this server is level the next time.
        let _ = core.take_over().await;
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
        self.check_is_current()?;
        let onward = self.go_on_filling().await?;
        self.fill_from(onward, pace).await
    }

    /// Takes in everything anew, beside what is in use.
    pub(super) async fn fill_anew(&self, pace: &mut Pace) -> Result<(), Trouble> {
        self.check_is_current()?;
        self.mirror.lock().await.begin_filling().await?;
        self.fill_from(Onward::Page(None), pace).await
    }

    /// Where the filling goes on that was interrupted; one is begun if there is none.
    async fn go_on_filling(&self) -> Result<Onward, Trouble> {
        let found = {
            let mirror = self.mirror.lock().await;
            if let Some(onward) = mirror.onward() {
                return Ok(onward);
            }
            mirror.interrupted_filling()
        };
        let found = found.await?;
        let mut mirror = self.mirror.lock().await;
        let onward = found.and_then(|found| mirror.go_on_filling(found));
        match onward {
            Some(onward) => Ok(onward),
            None => {
                mirror.begin_filling().await?;
                Ok(Onward::Page(None))
            }
        }
    }

    /// Takes in what is missing, and puts everything into use once it is proven. What came in
    /// stays for the next try, unless it is of no use.
    async fn fill_from(&self, onward: Onward, pace: &mut Pace) -> Result<(), Trouble> {
        let filled = self.try_filling(onward, pace).await;
        match filled {
            Err(trouble) if !trouble.is_interruption() => {
                self.mirror.lock().await.stop_filling().await?;
                Err(trouble)
            }
            filled => filled,
        }
    }

    async fn try_filling(&self, onward: Onward, pace: &mut Pace) -> Result<(), Trouble> {
        if let Onward::Page(cursor) = onward {
            self.take_pages(cursor, pace).await?;
        }
        self.finish_filling().await?;
        let mirror = self.mirror.lock().await;
        self.know(|known| known.filling = None);
        self.note(&mirror);
        drop(mirror);
        self.more.notify_one();
        Ok(())
    }

    /// Takes in all pages from a place on: one is fetched while the one before is stored.
    async fn take_pages(&self, from: Option<Cursor>, pace: &mut Pace) -> Result<(), Trouble> {
        let before = self.mirror.lock().await.filling();
        let rate = Rate::begin(self.now(), before.map_or(0, |it| it.records));
        let mut page = self.page(from.as_ref(), pace).await?;
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
