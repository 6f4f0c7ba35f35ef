//! What the control channel of a member answers.

use std::fmt;
use std::sync::OnceLock;

use async_trait::async_trait;
use sso_core::{StoreError, UnixTime};
use sso_sync::driver::{Force, Node, ServerReport, Trouble};
use sso_sync::keeper::Protection;
use sso_sync::node::{NodeStatus, Phase};
use sso_sync::status::ServerStatus;

use super::people;
use crate::control::{
    CertificateLine, Controlled, HubReport, KeysReport, Moment, Refusal, RefusedConfiguration,
    Report, ServerLine, SyncDone, SyncReport, UserDetail, UserLine,
};
use crate::domain::DomainSettings;
use crate::http::App;
use crate::status::State;

/// Answers what a member is asked on its own machine.
pub(super) struct Door {
    node: Node,
    settings: DomainSettings,
    protection: Protection,
    app: OnceLock<App>,
}

impl Door {
    pub(super) const fn new(node: Node, settings: DomainSettings, protection: Protection) -> Self {
        Self {
            node,
            settings,
            protection,
            app: OnceLock::new(),
        }
    }

    /// People can sign in from now on.
    pub(super) fn opened(&self, app: App) {
        // Nobody opens a door twice.
        let _ = self.app.set(app);
    }

    async fn state(&self, status: &NodeStatus) -> (State, Option<String>, Option<String>) {
        let Some(app) = self.app.get() else {
            let (reason, fix) = (NO_CONFIGURATION.into(), "sso-connect config edit".into());
            return (State::NotConfiguredYet, Some(reason), Some(fix));
        };
        let now = app.status().await;
        let reason = now.reason.or_else(|| blemish(status));
        (now.status, reason, remedy(status))
    }

    fn hub(&self, status: &NodeStatus) -> HubReport {
        HubReport {
            url: self.settings.hub.clone(),
            domain: self.settings.domain.clone(),
            server: self.settings.server.clone(),
            sync: sync(status),
            keys: KeysReport {
                protection: self.protection.to_string(),
                warning: self.protection.warning().map(Into::into),
            },
        }
    }
}

#[async_trait]
impl Controlled for Door {
    async fn report(&self) -> Report {
        let status = self.node.status().borrow().clone();
        let (state, reason, remedy) = self.state(&status).await;
        let refused = status.refused.as_ref().map(|it| RefusedConfiguration {
            revision: it.number,
            why: it.why.clone(),
        });
        let config = self.app.get().map(App::config);
        Report {
            version: env!("CARGO_PKG_VERSION").into(),
            status: state,
            reason,
            remedy,
            base_url: config
                .map(|it| it.service().base_url().to_owned())
                .unwrap_or_default(),
            revision: (status.revision > 0).then_some(status.revision),
            refused,
            hub: Some(self.hub(&status)),
        }
    }

    async fn sync(&self, force: bool) -> Result<SyncDone, Refusal> {
        let force = if force { Force::Rebuild } else { Force::Repair };
        let done = self.node.full_sync(force).await.map_err(refusal)?;
        Ok(SyncDone {
            of: done.live,
            compared: done.buckets,
            missing: done.missing,
            changed: done.changed,
            surplus: done.surplus,
            equal: done.is_complete,
            digest: done.digest.map(|it| it.to_string()).unwrap_or_default(),
        })
    }

    async fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<UserLine>, Refusal> {
        let users = people::list(&self.node, after, limit).await;
        users.map_err(|error| failed(&error))
    }

    async fn user(&self, wanted: &str) -> Result<Option<UserDetail>, Refusal> {
        let user = people::find(&self.node, wanted).await;
        user.map_err(|error| failed(&error))
    }

    async fn servers(&self) -> Result<Vec<ServerLine>, Refusal> {
        let own = self.settings.node.as_str();
        let own_status = self.node.status().borrow().clone();
        let servers = self.node.servers().await;
        let lines = servers.into_iter().map(|server| {
            let this = server.member.to_string() == own;
            let mut line = line(server, this);
            if this {
                line.revision = Some(own_status.revision);
                line.lag = Some(own_status.lag);
                line.state = own_status.phase.word().into();
            }
            line
        });
        Ok(lines.collect())
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door({:?})", self.settings)
    }
}

fn sync(status: &NodeStatus) -> SyncReport {
    let filling = match &status.phase {
        Phase::Filling(progress) => Some(progress),
        _ => None,
    };
    let (live, of) = (status.live, filling.map_or(status.live, |it| it.of));
    SyncReport {
        phase: status.phase.word().into(),
        detail: blemish(status),
        users: filling.map_or(live, |it| it.done),
        of,
        complete: status.is_complete,
        digest: status.commitment.to_string(),
        rate: filling.map(|it| it.rate).filter(|rate| *rate > 0),
        lag: status.lag,
        waiting: status.waiting,
        away_since: status.away.as_ref().map(|away| Moment(away.since)),
    }
}

/// What is not as it should be, in words; known users sign in all the same.
fn blemish(status: &NodeStatus) -> Option<String> {
    match &status.phase {
        Phase::Away(away) => Some(format!("the hub cannot be reached: {}", away.why)),
        Phase::Frozen(frozen) => Some(frozen.to_string()),
        Phase::Revoked { until } => Some(format!(
            "this server was revoked: known users sign in until {until}"
        )),
        Phase::Stopped(alarm) => Some(format!("nothing is written until this is settled: {alarm}")),
        _ => status.cannot_reseed.clone(),
    }
}

fn remedy(status: &NodeStatus) -> Option<String> {
    let command = match &status.phase {
        Phase::Away(_) => "see whether the hub runs, and the way there: sso-connect status",
        Phase::Frozen(_) => "install the version that the domain runs: sso-connect servers list",
        Phase::Revoked { .. } => "sso-connect enrol, in an empty folder",
        _ => return status.refused.as_ref().map(|_| ROLL_BACK.into()),
    };
    Some(command.into())
}

fn line(server: ServerReport, this: bool) -> ServerLine {
    let told = server.status.as_ref();
    let refused = told.and_then(|it| it.refused.as_ref());
    ServerLine {
        id: server.member.to_string(),
        name: server.name,
        version: server.program,
        revision: told.map(|it| it.revision),
        lag: told.map(|it| it.lag),
        state: told.map_or_else(|| "not heard of".into(), |it| it.phase.clone()),
        seen: server.last_seen.map(Moment),
        address: told
            .map(|it| it.address.clone())
            .filter(|it| !it.is_empty()),
        certificate: told.and_then(certificate),
        refused: refused.map(|it| RefusedConfiguration {
            revision: it.number,
            why: it.why.clone(),
        }),
        this,
    }
}

fn certificate(told: &ServerStatus) -> Option<CertificateLine> {
    let certificate = told.certificate?;
    Some(CertificateLine {
        digest: certificate.digest.to_string(),
        until: Moment(UnixTime::from_secs(certificate.end)),
    })
}

fn refusal(trouble: Trouble) -> Refusal {
    match trouble {
        Trouble::Hub(error) => Refusal::Unreachable(error.to_string()),
        trouble => Refusal::Why(trouble.to_string()),
    }
}

fn failed(error: &StoreError) -> Refusal {
    Refusal::Why(error.to_string())
}

const NO_CONFIGURATION: &str = "the domain has no configuration yet";
const ROLL_BACK: &str = "sso-connect config rollback, or config edit";
