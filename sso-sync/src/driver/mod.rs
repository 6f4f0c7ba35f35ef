//! The loops of a server: they do what [`node`](crate::node) decides, on a [`Mirror`] and a hub.
//!
//! Time passes by tokio's timers, and what they are set to is drawn from one seed: on a paused
//! clock and one thread everything happens again as it did.

mod beats;
mod commit;
mod compact;
mod core;
mod fetch;
mod fill;
mod follow;
mod fork;
mod known;
mod on_chain;
mod outbox;
mod records;
mod reseal;
mod reseed;
mod servers;
mod settle;
mod sync;
mod trouble;
mod users;
mod write;

pub use fork::{Clash, ForkReport, Settled, Side, SideOf};
pub use servers::ServerReport;
pub use sync::{Force, SyncReport};
pub use trouble::Trouble;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use self::core::Core;
use known::Known;

use crate::cbor;
use crate::chain::FeedMark;
use crate::link::HubClient;
use crate::mirror::{Mirror, MirrorError};
use crate::node::membership::Membership;
use crate::node::{Alarm, Configurations, NodeSettings, NodeStatus};
use crate::seal::{MemberId, MemberKeys};
use crate::status::{CertificateStatus, Revocation};

/// A running server of a domain. Clones are the same server; with the last one it stops.
#[derive(Clone, Debug)]
pub struct Node(Arc<Running>);

#[derive(Debug)]
struct Running {
    core: Arc<Core>,
    loops: Mutex<Vec<JoinHandle<()>>>,
}

impl Node {
    /// Starts a server with its own copy. It serves at once, whatever the hub does: first the
    /// configuration that it served last comes into force, then news.
    ///
    /// # Errors
    ///
    /// [`Trouble::Keys`] if no domain key was handed to these keys, or one does not open;
    /// [`Trouble::Disk`].
    pub async fn start(
        settings: NodeSettings,
        keys: Arc<MemberKeys>,
        mirror: Mirror,
        client: HubClient,
        configurations: Arc<dyn Configurations>,
    ) -> Result<Self, Trouble> {
        let ring = on_chain::ring(&mirror, &keys, &settings).await?;
        let chain = Arc::clone(mirror.chain());
        let membership = Membership::of(&chain, keys.id(), &settings);
        let mut known = Known::new(&mirror, membership);
        known.opened = ring.newest();
        known.certificate = settings.certificate;
        known.alarm = mirror.follower().stopped().cloned().map(Alarm::Feed);
        let (looks, asked) = mpsc::channel(ROOM);
        let (wanted, wants) = mpsc::channel(ROOM);
        let (changes, changed) = mpsc::channel(ROOM);
        let core = Arc::new(Core {
            me: keys.id(),
            keys,
            client,
            reader: mirror.reader(),
            configurations,
            ring: RwLock::new(Arc::new(ring)),
            status: watch::Sender::new(known.status(settings.program())),
            known: Mutex::new(known),
            heard: watch::Sender::default(),
            pages: Semaphore::new(2),
            looks,
            wanted,
            changes,
            more: Notify::new(),
            beat: Notify::new(),
            fill: Notify::new(),
            syncing: Semaphore::new(1),
            stop: watch::Sender::new(false),
            mirror: tokio::sync::Mutex::new(mirror),
            settings,
        });
        core.offer_last_served(&chain).await?;
        core.on_chain().await?;
        core.count_waiting().await?;
        let seed = core.settings.seed.unwrap_or_else(|| fastrand::u64(..));
        let loops = vec![
            tokio::spawn(follow::follow(Arc::clone(&core), asked, seed)),
            tokio::spawn(fetch::fetch(Arc::clone(&core), wants)),
            tokio::spawn(write::write(
                Arc::clone(&core),
                changed,
                seed.wrapping_add(2),
            )),
            tokio::spawn(fill::fill(Arc::clone(&core), seed.wrapping_add(1))),
            tokio::spawn(beats::beat(Arc::clone(&core))),
            tokio::spawn(compact::compact(Arc::clone(&core))),
        ];
        let loops = Mutex::new(loops);
        Ok(Self(Arc::new(Running { core, loops })))
    }

