//! A server of a simulation: what can be done to it, and what it is asked.

use std::sync::Arc;
use std::time::Duration;

use sso_core::user::{Profile, UserDirectory as _, UserId, UserSecret};
use sso_sync::embed::ReplicatedUsers;
use sso_sync::mirror::{Mirror, Place as _, UserStore};
use sso_sync::node::{NodeSettings, Records as _};
use sso_sync::seal::Content;
use sso_sync::store::DomainId;
use sso_sync::testkit::{Faults, FaultyLink, MemoryPlace};

use crate::bug::Bug;
use crate::history::History;
use crate::no_plaintext_at_the_hub::MARK;
use crate::road::{Jumping, Road};
use crate::server::Server;
use crate::world::{World, account};

/// A server, its way to the hub, and its clock.
pub(crate) struct Member {
    pub(crate) server: Server,
    pub(crate) link: Arc<FaultyLink>,
    pub(crate) road: Arc<Road>,
    pub(crate) clock: Arc<Jumping>,
    /// Whether its disk was told to fail.
    pub(crate) is_sick: bool,
}

impl Member {
    /// Starts a server on a fresh disk.
    pub(crate) async fn start(
        world: &mut World,
        told: (u8, NodeSettings),
        seed: u64,
        bug: Option<Bug>,
    ) -> Self {
        let (place, domain) = (MemoryPlace::new(), world.chain.domain());
        let made = Mirror::create(Arc::new(place.clone()), domain, &world.statements).await;
        drop(made.unwrap());
        Self::open(world, told, place, seed, bug).await
    }

    /// Starts a server on what is on its disk.
    pub(crate) async fn open(
        world: &mut World,
        (number, settings): (u8, NodeSettings),
        place: MemoryPlace,
        seed: u64,
        bug: Option<Bug>,
    ) -> Self {
        let right = Arc::clone(&world.clock);
        let (road, clock) = (Arc::new(Road::to(world, bug)), Jumping::over(&right));
        world.clock = Arc::clone(&clock) as _;
        let settings = settings.seed(seed).fill_beyond(8);
        let server = world.restart_with(number, place, settings).await;
        world.clock = right;
        let link = FaultyLink::new(Arc::clone(&road) as _, seed, Faults::none());
        let link = Arc::new(link);
        server.wire.lead_through(Arc::clone(&link) as _);
        Self {
            server,
            link,
            road,
            clock,
            is_sick: false,
        }
    }

    pub(crate) const fn number(&self) -> u8 {
        self.server.number
    }

    /// Somebody signs in. What is answered goes into the history by [`Answer::note`].
    pub(crate) async fn sign_in(&self, name: &str, bug: Option<Bug>) -> Option<Answer> {
        let node = &self.server.node;
        let users = ReplicatedUsers::new(Arc::new(node.clone()));
        let mut profile = Profile::default();
        profile.email = Some(format!("{name}@{MARK}.example"));
        let created = users.create(&account(name), &profile).await;
        if created.is_err() && bug == Some(Bug::MintsAlone) {
            let (id, secret) = (format!("{:?}", UserId::random()), UserSecret::random());
            return Some(Answer {
                version: 0,
                id,
                secret: *secret.expose(),
            });
        }
        let user = created.ok()?.into_user();
        let secret = users.secret(&user.id).await.ok()??;
        let record = node.ring().record_id(&account(name));
        let held = node.find(&record).await.ok()??;
        Some(Answer {
            version: held.version,
            id: format!("{:?}", user.id),
            secret: *secret.expose(),
        })
    }

    /// A sign-in says something new about somebody who is known here; whether it was kept.
    pub(crate) async fn update(&self, name: &str, first: &str) -> Option<bool> {
        let node = &self.server.node;
        let record = node.ring().record_id(&account(name));
        let held = self.server.find(name).await.ok()??;
        let Content::User(user) = held.content else {
            return None;
        };
        let mut profile = user.to_user().profile;
        profile.first = Some(first.into());
        Some(node.update_later(record, profile).await.is_ok())
    }

    /// Ends it as `kill -9` does, with what is on its way to the disk.
    pub(crate) async fn kill(self, history: &mut History) -> MemoryPlace {
        let number = self.number();
        let offered = self.server.configurations.all();
        let place = self.server.place.clone();
        place.fail_after(0, sso_sync::testkit::DiskFault::DiesBefore);
        self.link.cut();
        history.leaks.extend(self.road.leaks());
        drop(self.server.kill().await);
        // Nothing of it runs any more when the next one starts.
        tokio::time::sleep(Duration::from_secs(5)).await;
        place.heal();
        let served = history.served.entry(number).or_default();
        served.extend(offered.iter().map(|(revision, _)| *revision));
        place
    }

    /// The users that count here.
    pub(crate) async fn users(&self) -> Option<Arc<dyn UserStore>> {
        users(&self.server.place).await
    }
}

/// The generation of users that counts. A newer one may lie beside it, from a server that was
/// killed before it came into use.
pub(crate) async fn users(place: &MemoryPlace) -> Option<Arc<dyn UserStore>> {
    let counts = number_at(place, GENERATION).await?;
    place.users(counts).await.unwrap()
}

/// A number among the facts on a disk.
async fn number_at(place: &MemoryPlace, key: &str) -> Option<u64> {
    let kept = place.facts().get(key).await.unwrap()?;
    Some(u64::from_be_bytes(kept.value.as_ref().try_into().unwrap()))
}

/// Damages a disk as this bug would.
pub(crate) async fn damage(place: &MemoryPlace, domain: &DomainId, world: &World, bug: Bug) {
    match bug {
        Bug::ForgetsOutbox => {
            let facts = place.facts();
            let page = facts.list("outbox/", None, 1000).await.unwrap();
            for (key, entry) in page.entries {
                facts.delete(&key, entry.version).await.unwrap();
            }
        }
        Bug::LosesRecord => {
            let lost = (0..ACCOUNTS).map(|it| world.id(&name(it))).collect();
            if let Some(users) = users(place).await {
                users.mend(domain, lost, Vec::new()).await.unwrap();
            }
        }
        _ => {}
    }
}

/// What a server answered about a user.
pub(crate) struct Answer {
    version: u64,
    id: String,
    secret: [u8; 32],
}

impl Answer {
    pub(crate) fn note(self, history: &mut History, name: &str) {
        history.acknowledge(name, self.version);
        history.answered(name, self.id, self.secret);
    }
}

/// The name of an account at the identity provider.
pub(crate) fn name(number: u8) -> String {
    format!("{MARK}-{number}")
}

/// So many accounts there are: few, so that servers meet.
pub(crate) const ACCOUNTS: u8 = 12;

/// So many more there are once histories have forked.
pub(crate) const NEWCOMERS: u8 = 2;

/// Where a mirror remembers which generation of users counts.
const GENERATION: &str = "generation";
