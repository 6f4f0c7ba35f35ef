//! What the control channel of a member answers.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use sso_core::StoreError;
use sso_sync::driver::{Force, Node, Side, Trouble};
use sso_sync::keeper::Protection;
use sso_sync::node::{NodeStatus, Phase};
use sso_sync::seal::MemberId;
use tokio::sync::watch;

use super::certificate::Served;
use super::{people, traffic};
use crate::acme::{self, AcmeReport, Shelf, ShelfError, Wish};
use crate::control::{
    Controlled, DeletionReport, DrainReport, ForkReport, HubReport, KeysReport, Refusal, Report,
    ServerLine, SyncDone, SyncReport, TrafficReport, UserDetail, UserLine, VersionsReport,
};
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::http::App;
use crate::status::State;
use crate::wiring;

/// Answers what a member is asked on its own machine.
pub(super) struct Door {
    dir: DataDir,
    node: Node,
    settings: DomainSettings,
    protection: Protection,
    shelf: Arc<dyn Shelf>,
    issued: watch::Receiver<Served>,
    app: OnceLock<App>,
}

impl Door {
    pub(super) fn new(
        dir: DataDir,
        node: Node,
        settings: DomainSettings,
        protection: Protection,
        (shelf, issued): (Arc<dyn Shelf>, watch::Receiver<Served>),
    ) -> Self {
        Self {
            dir,
            node,
            settings,
            protection,
            shelf,
            issued,
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
        let first = app.remedy(now.status);
        let shut = app.shut().map(|error| error.to_string());
        let deleted = status.ending.as_ref().and_then(|it| it.confirmed.as_ref());
        let deleted = deleted.map(|_| DELETED.to_owned());
        let blemish = both("; ", deleted, blemish(status));
        let reason = both("; ", shut.or(now.reason), blemish);
        (now.status, reason, both("; then: ", first, remedy(status)))
    }

    fn traffic(&self) -> Option<TrafficReport> {
        let issued = self.issued.borrow().clone();
        let app = self.app.get()?;
        Some(traffic::report(app, &self.dir, issued.as_ref()))
    }

    fn hub(&self, status: &NodeStatus) -> HubReport {
        HubReport {
            url: self.settings.hub.clone(),
            domain: self.settings.domain.clone(),
            server: self.settings.server.clone(),
            sync: SyncReport::of_node(status),
            keys: KeysReport {
                protection: self.protection.to_string(),
                warning: self.protection.warning().map(Into::into),
            },
            deletion: status.ending.as_ref().map(DeletionReport::of),
            versions: Some(VersionsReport::of_node(status)),
        }
    }
}

#[async_trait]
impl Controlled for Door {
    async fn report(&self) -> Report {
        let status = self.node.status().borrow().clone();
        let (state, reason, remedy) = self.state(&status).await;
        let config = self.app.get().map(App::config);
        Report {
            version: crate::version::version().into(),
            status: state,
            reason,
            remedy,
            base_url: config
                .map(|it| it.service().base_url().to_owned())
                .unwrap_or_default(),
            revision: (status.revision > 0).then_some(status.revision),
            refused: status.refused.as_ref().map(Into::into),
            former_sign_in: self.app.get().and_then(App::former_sign_in),
            hub: Some(self.hub(&status)),
            traffic: self.traffic(),
        }
    }

    async fn acme(&self) -> Result<AcmeReport, Refusal> {
        let names = self.app.get().map(|app| acme::names(&app.config()));
        let names = names.unwrap_or_default();
        let report = AcmeReport::of(&*self.shelf, &names, wiring::now()).await;
        report.map_err(|error| out_of_reach(&error))
    }

    async fn renew(&self) -> Result<Wish, Refusal> {
        let wish = acme::want(&*self.shelf, wiring::now()).await;
        wish.map_err(|error| out_of_reach(&error))
    }

    async fn sync(&self, force: bool) -> Result<SyncDone, Refusal> {
        let force = if force { Force::Rebuild } else { Force::Repair };
        let done = self.node.full_sync(force).await.map_err(refusal)?;
        Ok(SyncDone::of_node(&done))
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
        // Without the hub, what was heard last is what is known.
        let _ = tokio::time::timeout(NEWS, self.node.beat()).await;
        let this = self.settings.node_id().unwrap_or(MemberId::NOBODY);
        let here = self.node.status().borrow().head.seq.number();
        let servers = self.node.servers().await;
        let lines = servers.iter().map(|it| ServerLine::of_node(it, this, here));
        Ok(lines.collect())
    }

    async fn fork(&self) -> Result<ForkReport, Refusal> {
        // Without the hub, what was heard last is what is known.
        let _ = tokio::time::timeout(NEWS, self.node.beat()).await;
        Ok(ForkReport::of_node(&self.node.fork().await))
    }

    async fn settle(&self, hub: bool) -> Result<(), Refusal> {
        let side = if hub { Side::Hub } else { Side::Here };
        self.node.settle(side).await.map_err(refusal)
    }

    async fn drain(&self, notice: Option<Duration>) -> Result<DrainReport, Refusal> {
        let app = self.app.get();
        let app = app.ok_or_else(|| Refusal::Why(NOBODY_COMES.into()))?;
        if let Some(notice) = notice {
            app.drain().order(notice);
        }
        let waiting = self.node.status().borrow().waiting;
        Ok(app.drain().report(wiring::now(), waiting))
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Door({:?})", self.settings)
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

/// Nothing hides what comes after it.
fn both(between: &str, first: Option<String>, then: Option<String>) -> Option<String> {
    match (first, then) {
        (Some(first), Some(then)) => Some(format!("{first}{between}{then}")),
        (first, then) => first.or(then),
    }
}

fn remedy(status: &NodeStatus) -> Option<String> {
    let command = match &status.phase {
        Phase::Away(_) => "see whether the hub runs, and the way there: sso-connect status",
        Phase::Frozen(frozen) => return Some(frozen.remedy()),
        Phase::Revoked { .. } => "sso-connect enrol, in an empty folder",
        Phase::Stopped(alarm) if alarm.is_fork() => "sso-connect domain settle",
        _ => return status.refused.as_ref().map(|_| ROLL_BACK.into()),
    };
    Some(command.into())
}

fn refusal(trouble: Trouble) -> Refusal {
    match trouble {
        Trouble::Hub(error) => Refusal::Unreachable(error.to_string()),
        trouble => Refusal::Why(trouble.to_string()),
    }
}

fn out_of_reach(error: &ShelfError) -> Refusal {
    Refusal::Why(format!(
        "what the servers know of the certificate is out of reach: {error}"
    ))
}

fn failed(error: &StoreError) -> Refusal {
    Refusal::Why(error.to_string())
}

const NOBODY_COMES: &str = "nobody signs in here yet, so there is nothing to finish: systemctl stop \
    sso-connect ends the server";
/// How long a list of servers waits for what they tell last.
const NEWS: Duration = Duration::from_secs(2);
const DELETED: &str = "the domain was deleted: known users sign in, nothing is written any more";
const NO_CONFIGURATION: &str = "the domain has no configuration yet";
const ROLL_BACK: &str = "sso-connect config rollback, or config edit";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remedy_hides_no_other() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(both("; then: ", some("a"), some("b")), some("a; then: b"));
        assert_eq!(both("; then: ", some("a"), None), some("a"));
        assert_eq!(both("; then: ", None, some("b")), some("b"));
        assert_eq!(both("; then: ", None, None), None);
    }
}
