//! Servers of several versions in one cluster: windows are opened, servers updated, taken back and
//! left behind, and windows closed, with a newer schema too.

use std::collections::BTreeMap;

use sso_sync::chain::{Action, Policy};
use sso_sync::node::NodeSettings;
use sso_sync::seal::{Content, MemberId};

use crate::bug::Bug;
use crate::cluster::Cluster;
use crate::seeds::KNOWN;

/// Which server runs which version.
pub(crate) struct Versions {
    random: fastrand::Rng,
    /// Whether there is more than one version. What was found without shows again without.
    are_skewed: bool,
    /// The version of each server that was updated; the others run the first.
    running: BTreeMap<u8, u64>,
    /// The version that the domain works with, or comes from.
    from: u64,
    /// The version that it goes to; `None` without a window.
    to: Option<u64>,
}

impl Versions {
    pub(crate) fn new(seed: u64, bug: Option<Bug>) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed ^ 0x5eed),
            are_skewed: bug.is_none() && !KNOWN.contains(&seed),
            running: BTreeMap::new(),
            from: 1,
            to: None,
        }
    }

    /// What a server says of itself.
    pub(crate) fn settings(&mut self, number: u8) -> (u8, NodeSettings) {
        // Who joins runs the version that the domain comes from.
        let version = *self.running.entry(number).or_insert(self.from);
        let settings = NodeSettings::new(format!("server-{number}"), name(version));
        #[cfg(feature = "dangerous-test-builds")]
        let settings = settings.dangerously_knowing(schema(version));
        (number, settings)
    }

    fn runs(&self, number: u8) -> u64 {
        self.running.get(&number).copied().unwrap_or(self.from)
    }
}

impl Cluster {
    /// Now and then something happens to versions.
    pub(crate) async fn skew(&mut self) {
        if !self.versions.are_skewed || self.versions.random.u8(..4) > 0 {
            return;
        }
        match (self.versions.to, self.versions.random.u8(..4)) {
            (None, 0) => self.open().await,
            (Some(_), 0) => self.close().await,
            (_, 1) => self.start_with(self.versions.from).await,
            (Some(to), _) => self.start_with(to).await,
            (None, _) => {}
        }
    }

    /// All servers run the version that the domain goes to, or works with.
    pub(crate) async fn update_all(&mut self) {
        let newest = self.versions.to.unwrap_or(self.versions.from);
        while let Some(at) = self.first_not_on(newest) {
            self.start_at(at, newest).await;
        }
    }

    async fn open(&mut self) {
        let (from, to) = (self.versions.from, self.versions.from + 1);
        let schema = self.world.chain.policy().schema();
        let policy = Policy::window(schema, name(from), name(to));
        self.world.state(&Action::PolicySet { policy }).await;
        self.versions.to = Some(to);
    }

    /// The window is closed on the new version, or on the old one. Who runs the other stays behind.
    async fn close(&mut self) {
        let Some(to) = self.versions.to.take() else {
            return;
        };
        let on = match self.versions.random.bool() {
            true => to,
            false => self.versions.from,
        };
        let current = self.world.chain.policy().schema();
        let schema = if on == to { schema(to) } else { current };
        let policy = Policy::pinned(schema.max(current), name(on));
        self.world.catch_up().await;
        let without = self.left_behind(&policy);
        let action = match without.is_empty() {
            true => Action::PolicySet { policy },
            false => Action::PolicySetWithout { policy, without },
        };
        self.world.state(&action).await;
        self.versions.from = on;
    }

    fn left_behind(&self, policy: &Policy) -> Vec<MemberId> {
        let nodes = self.world.chain.nodes();
        let window = self.world.chain.policy();
        let inside = nodes.filter(|(_, program)| window.admits(program));
        let outside = inside.filter(|(_, program)| !policy.admits(program));
        let mut outside: Vec<_> = outside.map(|(node, _)| node.member().id()).collect();
        outside.sort_unstable();
        outside
    }

    /// Some server starts again with another version.
    async fn start_with(&mut self, version: u64) {
        let at = self.versions.random.usize(..self.members.len());
        self.start_at(at, version).await;
    }

    async fn start_at(&mut self, at: usize, version: u64) {
        let Some(number) = self.members.get(at).map(|it| it.number()) else {
            return;
        };
        self.versions.running.insert(number, version);
        self.restart(at).await;
    }

    fn first_not_on(&self, version: u64) -> Option<usize> {
        let mut numbers = self.members.iter().map(|it| it.number());
        numbers.position(|number| self.versions.runs(number) != version)
    }
}

fn name(version: u64) -> String {
    format!("{version}.0.0")
}

/// The newest schema that a version knows.
fn schema(version: u64) -> u64 {
    match cfg!(feature = "dangerous-test-builds") && version > 1 {
        true => Content::SCHEMA + 1,
        false => Content::SCHEMA,
    }
}
