//! Servers of the company.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sso_sync::administration::Administrator;
use sso_sync::driver::Node;
use sso_sync::link::{HubClient, Link};
use sso_sync::mirror::{Mirror, SqlitePlace};
use sso_sync::node::{Configurations, NodeSettings};
use sso_sync::seal::{ConfigDocument, MemberKeys};
use sso_sync::store::DomainId;
use tokio::sync::watch;

use super::PROGRAM;

/// A server that has just begun to run.
pub(crate) struct Fresh {
    pub(crate) node: Node,
    pub(crate) activated: watch::Receiver<u64>,
}

impl Fresh {
    /// Enrols a server and starts it on an empty folder.
    pub(crate) async fn enrol(
        administrator: &mut Administrator,
        (name, keys): (&str, Arc<MemberKeys>),
        folder: &Path,
        link: Arc<dyn Link>,
    ) -> Self {
        let enrolled = administrator.enrol(name, &keys).await.unwrap();
        let domain = enrolled.domain;
        fs::create_dir_all(folder).unwrap();
        let place = Arc::new(SqlitePlace::open(folder).unwrap());
        let mirror = Mirror::create(place, domain, &enrolled.statements).await;
        Self::run(mirror.unwrap(), (name, keys), link).await
    }

    /// Starts a server on the folder of before.
    pub(crate) async fn restart(
        domain: DomainId,
        who: (&str, Arc<MemberKeys>),
        folder: &Path,
        link: Arc<dyn Link>,
    ) -> Self {
        let place = Arc::new(SqlitePlace::open(folder).unwrap());
        let mirror = Mirror::open(place, domain).await;
        Self::run(mirror.unwrap(), who, link).await
    }

    async fn run(
        mirror: Mirror,
        (name, keys): (&str, Arc<MemberKeys>),
        link: Arc<dyn Link>,
    ) -> Self {
        let client = HubClient::new(link, mirror.chain().domain(), Arc::clone(&keys));
        let configurations = Arc::new(Activated::default());
        let activated = configurations.0.subscribe();
        let settings = NodeSettings::new(name, PROGRAM);
        let node = Node::start(settings, keys, mirror, client, configurations).await;
        Self {
            node: node.unwrap(),
            activated,
        }
    }

    /// Waits until a revision, or a later one, is in force.
    pub(crate) async fn until_active(&mut self, revision: u64) {
        let active = self.activated.wait_for(|it| *it >= revision);
        let active = tokio::time::timeout(PATIENCE, active).await;
        active.unwrap().unwrap();
    }

    /// Waits until every one of so many records is held.
    pub(crate) async fn until_complete(&self, records: u64) {
        let mut status = self.node.status();
        let complete = status.wait_for(|it| it.is_complete && it.live == records);
        let complete = tokio::time::timeout(PATIENCE, complete).await;
        complete.unwrap().unwrap();
    }
}

/// Tells which revision is in force.
#[derive(Debug, Default)]
pub(crate) struct Activated(watch::Sender<u64>);

#[async_trait]
impl Configurations for Activated {
    async fn offer(&self, revision: u64, _document: &ConfigDocument) -> Result<(), String> {
        self.0.send_replace(revision);
        Ok(())
    }
}

const PATIENCE: Duration = Duration::from_mins(10);