    /// What it says about itself, now and whenever that changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<NodeStatus> {
        self.core().status.subscribe()
    }

    /// Takes in what the hub has; returns when this server is level with it.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub async fn look(&self) -> Result<(), Trouble> {
        self.core().look().await
    }

    /// Compares everything with the hub and repairs what differs; users sign in meanwhile. Giving
    /// up waiting for it does not stop it.
    ///
    /// # Errors
    ///
    /// Why it did not come to an end; what was repaired is repaired.
    pub async fn full_sync(&self, force: Force) -> Result<SyncReport, Trouble> {
        let core = Arc::clone(self.core());
        let sync = tokio::spawn(async move { core.full_sync(force).await });
        sync.await.unwrap_or(Err(Trouble::Stopping))
    }

    /// The servers of the domain, as this one knows them.
    pub async fn servers(&self) -> Vec<ServerReport> {
        self.core().servers().await
    }

    /// Tells the others at once how this one is, and hears of them.
    ///
    /// # Errors
    ///
    /// [`Trouble::Hub`], or an alarm that what they tell raises.
    pub async fn beat(&self) -> Result<(), Trouble> {
        self.core().beat_once().await
    }

    /// Compares with what another server holds, as a sealed cookie brings it.
    ///
    /// # Errors
    ///
    /// [`Trouble::Alarm`] if two histories exist.
    pub async fn witness(&self, mark: FeedMark) -> Result<(), Trouble> {
        if self.core().witness(mark).await? {
            self.core().nudge();
        }
        Ok(())
    }

    /// Another TLS certificate is in use.
    pub fn tell_certificate(&self, certificate: Option<CertificateStatus>) {
        self.core().know(|known| known.certificate = certificate);
        self.core().beat.notify_one();
    }

    /// When somebody came by a former name of the service last, in seconds since 1970; nothing if
    /// there is none. The next beat tells the others.
    pub fn tell_former_sign_in(&self, at: Option<u64>) {
        self.core().know(|known| known.former_sign_in = at);
        self.core().beat.notify_one();
    }

    /// By which state of what the servers know about an order of a certificate (ACME) this one
    /// answers the authority; nothing if none is ordered. The others are told at once.
    pub fn tell_answers(&self, state: Option<u64>) {
        let before = self.core().known().answers;
        if before != state {
            self.core().know(|known| known.answers = state);
            self.core().beat.notify_one();
        }
    }

    /// Which server this is.
    #[must_use]
    pub fn id(&self) -> MemberId {
        self.core().me
    }

    /// Sessions that were ended here: the next beat tells the others. The newest come last.
    pub fn tell_revocations(&self, revocations: Vec<Revocation>) {
        self.core().know(|known| known.revocations = revocations);
        self.core().beat.notify_one();
    }

    /// Sessions that were ended at other servers, now and whenever that changes.
    #[must_use]
    pub fn heard_revocations(&self) -> watch::Receiver<Arc<Vec<Revocation>>> {
        self.core().heard.subscribe()
    }

    /// The sign-outs that this server told before it was started anew; what makes no sense is none.
    pub(crate) async fn kept_revocations(&self) -> Result<Vec<Revocation>, MirrorError> {
        sign_outs(&*self.core().mirror.lock().await).await
    }

    /// Keeps what this server tells, over a restart.
    pub(crate) async fn keep_revocations(&self, told: &[Revocation]) -> Result<(), MirrorError> {
        let bytes = cbor::encode(&told.to_vec());
        let mirror = self.core().mirror.lock().await;
        mirror.set_fact(TOLD, bytes.into()).await
    }

    /// Stops, and finishes what is being kept.
    pub async fn stop(self) {
        self.core().stop.send_replace(true);
        let loops = {
            let mut loops = self.0.loops.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *loops)
        };
        for running in loops {
            // A loop that has panicked is not there any more.
            let _ = running.await;
        }
        // It only makes the next start faster.
        let _ = self.core().mirror.lock().await.checkpoint().await;
    }

    fn core(&self) -> &Arc<Core> {
        &self.0.core
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.core.stop.send_replace(true);
    }
}

/// The sign-outs that a server told, as its own copy keeps them, the newest last.
///
/// # Errors
///
/// A [`MirrorError`] if they cannot be read.
pub async fn sign_outs(mirror: &Mirror) -> Result<Vec<Revocation>, MirrorError> {
    let kept = mirror.fact(TOLD).await?;
    let kept = kept.and_then(|bytes| cbor::decode(&bytes).ok());
    Ok(kept.unwrap_or_default())
}

/// So many callers wait in line before the next has to wait for a place in it.
const ROOM: usize = 1024;

const TOLD: &str = "node/revocations";
