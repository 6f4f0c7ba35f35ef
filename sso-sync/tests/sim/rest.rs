//! The end of a simulation: everything is healed, and all have their time.

use std::collections::BTreeMap;
use std::time::Duration;

use sso_sync::feed::Envelope;
use sso_sync::node::NodeStatus;
use sso_sync::store::{DomainStore as _, Feed, KvStore as _, Seq};
use sso_sync::testkit::Faults;

use crate::cluster::Cluster;
use crate::history::{Rest, Resting};
use crate::member::{ACCOUNTS, Member, NEWCOMERS, name};
use crate::no_plaintext_at_the_hub::is_marked;
use crate::world::first_name;

impl Cluster {
    /// Heals everything, waits, and takes down how it is.
    pub(crate) async fn end(&mut self) {
        self.heal().await;
        self.settle("at the end").await;
        self.search_hub().await;
        self.look();
        if self.history.stuck.is_empty() {
            self.history.rest = Some(self.rest().await);
        }
    }

    /// Networks, disks and clocks are right again.
    pub(crate) async fn heal(&mut self) {
        for member in &self.members {
            member.link.mend();
            member.link.set_faults(Faults::none());
            member.clock.jump(0);
        }
        self.update_all().await;
        while let Some(sick) = self.members.iter().position(|it| it.is_sick) {
            self.restart(sick).await;
        }
    }

    /// Waits until all have what the hub has, and the hub has what they had.
    pub(crate) async fn settle(&mut self, when: &str) {
        let mut seq = self.world.head().await;
        for member in &self.members {
            seq = seq.max(member.server.status().head.seq);
        }
        let epoch = self.world.chain.epoch();
        for _ in 0..240 {
            tokio::time::sleep(Duration::from_secs(15)).await;
            let is_back = self.hub_has_the_chain().await;
            let head = self.world.head().await;
            let is_level = |it: &NodeStatus| {
                let has_all = it.head.seq == head && it.chain.position + 1 == self.chain_length();
                has_all && it.waiting == 0 && it.is_complete && it.epoch == epoch
            };
            let mut statuses = self.members.iter().map(|it| it.server.status());
            let is_good = |it: NodeStatus| {
                it.phase.word() == "level" && it.to_reseal == Some(0) && is_level(&it)
            };
            if is_back && head >= seq && statuses.all(is_good) {
                return;
            }
        }
        for member in &self.members {
            let (number, status) = (member.number(), member.server.status());
            let how = format!("server {number} {when}, {seq:?} expected: {status:?}");
            self.history.stuck.push(how);
        }
    }

    fn chain_length(&self) -> u64 {
        self.world.chain.len()
    }

    async fn hub_has_the_chain(&mut self) -> bool {
        let domain = self.world.chain.domain();
        let known = self.world.store.statements(&domain, 0, usize::MAX).await;
        let is_back = known.unwrap().len() as u64 >= self.chain_length();
        if is_back {
            self.world.catch_up().await;
        }
        is_back
    }

    /// Looks through everything that the hub has stored.
    async fn search_hub(&mut self) {
        let (store, domain) = (&self.world.store, self.world.chain.domain());
        let mut stored = store.statements(&domain, 0, usize::MAX).await.unwrap();
        let feed = store.feed(&domain, Seq::START, usize::MAX).await;
        if let Feed::Batches(batches) = feed.unwrap() {
            for it in batches {
                stored.push(it.batch.envelope().clone());
                stored.extend(it.batch.records().iter().map(|it| it.body.clone()));
            }
        }
        let documents = self.world.documents.list("", None, 1000).await.unwrap();
        for (key, entry) in documents.entries {
            stored.extend([key.into(), entry.value]);
        }
        if stored.iter().any(|it| is_marked(it)) {
            self.history
                .leaks
                .push("the hub has stored plain text".into());
        }
    }

    async fn rest(&self) -> Rest {
        let domain = self.world.chain.domain();
        let head = self.world.store.head(&domain).await.unwrap().unwrap();
        let envelope = Envelope::parse(&head.envelope);
        let digest = envelope.unwrap().set().0;
        let mut servers = Vec::new();
        for member in &self.members {
            servers.push(self.resting(member).await);
        }
        Rest {
            hub: (digest, self.world.chain.revisions().len() as u64),
            servers,
        }
    }

    async fn resting(&self, member: &Member) -> Resting {
        let status = member.server.status();
        let mut people = BTreeMap::new();
        for name in (0..ACCOUNTS + NEWCOMERS).map(name) {
            if let Ok(Some(held)) = member.server.find(&name).await {
                people.insert(name, (held.version, first_name(&held)));
            }
        }
        let on_disk = match member.users().await {
            Some(users) => {
                let scan = users.scan(&self.world.chain.domain()).await;
                scan.unwrap().set.commitment()
            }
            None => None,
        };
        Resting {
            server: member.number(),
            revision: status.revision,
            epoch: status.epoch,
            waiting: status.waiting,
            is_complete: status.is_complete,
            commitment: status.commitment,
            on_disk,
            people,
        }
    }
}
