//! From what a [`Node`](sso_sync::driver::Node) says to what is answered here.

use sso_core::UnixTime;
use sso_sync::chain::Policy;
use sso_sync::driver::{ServerReport, SyncReport as NodeSync};
use sso_sync::node::{NodeStatus, Phase};
use sso_sync::seal::MemberId;
use sso_sync::status::{RefusedRevision, ServerStatus};

use super::report::{
    CertificateLine, Moment, RefusedConfiguration, ServerLine, SyncDone, SyncReport, VersionsReport,
};

impl SyncReport {
    /// How a node keeps up.
    #[must_use]
    pub fn of_node(status: &NodeStatus) -> Self {
        let filling = match status.phase {
            Phase::Filling(filling) => Some(filling),
            _ => None,
        };
        Self {
            phase: status.phase.word().into(),
            detail: detail(status),
            users: filling.map_or(status.users, |it| it.done),
            of: filling.map_or(status.users, |it| it.of),
            complete: status.is_complete,
            taking_over: status.is_taking_over,
            digest: status.commitment.to_string(),
            rate: filling.map(|it| it.rate).filter(|rate| *rate > 0),
            lag: status.lag,
            waiting: status.waiting,
            away_since: status.away.as_ref().map(|away| Moment(away.since)),
        }
    }
}

/// What the word for the phase does not say.
fn detail(status: &NodeStatus) -> Option<String> {
    match &status.phase {
        Phase::Away(away) => Some(away.why.clone()),
        Phase::Frozen(frozen) => Some(frozen.to_string()),
        Phase::Stopped(alarm) => Some(alarm.to_string()),
        Phase::Revoked { until } => Some(format!(
            "this server was revoked; known users sign in here until {}",
            Moment(*until)
        )),
        _ => status.cannot_reseed.clone(),
    }
}

impl From<&Policy> for VersionsReport {
    fn from(policy: &Policy) -> Self {
        Self {
            from: policy.from().into(),
            to: policy.to().into(),
            schema: policy.schema(),
            hub: None,
        }
    }
}

impl VersionsReport {
    /// What a node knows of versions, of its domain and of the hub.
    #[must_use]
    pub fn of_node(status: &NodeStatus) -> Self {
        Self {
            hub: status.hub.as_ref().map(|it| it.program.clone()),
            ..(&status.policy).into()
        }
    }
}

impl SyncDone {
    /// What a full sync of a node did.
    #[must_use]
    pub fn of_node(report: &NodeSync) -> Self {
        Self {
            of: report.users,
            compared: report.buckets,
            missing: report.missing,
            changed: report.changed,
            surplus: report.surplus,
            equal: report.is_complete,
            digest: report.digest.map_or_else(String::new, |it| it.to_string()),
        }
    }
}

impl ServerLine {
    /// A server as a node knows it; `this` is the node itself, which is at place `seq` of the feed.
    #[must_use]
    pub fn of_node(report: &ServerReport, this: MemberId, seq: u64) -> Self {
        let status = report.status.as_ref();
        let at = report.at.map(|(feed, _)| feed.seq.number());
        Self {
            id: report.member.to_string(),
            name: report.name.clone(),
            version: status.map_or_else(|| report.program.clone(), |it| it.program.clone()),
            revision: status.map(|it| it.revision),
            lag: match report.member == this {
                // Behind the hub, of which the others say nothing.
                true => status.map(|it| it.lag),
                false => at.map(|at| seq.saturating_sub(at)),
            },
            state: status.map_or_else(|| "silent".into(), |it| it.phase.clone()),
            users: status.map(|it| it.done),
            of: status.map(|it| it.of),
            seen: report.last_seen.map(Moment),
            address: status
                .map(|it| it.address.clone())
                .filter(|it| !it.is_empty()),
            certificate: status.and_then(certificate),
            refused: status.and_then(|it| it.refused.as_ref()).map(Into::into),
            former_sign_in: status
                .and_then(|it| it.former_sign_in)
                .map(|at| Moment(UnixTime::from_secs(at))),
            this: report.member == this,
        }
    }
}

fn certificate(status: &ServerStatus) -> Option<CertificateLine> {
    status.certificate.map(|certificate| CertificateLine {
        digest: certificate.digest.to_string(),
        until: Moment(UnixTime::from_secs(certificate.end)),
    })
}

impl From<&RefusedRevision> for RefusedConfiguration {
    fn from(refused: &RefusedRevision) -> Self {
        Self {
            revision: refused.number,
            why: refused.why.clone(),
        }
    }
}
