//! Telling the other servers about this one, and hearing of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::sleep;

use super::core::Core;
use super::known::Farewells;
use super::trouble::Trouble;
use crate::chain::Chain;
use crate::feed::{Refusal, Step};
use crate::node::hearing::{HeardBeat, News};
use crate::node::membership::Membership;
use crate::node::{Alarm, Phase};
use crate::seal::{EPOCHS_TRIED, KeyRing};
use crate::status::{Revocation, ServerStatus};
use crate::wire::{Beat, BeatBody, Code, Signed};

/// Beats until the server is stopped: every minute, and when there is news.
pub(super) async fn beat(core: Arc<Core>) {
    while !core.is_stopped() {
        if core.known().membership != Membership::Revoked {
            // If the hub cannot be reached, the next beat tells.
            let _ = core.beat_once().await;
        }
        core.rest(NOT_MORE_OFTEN).await;
        tokio::select! {
            biased;
            () = core.stopped() => return,
            () = core.beat.notified() => {}
            () = sleep(core.settings.beat_interval) => {}
        }
    }
}

impl Core {
    /// Tells about this server, and takes in what the others tell.
    pub(super) async fn beat_once(&self) -> Result<(), Trouble> {
        self.ask_hub_for_its_version().await;
        if self.known().was_level || self.is_frozen() {
            self.tell_others().await?;
        }
        self.hear().await
    }

    /// A server of another version may never be level, and says how it is all the same.
    fn is_frozen(&self) -> bool {
        matches!(self.status.borrow().phase, Phase::Frozen(_))
    }

    /// Hubs are updated when it suits whoever runs them. If it does not answer, the next beat asks.
    async fn ask_hub_for_its_version(&self) {
        if let Ok(hub) = self.ask(self.client.info()).await {
            self.know(|known| known.hub = Some(hub));
        }
    }

    async fn tell_others(&self) -> Result<(), Trouble> {
        let counter = self.next_counter(0).await?;
        let told = self
            .ask(self.client.beat(self.make_beat(counter).await?))
            .await;
        match told {
            Err(trouble) if trouble.code() == Some(Code::Conflict) => {
                // A counter was lost with a disk: go on after the one that the hub has.
                let counter = self.next_counter(self.counter_at_hub().await?).await?;
                let beat = self.make_beat(counter).await?;
                self.ask(self.client.beat(beat)).await.map(drop)
            }
            told => told.map(drop),
        }
    }

    /// The next counter, beyond `seen`; it is used once, over restarts.
    async fn next_counter(&self, seen: u64) -> Result<u64, Trouble> {
        let mirror = self.mirror.lock().await;
        let kept = mirror.fact(COUNTER).await?;
        let kept = kept.and_then(|it| Some(u64::from_be_bytes(it.as_ref().try_into().ok()?)));
        let next = kept.unwrap_or_default().max(seen).saturating_add(1);
        let bytes = next.to_be_bytes().to_vec();
        mirror.set_fact(COUNTER, bytes.into()).await?;
        Ok(next)
    }

    async fn counter_at_hub(&self) -> Result<u64, Trouble> {
        let beats = self.ask(self.client.beats()).await?;
        let mine = beats.iter().filter_map(|it| Beat::parse(it).ok());
        let mut mine = mine.filter(|it| it.is_signed_by(&self.keys.member("")));
        Ok(mine.next().map_or(0, |it| it.body().counter))
    }

    async fn make_beat(&self, counter: u64) -> Result<Signed, Trouble> {
        let status = self.server_status();
        let sealed = status.seal(&self.ring(), self.me, counter)?;
        let told = self.status.borrow().clone();
        let body = BeatBody {
            format: BeatBody::FORMAT,
            suite: BeatBody::SUITE,
            domain: self.client.domain(),
            node: self.me,
            counter,
            head: told.head,
            chain: told.chain,
            heard: self.known().hearing.counters(),
            sealed,
        };
        Ok(Beat::sign(&body, &self.keys))
    }

