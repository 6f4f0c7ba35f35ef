//! Being level with the hub.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use super::core::{Asker, Core};
use super::trouble::Trouble;
use crate::chain::Statement;
use crate::feed::{HubHead, Refusal, Step};
use crate::mirror::MirrorError;
use crate::node::join::Way;
use crate::node::pace::{LOOK_EVERY, Pace, SHORTEST};
use crate::node::{Alarm, Away};
use crate::seal::RecordBody;
use crate::store::{Feed, FeedBatch, Seq};
use crate::wire::Code;

/// Follows both logs of the hub until the server is stopped.
pub(super) async fn follow(core: Arc<Core>, mut looks: mpsc::Receiver<Asker>, seed: u64) {
    let ready = core.mirror.lock().await.ready();
    ready.await;
    let mut pace = Pace::new(seed);
    let (mut told, mut askers) = (None, Vec::new());
    while !core.is_stopped() {
        let answer = core.level(told.take()).await;
        for asker in askers.drain(..) {
            let _: Result<_, _> = Asker::send(asker, answer.clone());
        }
        match answer {
            Ok(()) => told = core.wait_for_news(&mut looks, &mut askers, &mut pace).await,
            Err(Trouble::Revoked) => core.wait(&mut looks, &mut askers, Duration::MAX).await,
            Err(trouble) => {
                let pause = pace.after_failure(trouble.retry_after());
                core.in_trouble(&trouble).await;
                core.wait(&mut looks, &mut askers, pause).await;
            }
        }
        while let Ok(asker) = looks.try_recv() {
            askers.push(asker);
        }
    }
}

impl Core {
    /// Takes in everything that the hub has, and gives it what it lacks.
    ///
    /// `told` is what the hub said last, if it was not acted on yet.
    async fn level(&self, told: Option<HubHead>) -> Result<(), Trouble> {
        let mut told = told;
        for _ in 0..ROUNDS {
            let head = match told.take() {
                Some(head) => head,
                None => self.head().await?,
            };
            if self.take_head(&head).await? {
                return Ok(());
            }
        }
        Err(Trouble::Restless)
    }

    /// Asks where the hub is, and tells it what is held here.
    async fn head(&self) -> Result<HubHead, Trouble> {
        let seen = self.seen().await;
        self.ask(self.client.head(Some(seen), Duration::ZERO)).await
    }

    async fn seen(&self) -> (u64, Seq) {
        let mirror = self.mirror.lock().await;
        (mirror.chain().len(), mirror.follower().head().mark.seq)
    }

    /// Does what follows from a head; whether this server is level then.
    async fn take_head(&self, head: &HubHead) -> Result<bool, Trouble> {
        let (mut step, mine) = self.step(head).await;
        if let Step::Refuse(Refusal::Withheld { .. }) = step {
            // Another server may have been heard since the hub said this.
            step = self.step(&self.head().await?).await.0;
        }
        self.know(|known| {
            known.away = None;
            known.lag = head.seq.number().saturating_sub(mine.number());
        });
        match step {
            Step::Wait => return self.is_level().await,
            Step::FetchChain { .. } => self.fetch_chain().await?,
            Step::FetchFeed { .. } => self.come_to(head, mine).await?,
            Step::TakeSnapshot => self.join(head).await?,
            Step::SendChain { from } => self.send_chain(from).await?,
            Step::SendFeed { after } => return self.send_feed(after).await,
            Step::Refuse(refusal) => return Err(self.alarm(Alarm::Feed(refusal))),
            Step::Apply(_) | Step::Known => {}
        }
        Ok(false)
    }

    /// What follows from a head, and where this server is.
    async fn step(&self, head: &HubHead) -> (Step, Seq) {
        let mut mirror = self.mirror.lock().await;
        let step = mirror.on_head(head);
        (step, mirror.follower().head().mark.seq)
    }

    /// All is well; what this server has to state is stated.
    async fn is_level(&self) -> Result<bool, Trouble> {
        // What failed the last time is done now.
        self.on_chain().await?;
        self.know(|known| {
            known.was_level = true;
            known.lag = 0;
            known.acknowledged = known.end();
            known.cannot_reseed = None;
            if known.alarm.as_ref().is_some_and(|it| !it.is_fork()) {
                known.alarm = None;
            }
        });
        if self.known().hub.is_none() {
            self.beat.notify_one();
        }
        let is_complete = self.mirror.lock().await.is_complete();
        if !is_complete || self.is_to_take_over().await {
            self.fill.notify_one();
        }
        Ok(!self.state_what_is_due().await?)
    }

    /// Takes in the statements after those that are held.
    pub(super) async fn fetch_chain(&self) -> Result<(), Trouble> {
        loop {
            let from = self.mirror.lock().await.chain().len();
            let page = self.ask_page(self.client.statements(from)).await?;
            if page.is_empty() {
                return Ok(());
            }
            self.take_statements(&page).await?;
        }
    }

    async fn take_statements(&self, page: &[bytes::Bytes]) -> Result<Vec<Statement>, Trouble> {
        let mut mirror = self.mirror.lock().await;
        let before = mirror.chain().len();
        let taken = mirror.take_statements(page).await;
        let grown = mirror.chain().len() > before;
        self.note(&mirror);
        drop(mirror);
        if grown {
            self.on_chain().await?;
        }
        match taken {
            Ok(taken) if grown => Ok(taken),
            // The hub sends what is held already, again and again.
            Ok(_) => Err(Trouble::Restless),
            Err(MirrorError::Chain(refusal)) => Err(self.alarm(Alarm::Chain(refusal))),
            Err(error) => Err(error.into()),
        }
    }

