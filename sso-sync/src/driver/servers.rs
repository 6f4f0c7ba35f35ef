//! The servers of the domain, as this one knows them.

use sso_core::UnixTime;

use super::beats::opened;
use super::core::Core;
use crate::chain::FeedMark;
use crate::seal::MemberId;
use crate::status::ServerStatus;
use crate::wire::ChainMark;

/// A server of the domain, as another one knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerReport {
    /// Which.
    pub member: MemberId,
    /// Its name in the chain.
    pub name: String,
    /// The version of its program, as the chain says.
    pub program: String,
    /// What it told in its last beat; `None` if it was never heard, or does not open here.
    pub status: Option<ServerStatus>,
    /// Where it was in both logs.
    pub at: Option<(FeedMark, ChainMark)>,
    /// When its last beat was first seen here, or now for this server itself; `None` if it was never
    /// heard.
    pub last_seen: Option<UnixTime>,
    /// Whether that server hears the beats of this one; `None` if that is not known.
    pub hears_us: Option<bool>,
}

impl Core {
    /// The servers that were not revoked, by their names. This one knows of itself what it would
    /// tell now.
    pub(super) async fn servers(&self) -> Vec<ServerReport> {
        let chain = std::sync::Arc::clone(self.mirror.lock().await.chain());
        let own = self.own_report();
        let (ring, known) = (self.ring(), self.known());
        let mut servers: Vec<_> = chain
            .nodes()
            .map(|(standing, program)| {
                let member = standing.member();
                let heard = known.hearing.of(member.id());
                let unheard = ServerReport {
                    member: member.id(),
                    name: member.name().into(),
                    program: program.into(),
                    ..own.clone()
                };
                if member.id() == self.me {
                    return unheard;
                }
                ServerReport {
                    status: heard.and_then(|it| opened(&ring, it)),
                    at: heard.map(|it| (it.body.head, it.body.chain)),
                    last_seen: heard.map(|it| it.seen),
                    hears_us: heard.map(|it| it.body.heard.iter().any(|it| it.node == self.me)),
                    ..unheard
                }
            })
            .collect();
        servers.sort_by(|one, other| one.name.cmp(&other.name));
        servers
    }

    /// What this server would tell now.
    fn own_report(&self) -> ServerReport {
        let (head, chain) = {
            let status = self.status.borrow();
            (status.head, status.chain)
        };
        ServerReport {
            member: self.me,
            name: self.settings.name().into(),
            program: self.settings.program().into(),
            status: Some(self.server_status()),
            at: Some((head, chain)),
            last_seen: Some(self.now()),
            hears_us: None,
        }
    }
}
