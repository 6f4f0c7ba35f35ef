//! A server, and what it is asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sso_core::StoreError;
use sso_sync::driver::Node;
use sso_sync::node::{Configurations, Held, NodeStatus, Put, Records as _};
use sso_sync::seal::ConfigDocument;
use sso_sync::testkit::MemoryPlace;

use crate::wire::{Weather, Wire, lock};
use crate::world::{World, account, user};

/// A server, its disk, and its way to the hub.
pub(crate) struct Server {
    pub(crate) node: Node,
    pub(crate) place: MemoryPlace,
    pub(crate) wire: Arc<Wire>,
    pub(crate) configurations: Arc<Offered>,
    pub(crate) number: u8,
}

impl Server {
    /// Makes a user.
    pub(crate) async fn sign_up(&self, name: &str) -> Result<Put, StoreError> {
        let ring = self.node.ring();
        let id = ring.record_id(&account(name));
        self.node.put(id, 0, user(&ring, name, 1)).await
    }

    pub(crate) async fn find(&self, name: &str) -> Result<Option<Held>, StoreError> {
        let id = self.node.ring().record_id(&account(name));
        self.node.find(&id).await
    }

    /// Waits until its status is so.
    pub(crate) async fn until(&self, is: impl Fn(&NodeStatus) -> bool) -> NodeStatus {
        let mut status = self.node.status();
        let waited = tokio::time::timeout(PATIENCE, status.wait_for(|it| is(it))).await;
        match waited {
            Ok(status) => status.unwrap().clone(),
            Err(_) => panic!("server {} stays so: {:?}", self.number, self.status()),
        }
    }

    /// Waits until it has everything that the hub has.
    pub(crate) async fn until_level(&self, world: &World) -> NodeStatus {
        let (seq, chain) = (world.head().await, world.chain.len());
        self.until(|it| {
            it.phase.word() == "level" && it.head.seq >= seq && it.chain.position + 1 >= chain
        })
        .await
    }

    pub(crate) fn status(&self) -> NodeStatus {
        self.node.status().borrow().clone()
    }

    /// Ends it without notice, whatever it is doing.
    pub(crate) async fn kill(self) -> MemoryPlace {
        self.wire.set(Weather::Cut);
        let place = self.place.clone();
        drop(self);
        // What was under way may come to its end or not.
        tokio::task::yield_now().await;
        place
    }

    /// Stops it, and answers what is on its disk.
    pub(crate) async fn stop(self) -> MemoryPlace {
        self.node.stop().await;
        self.place
    }
}

/// Takes down what it was offered, and refuses what it is told to.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    offered: Mutex<Vec<(u64, String)>>,
    refuses: Mutex<Option<&'static str>>,
}

impl Offered {
    pub(crate) fn all(&self) -> Vec<(u64, String)> {
        lock(&self.offered).clone()
    }

    /// Refuses such a value from now on.
    pub(crate) fn refuse(&self, value: &'static str) {
        *lock(&self.refuses) = Some(value);
    }
}

#[async_trait]
impl Configurations for Offered {
    async fn offer(&self, revision: u64, document: &ConfigDocument) -> Result<(), String> {
        let value = String::from_utf8(document.value("host").unwrap().to_vec()).unwrap();
        if *lock(&self.refuses) == Some(value.as_str()) {
            return Err(format!("this machine has no {value}"));
        }
        lock(&self.offered).push((revision, value));
        Ok(())
    }
}

/// On a paused clock nobody waits for it, unless something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_hours(2);