    /// Comes to the head of the hub, batch by batch or at once.
    async fn come_to(&self, head: &HubHead, mine: Seq) -> Result<(), Trouble> {
        let beyond = self.settings.fill_beyond;
        match Way::choose(mine, head.seq, head.compacted, beyond) {
            Way::Follow => self.fetch_feed(mine).await,
            Way::Join => self.join(head).await,
        }
    }

    async fn fetch_feed(&self, mine: Seq) -> Result<(), Trouble> {
        let mut after = mine;
        loop {
            let page = match self.ask_page(self.client.feed(after)).await? {
                Feed::Batches(page) => page,
                // The next head says so as well.
                Feed::Compacted(_) => return Ok(()),
            };
            if page.is_empty() {
                return Ok(());
            }
            for batch in &page {
                if !self.take_batch(batch).await? {
                    return Ok(());
                }
            }
            let before = after;
            after = self.mirror.lock().await.follower().head().mark.seq;
            if after <= before {
                return Ok(());
            }
        }
    }

    /// Takes in a batch; no, if something else has to be fetched first.
    pub(super) async fn take_batch(&self, batch: &FeedBatch) -> Result<bool, Trouble> {
        self.check_schema(batch)?;
        let mut mirror = self.mirror.lock().await;
        let step = mirror.take_batch(batch).await;
        let held = mirror.follower().head().mark.seq.number();
        self.know(|known| known.lag = known.lag_to(held));
        self.note(&mirror);
        drop(mirror);
        match step? {
            Step::Apply(_) | Step::Known => Ok(true),
            Step::FetchChain { .. } => self.fetch_chain().await.map(|()| false),
            Step::Refuse(refusal) => Err(self.alarm(Alarm::Feed(refusal))),
            _ => Ok(false),
        }
    }

    /// A server that does not know the schema of the domain takes in nothing at once: that would
    /// take the place of what it understands.
    pub(super) fn check_is_current(&self) -> Result<(), Trouble> {
        let schema = self.known().held.policy.schema();
        match schema > self.settings.schema {
            true => Err(self.alarm(Alarm::Feed(Refusal::NewerFormat))),
            false => Ok(()),
        }
    }

    /// What this program does not understand takes the place of nothing that it does: the users
    /// that are here go on signing in.
    fn check_schema(&self, batch: &FeedBatch) -> Result<(), Trouble> {
        let mut bodies = batch.batch.records().iter();
        let is_newer = bodies.any(|record| {
            RecordBody::parse(&record.body).is_ok_and(|it| it.schema() > self.settings.schema)
        });
        match is_newer {
            true => Err(self.alarm(Alarm::Feed(Refusal::NewerFormat))),
            false => Ok(()),
        }
    }

    /// Joins at a head, to be filled beside.
    async fn join(&self, head: &HubHead) -> Result<(), Trouble> {
        self.check_is_current()?;
        let (seq, digests) = self.ask(self.client.digests()).await?;
        if seq != head.seq {
            return Ok(());
        }
        let mut mirror = self.mirror.lock().await;
        let joined = mirror.join(head, &digests).await;
        self.note(&mirror);
        drop(mirror);
        match joined {
            Err(MirrorError::Feed(refusal)) => Err(self.alarm(Alarm::Feed(refusal))),
            joined => Ok(joined?),
        }
    }

    /// What becomes of trouble: who is told, and what is believed.
    async fn in_trouble(&self, trouble: &Trouble) {
        if let Trouble::Alarm(_) = trouble {
            self.keep_fork().await;
        }
        if trouble.code() == Some(Code::Revoked) {
            // Only the chain is believed, and the hub gives it up to there.
            let _ = self.fetch_chain().await;
        }
        if let Trouble::Hub(_) | Trouble::Restless | Trouble::Disk(_) | Trouble::Keys(_) = trouble {
            let (since, why) = (self.now(), trouble.to_string());
            self.know(|known| {
                let since = known.away.as_ref().map_or(since, |away| away.since);
                known.away = Some(Away { since, why });
                // It may be another program when it is back.
                known.hub = None;
            });
        }
    }

    /// Waits until the hub has something new, somebody asks, or it is time to look.
    async fn wait_for_news(
        &self,
        looks: &mut mpsc::Receiver<Asker>,
        askers: &mut Vec<Asker>,
        pace: &mut Pace,
    ) -> Option<HubHead> {
        let seen = self.seen().await;
        let poll = async {
            sleep(pace.after_success()).await;
            let wait = pace.long_poll();
            self.client.head(Some(seen), wait).await
        };
        tokio::select! {
            biased;
            () = self.stopped() => None,
            Some(asker) = looks.recv() => {
                askers.push(asker);
                None
            }
            // A failure shows again when the hub is asked anew. It may be another program then.
            head = poll => {
                if head.is_err() {
                    self.know(|known| known.hub = None);
                }
                head.ok()
            }
            () = sleep(LOOK_EVERY) => None,
        }
    }

    /// Waits; whoever asks has the hub asked sooner, but not at once.
    async fn wait(
        &self,
        looks: &mut mpsc::Receiver<Asker>,
        askers: &mut Vec<Asker>,
        pause: Duration,
    ) {
        let soon = async {
            sleep(pause.min(SHORTEST)).await;
            match looks.recv().await {
                Some(asker) => askers.push(asker),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.stopped() => {}
            () = soon => {}
            () = sleep(pause) => {}
        }
    }
}

/// How often in a row the hub may have something new before others get a word in.
const ROUNDS: usize = 64;
