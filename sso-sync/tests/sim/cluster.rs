//! A hub and its servers, as a seed has made them.

use std::sync::Arc;

use sso_sync::hub::Hub;
use sso_sync::store::{MemoryStore, OnKv};
use sso_sync::testkit::MemoryPlace;

use crate::bug::Bug;
use crate::history::History;
use crate::member::{Member, damage};
use crate::no_plaintext_at_the_hub::MARK;
use crate::versions::Versions;
use crate::world::World;

/// A domain in the middle of a simulation.
pub(crate) struct Cluster {
    pub(crate) world: World,
    pub(crate) members: Vec<Member>,
    pub(crate) random: fastrand::Rng,
    pub(crate) history: History,
    pub(crate) bug: Option<Bug>,
    /// An earlier state of the hub.
    pub(crate) backup: Option<(Arc<OnKv<MemoryStore>>, Arc<Hub>)>,
    /// The first day of each disk, as far as the chain goes.
    first_day: usize,
    /// The number of the next server.
    pub(crate) next: u8,
    pub(crate) revisions: u64,
    pub(crate) versions: Versions,
}

impl Cluster {
    /// Three to five servers with a configuration.
    pub(crate) async fn begin(seed: u64, bug: Option<Bug>) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let count = random.u8(3..=5);
        let numbers: Vec<u8> = (1..=count).collect();
        let mut cluster = Self {
            world: World::with(&numbers).await,
            members: Vec::new(),
            random,
            history: History::default(),
            bug,
            backup: None,
            first_day: 0,
            next: count + 1,
            revisions: 0,
            versions: Versions::new(seed, bug),
        };
        cluster.revise().await;
        cluster.first_day = cluster.world.statements.len();
        for number in numbers {
            cluster.join(number).await;
        }
        cluster
    }

    /// An administrator saves a configuration.
    pub(crate) async fn revise(&mut self) {
        self.revisions += 1;
        let value = format!("{MARK}-{}", self.revisions);
        self.world.revise(&value).await;
    }

    /// A server starts on a fresh disk.
    pub(crate) async fn join(&mut self, number: u8) {
        let seed = self.random.u64(..);
        let settings = self.versions.settings(number);
        let member = Member::start(&mut self.world, settings, seed, self.bug).await;
        self.members.push(member);
    }

    /// A server is killed and starts again.
    pub(crate) async fn restart(&mut self, at: usize) {
        let member = self.members.swap_remove(at);
        let number = member.number();
        let mut place = member.kill(&mut self.history).await;
        let domain = self.world.chain.domain();
        if let Some(bug) = self.bug {
            damage(&place, &domain, &self.world, bug).await;
        }
        if self.bug == Some(Bug::OldDisk) && usize::from(number) < self.first_day {
            place = self.old_disk().await;
        }
        let seed = self.random.u64(..);
        let settings = self.versions.settings(number);
        let member = Member::open(&mut self.world, settings, place, seed, self.bug).await;
        self.members.push(member);
    }

    async fn old_disk(&self) -> MemoryPlace {
        let (place, domain) = (MemoryPlace::new(), self.world.chain.domain());
        let (first_day, _) = self.world.statements.split_at(self.first_day);
        let disk = Arc::new(place.clone());
        drop(
            sso_sync::mirror::Mirror::create(disk, domain, first_day)
                .await
                .unwrap(),
        );
        place
    }

    /// Takes down what happened since the last step.
    pub(crate) fn look(&mut self) {
        for member in &self.members {
            self.history.leaks.extend(member.road.leaks());
        }
    }

    /// The history with what is in force now.
    pub(crate) fn history(&mut self) -> History {
        let mut history = std::mem::take(&mut self.history);
        for member in &self.members {
            let offered = member.server.configurations.all();
            let served = history.served.entry(member.number()).or_default();
            served.extend(offered.iter().map(|(revision, _)| *revision));
        }
        history
    }
}
