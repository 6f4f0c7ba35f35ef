//! What may happen to a cluster next.

use std::time::Duration;

use sso_sync::driver::Force;
use sso_sync::testkit::{DiskFault, Faults};

use crate::cluster::Cluster;
use crate::member::{ACCOUNTS, name};

impl Cluster {
    /// Does what chance wants.
    pub(crate) async fn step(&mut self, number: usize) {
        let at = self.random.usize(..self.members.len());
        match self.random.u8(..32) {
            0..8 => self.sign_in(at).await,
            8..11 => self.sign_in_at_two(at).await,
            11..15 => self.update(at, number).await,
            15..17 => self.revise().await,
            17..19 => self.restart(at).await,
            19..21 => self.sicken(at),
            21 | 22 => self.partition(at),
            23..25 => self.disturb(at),
            25 => self.jump(at),
            26 => self.backup = Some(self.world.backup().await),
            27 => self.roll_back().await,
            28 => self.revoke(at).await,
            29 => self.add().await,
            30 => self.sync(at).await,
            _ => {}
        }
        self.skew().await;
        let pause = self.random.u64(..30);
        tokio::time::sleep(Duration::from_secs(pause)).await;
        self.look();
    }

    fn somebody(&mut self) -> String {
        name(self.random.u8(..ACCOUNTS))
    }

    async fn sign_in(&mut self, at: usize) {
        let (who, bug) = (self.somebody(), self.bug);
        let Some(member) = self.members.get(at) else {
            return;
        };
        if let Some(answer) = member.sign_in(&who, bug).await {
            answer.note(&mut self.history, &who);
        }
    }

    async fn sign_in_at_two(&mut self, at: usize) {
        let (one, two, bug) = (self.somebody(), self.somebody(), self.bug);
        let two = if self.random.bool() { one.clone() } else { two };
        let next = (at + 1) % self.members.len();
        let (Some(here), Some(there)) = (self.members.get(at), self.members.get(next)) else {
            return;
        };
        let (first, second) = tokio::join!(here.sign_in(&one, bug), there.sign_in(&two, bug));
        for (who, answer) in [(one, first), (two, second)] {
            if let Some(answer) = answer {
                answer.note(&mut self.history, &who);
            }
        }
    }

    async fn update(&mut self, at: usize, number: usize) {
        let (who, first) = (self.somebody(), format!("{number}"));
        let Some(member) = self.members.get(at) else {
            return;
        };
        match member.update(&who, &first).await {
            Some(true) => self.history.kept(&who, member.number(), first),
            Some(false) => {
                let tried = self.history.attempts.entry(who).or_default();
                tried.insert(first);
            }
            None => {}
        }
    }

    /// One of the next writes of a disk fails, and with it what follows until it is mended.
    fn sicken(&mut self, at: usize) {
        let fault = match self.random.u8(..4) {
            0 => DiskFault::DiesBefore,
            1 => DiskFault::DiesAfter,
            2 => DiskFault::Full,
            _ => DiskFault::Lost,
        };
        let after = self.random.u64(..12);
        if let Some(member) = self.members.get_mut(at) {
            member.server.place.fail_after(after, fault);
            member.is_sick = true;
        }
    }

    fn partition(&self, at: usize) {
        if let Some(member) = self.members.get(at) {
            match member.link.is_cut() {
                true => member.link.mend(),
                false => member.link.cut(),
            }
        }
    }

    fn disturb(&mut self, at: usize) {
        let faults = match self.random.u8(..5) {
            0 => Faults::none(),
            1 => Faults::none().losing_answers(200).losing_requests(100),
            2 => Faults::none().sending_twice(300).truncating(100),
            3 => Faults::none().delaying_answers(300).delaying_requests(300),
            _ => Faults::of_every_kind(40),
        };
        if let Some(member) = self.members.get(at) {
            member.link.set_faults(faults);
        }
    }

    fn jump(&mut self, at: usize) {
        let seconds = self.random.i64(-7200..7200);
        if let Some(member) = self.members.get(at) {
            member.clock.jump(seconds);
        }
    }

    /// The hub comes back as it was, when all servers have what it had: if only a server that is
    /// away has it, two histories may begin, and a person decides.
    async fn roll_back(&mut self) {
        let Some(backup) = self.backup.take() else {
            return;
        };
        self.heal().await;
        self.settle("before the hub was rolled back").await;
        (self.world.store, self.world.hub) = backup;
        for member in &self.members {
            member.road.lead_to(&self.world);
        }
        self.settle("after the hub was rolled back").await;
    }

    /// A server is revoked: the next epoch begins without it.
    async fn revoke(&mut self, at: usize) {
        if self.members.len() < 4 {
            return;
        }
        let member = self.members.swap_remove(at);
        self.world.revoke(member.number()).await;
        self.history.revoked(member.number());
        drop(member.kill(&mut self.history).await);
    }

    async fn add(&mut self) {
        if self.members.len() < 5 {
            let number = self.next;
            self.next += 1;
            self.world.add_node(number).await;
            self.join(number).await;
        }
    }

    async fn sync(&mut self, at: usize) {
        let force = match self.random.bool() {
            true => Force::Rebuild,
            false => Force::Repair,
        };
        if let Some(member) = self.members.get(at) {
            let patience = Duration::from_mins(1);
            // Whoever is cut off cannot.
            let _ = tokio::time::timeout(patience, member.server.node.full_sync(force)).await;
        }
    }
}
