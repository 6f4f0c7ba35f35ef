//! A hub comes back with another history, a person decides, and everything holds that held before.

use std::time::Duration;

use sso_sync::driver::Side;
use sso_sync::testkit::Faults;

use crate::cluster::Cluster;
use crate::history::History;
use crate::member::{ACCOUNTS, name};
use crate::seeds::{Invariant, SEED, block_on, seeds};
use crate::{
    convergence, never_an_older_configuration, no_acknowledged_write_lost, no_plaintext_at_the_hub,
    one_secret_per_user, set_equality_at_rest,
};

#[test]
fn a_fork_that_a_person_settles_loses_nobody_and_changes_no_secret() {
    for seed in seeds() {
        let (history, gone_over) = block_on(live(seed));
        assert!(gone_over > 0, "nothing forked: {SEED}={seed}");
        for invariant in INVARIANTS {
            if let Err(why) = invariant(&history) {
                let stuck = history.stuck.join("\n");
                panic!(
                    "{why}\n{stuck}\nto see it again: {SEED}={seed} (a_fork_that_a_person_settles)"
                );
            }
        }
    }
}

/// Some steps, a fork, and some more; and how often a server went over to the hub's side.
async fn live(seed: u64) -> (History, usize) {
    let mut cluster = Cluster::begin(seed, None).await;
    for number in 0..STEPS {
        cluster.step(number).await;
    }
    let gone_over = cluster.fork().await;
    for number in 0..STEPS {
        cluster.step(STEPS + number).await;
    }
    cluster.end().await;
    (cluster.history(), gone_over)
}

impl Cluster {
    /// One server goes on with a hub, the others with a backup of it, which then takes its place;
    /// how often a server went over to it.
    async fn fork(&mut self) -> usize {
        self.heal().await;
        self.settle("before the fork").await;
        // Nothing of before the fork is put back later.
        self.backup = None;
        let aside = self.world.backup().await;
        let alone = self.random.usize(..self.members.len());
        self.cut(|at| at != alone);
        self.greet(|at| at == alone).await;
        self.welcome(alone, ONE).await;
        self.cut(|_| true);
        (self.world.store, self.world.hub) = aside;
        for member in &self.members {
            member.road.lead_to(&self.world);
        }
        self.cut(|at| at == alone);
        self.greet(|at| at != alone).await;
        self.welcome((alone + 1) % self.members.len(), OTHER).await;
        self.cut(|_| false);
        let gone_over = self.decide().await;
        self.settle("after the fork").await;
        gone_over
    }

    /// Only those are cut off.
    fn cut(&self, is_cut: impl Fn(usize) -> bool) {
        for (at, member) in self.members.iter().enumerate() {
            member.link.set_faults(Faults::none());
            match is_cut(at) {
                true => member.link.cut(),
                false => member.link.mend(),
            }
        }
    }

    /// Somebody signs in at some of the servers.
    async fn greet(&mut self, is_asked: impl Fn(usize) -> bool) {
        for number in 0..ACCOUNTS {
            let at = self.random.usize(..self.members.len());
            if is_asked(at) {
                self.welcome(at, number).await;
            }
        }
    }

    /// Somebody signs in at a server.
    async fn welcome(&mut self, at: usize, number: u8) {
        let who = name(number);
        let Some(member) = self.members.get(at) else {
            return;
        };
        if let Some(answer) = member.sign_in(&who, None).await {
            answer.note(&mut self.history, &who);
        }
    }

    /// A person has the hub's side go on, at every server that asks for it; how often one went over.
    async fn decide(&self) -> usize {
        let mut gone_over = 0;
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_secs(15)).await;
            for member in &self.members {
                let node = &member.server.node;
                let report = node.fork().await;
                let side = match report.hub_is_here {
                    Some(false) => Side::Hub,
                    _ => Side::Here,
                };
                if report.code.is_some() {
                    // Whoever cannot is asked again.
                    let settled = node.settle(side).await.is_ok();
                    gone_over += usize::from(settled && side == Side::Hub);
                }
            }
        }
        gone_over
    }
}

const INVARIANTS: [Invariant; 6] = [
    convergence::check,
    never_an_older_configuration::check,
    no_acknowledged_write_lost::check,
    no_plaintext_at_the_hub::check,
    one_secret_per_user::check,
    set_equality_at_rest::check,
];

const STEPS: usize = 12;

/// Whoever signs in for the first time on one side, and on the other: each makes a batch there.
const ONE: u8 = ACCOUNTS;
const OTHER: u8 = ACCOUNTS + 1;