    /// What this server tells about itself.
    pub(super) fn server_status(&self) -> ServerStatus {
        let told = self.status.borrow().clone();
        let known = self.known();
        let filling = known.filling.filter(|_| !told.is_complete);
        let alarm = told.alarm.as_ref();
        let mut status = ServerStatus::default();
        status.name = self.settings.name().into();
        status.program = self.settings.program().into();
        status.address.clone_from(&self.settings.address);
        status.revision = told.revision;
        status.refused = told.refused;
        status.lag = told.lag;
        status.certificate = known.certificate;
        status
            .key_protection
            .clone_from(&self.settings.key_protection);
        status.phase = told.phase.word().into();
        status.done = filling.map_or(told.users, |it| it.done);
        status.of = told.users;
        status.alarm = alarm.map_or_else(String::new, |it| it.code().into());
        status.blame = alarm.map_or_else(String::new, Alarm::blame_word);
        status.time = self.now().as_secs();
        status.revocations.clone_from(&known.revocations);
        status.former_sign_in = known.former_sign_in;
        status.answers = known.answers;
        status
    }

    /// Takes in the beats of the others.
    async fn hear(&self) -> Result<(), Trouble> {
        let beats = self.ask(self.client.beats()).await?;
        let chain = Arc::clone(self.mirror.lock().await.chain());
        let mut is_behind = false;
        for beat in &beats {
            is_behind |= self.hear_one(&chain, beat).await?;
        }
        self.tell_revocations();
        if is_behind {
            self.look().await?;
        }
        Ok(())
    }

    /// Takes in a beat; whether its server holds more than this one.
    async fn hear_one(&self, chain: &Chain, beat: &Bytes) -> Result<bool, Trouble> {
        let Ok(beat) = Beat::parse(beat) else {
            return Ok(false);
        };
        if beat.body().node == self.me {
            return Ok(false);
        }
        let news = self.known().hearing.take(chain, &beat, self.now());
        match news {
            News::Nothing => Ok(false),
            News::OtherChain => {
                let trouble = self.alarm(Alarm::Feed(Refusal::ChainFork));
                self.keep_fork().await;
                Err(trouble)
            }
            News::Witness(mark) => self.witness(mark).await,
        }
    }

    /// What follows from what another server holds; whether that is more than is held here.
    pub(super) async fn witness(&self, mark: crate::chain::FeedMark) -> Result<bool, Trouble> {
        let mut mirror = self.mirror.lock().await;
        let step = mirror.on_witness(mark);
        drop(mirror);
        match step {
            Step::Refuse(refusal) => {
                let trouble = self.alarm(Alarm::Feed(refusal));
                self.keep_fork().await;
                Err(trouble)
            }
            Step::FetchFeed { .. } => Ok(true),
            _ => Ok(false),
        }
    }

    /// Hands on which sessions were ended at other servers, those included that have left.
    pub(super) fn tell_revocations(&self) {
        let ring = self.ring();
        let known = self.known();
        let heard = known.hearing.all().map(|it| &it.body);
        let mut all = revocations(&ring, heard);
        all.extend(known.farewells.revocations.iter().copied());
        drop(known);
        all.sort_unstable();
        all.dedup();
        self.heard.send_if_modified(|heard| {
            let changed = **heard != all;
            *heard = Arc::new(all);
            changed
        });
    }
}

impl Farewells {
    /// What servers told that left as planned. What each tells opens in the epoch that ended with it.
    pub(super) fn open(chain: &Chain, ring: &KeyRing) -> Self {
        let farewells = chain.retirements().rev().take(EPOCHS_TRIED);
        Self {
            epochs: (chain.epoch(), ring.newest()),
            revocations: revocations(ring, farewells.map(|it| &it.farewell)),
        }
    }

    /// Whether no server has left since, and no more keys are open.
    pub(super) fn are_of(&self, chain: &Chain, ring: &KeyRing) -> bool {
        self.epochs == (chain.epoch(), ring.newest())
    }
}

/// The sign-outs that these tell, as far as they open here.
fn revocations<'a>(ring: &KeyRing, told: impl Iterator<Item = &'a BeatBody>) -> Vec<Revocation> {
    let opened = told.filter_map(|it| ServerStatus::open(ring, it).ok());
    opened.flat_map(|it| it.revocations).collect()
}

/// What a beat tells; `None` if it does not open here.
pub(super) fn opened(ring: &KeyRing, heard: &HeardBeat) -> Option<ServerStatus> {
    ServerStatus::open(ring, &heard.body).ok()
}

const COUNTER: &str = "node/beat";
const NOT_MORE_OFTEN: Duration = Duration::from_secs(1);
