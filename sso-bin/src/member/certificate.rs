//! What the servers of a domain tell each other about the certificate that an authority issues by
//! itself.

use std::time::Duration;

use async_trait::async_trait;
use rustls_pki_types::CertificateDer;
use sso_core::UnixTime;
use sso_sync::driver::{Node, ServerReport};
use tokio::sync::watch;

use crate::acme::Peers;
use crate::wiring;

/// The certificate that an authority issued by itself, if one is served.
pub(super) type Served = Option<CertificateDer<'static>>;

/// The other servers, as this one's node knows them.
#[derive(Debug)]
pub(super) struct OtherServers {
    node: Node,
    served: watch::Sender<Served>,
}

impl OtherServers {
    pub(super) const fn new(node: Node, served: watch::Sender<Served>) -> Self {
        Self { node, served }
    }
}

#[async_trait]
impl Peers for OtherServers {
    fn obstacle(&self, is_there: bool) -> Option<String> {
        let status = self.node.status().borrow().clone();
        if let Some(away) = status.away {
            return Some(format!("the hub cannot be reached ({})", away.why));
        }
        let is_window = status.policy.from() != status.policy.to();
        (is_window && !is_there).then(|| WINDOW.into())
    }

    fn tell(&self, version: Option<u64>) {
        self.node.tell_answers(version);
    }

    async fn behind(&self, version: u64) -> Vec<String> {
        // What was heard before is what is known then.
        let _ = self.node.beat().await;
        let (me, now) = (self.node.id(), wiring::now());
        let servers = self.node.servers().await;
        let others = servers.iter().filter(|it| it.member != me);
        let behind = others.filter(|it| is_behind(it, version, now));
        behind.map(|it| it.name.clone()).collect()
    }

    fn serves(&self, certificate: Option<&CertificateDer<'static>>) {
        self.served.send_replace(certificate.cloned());
    }
}

/// Whether a server that seems to run does not say that it answers by `version`.
fn is_behind(server: &ServerReport, version: u64, now: UnixTime) -> bool {
    let is_there = server
        .last_seen
        .is_some_and(|seen| now.since(seen) < SILENT);
    let told = server.status.as_ref().and_then(|it| it.answers);
    is_there && told.is_none_or(|told| told < version)
}

/// Servers tell something every minute.
const SILENT: Duration = Duration::from_mins(3);

const WINDOW: &str = "an upgrade is under way, and the version before may not know of ACME: the \
    certificate is ordered when it is done (sso-connect upgrade status)";
