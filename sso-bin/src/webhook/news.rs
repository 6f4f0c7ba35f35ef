//! What has to be told, of all that a server says about itself.

use std::collections::BTreeSet;
use std::time::Duration;

use sso_core::UnixTime;
use sso_sync::node::{Alarm, Away, NodeStatus, Phase};

use super::event::{Event, Kind, id};
use super::marks::Marks;
use crate::control::{DeletionReport, Moment};
use crate::domain::DomainSettings;

/// What of a server's status may have to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// That somebody wants the domain deleted.
    pub(super) deletion: Option<DeletionReport>,
    /// Until when users sign in, if the server was revoked.
    pub(super) revoked_until: Option<UnixTime>,
    /// Why nothing is written.
    pub(super) alarm: Option<Alarm>,
    /// Since when the hub is out of reach.
    pub(super) away: Option<Away>,
}

impl Seen {
    pub(super) fn of(status: &NodeStatus) -> Self {
        let (revoked_until, alarm) = match &status.phase {
            Phase::Revoked { until } => (Some(*until), None),
            Phase::Stopped(alarm) => (None, Some(alarm.clone())),
            _ => (None, None),
        };
        Self {
            deletion: status.ending.as_ref().map(DeletionReport::of),
            revoked_until,
            alarm,
            away: status.away.clone(),
        }
    }
}

/// Decides what is told, each thing once.
#[derive(Debug)]
pub(super) struct News {
    domain: String,
    domain_id: String,
    server: String,
    node: String,
    away_after: Duration,
    marks: Marks,
    /// What was kept last.
    kept: Marks,
    /// On its way.
    under_way: BTreeSet<String>,
    /// The alarm that is up, and since when.
    alarm: Option<(&'static str, UnixTime)>,
}

impl News {
    pub(super) fn new(domain: &DomainSettings, marks: Marks, away_after: Duration) -> Self {
        Self {
            domain: domain.domain.clone(),
            domain_id: domain.id.clone(),
            server: domain.server.clone(),
            node: domain.node.clone(),
            away_after,
            kept: marks.clone(),
            marks,
            under_way: BTreeSet::new(),
            alarm: None,
        }
    }

    /// What is to be told now, and was not yet.
    pub(super) fn of(&mut self, seen: &Seen, now: UnixTime) -> Vec<Event> {
        let mut events = self.of_deletion(seen.deletion.as_ref(), now);
        events.extend(self.of_revocation(seen, now));
        events.extend(self.of_alarm(seen, now));
        events.extend(self.of_hub(seen, now));
        events.retain(|it| !self.marks.knows(&it.id) && self.under_way.insert(it.id.clone()));
        events
    }

    /// It has arrived, or was given up.
    pub(super) fn delivered(&mut self, id: &str) {
        self.under_way.remove(id);
        self.marks.add(id);
    }

    /// What has to be kept, if it is something else than before.
    pub(super) fn changed_marks(&mut self) -> Option<&Marks> {
        if self.kept == self.marks {
            return None;
        }
        self.kept.clone_from(&self.marks);
        Some(&self.kept)
    }

    /// These are the domain's: they have the same name at every server.
    fn of_deletion(&mut self, deletion: Option<&DeletionReport>, now: UnixTime) -> Vec<Event> {
        let Some(deletion) = deletion else {
            return self.of_cancellation(now).into_iter().collect();
        };
        let (announced, not_before) = (&deletion.announced, &deletion.not_before);
        let times = format!("{announced} {not_before}");
        let this = id(&[&self.domain_id, &times, &deletion.by]);
        self.marks.announced = Some(this.clone());
        let parts = [self.domain_id.as_str(), &this];
        let mut events = vec![Event {
            detail: format!(
                "{} announced that the domain is going to be deleted ({}); it can be confirmed from \
                 {not_before} on",
                deletion.by, deletion.reason
            ),
            remedy: CANCEL.into(),
            deletion: Some(deletion.clone()),
            ..self.event(Kind::DeletionAnnounced, &parts, now)
        }];
        if let Some(confirmed) = &deletion.confirmed {
            let at = confirmed.at.to_string();
            let parts = [self.domain_id.as_str(), &this, &at];
            events.push(Event {
                detail: format!("{} confirmed that the domain is deleted", confirmed.by),
                remedy: format!("within 30 days: {CANCEL}"),
                deletion: Some(deletion.clone()),
                ..self.event(Kind::DeletionConfirmed, &parts, now)
            });
        }
        events
    }

    fn of_cancellation(&mut self, now: UnixTime) -> Option<Event> {
        let before = self.marks.announced.take()?;
        let parts = [self.domain_id.as_str(), &before];
        Some(Event {
            detail: "the deletion of the domain was taken back: it goes on".into(),
            remedy: "nothing has to be done".into(),
            ..self.event(Kind::DeletionCancelled, &parts, now)
        })
    }

    /// These are the server's own.
    fn of_revocation(&self, seen: &Seen, now: UnixTime) -> Option<Event> {
        let until = seen.revoked_until?;
        Some(Event {
            detail: format!("the server was revoked; known users sign in until {until}"),
            remedy: "sso-connect enrol, in an empty folder".into(),
            ..self.event(Kind::Revoked, &[&self.node], now)
        })
    }

    fn of_alarm(&mut self, seen: &Seen, now: UnixTime) -> Option<Event> {
        let Some(alarm) = &seen.alarm else {
            self.alarm = None;
            return None;
        };
        let since = match self.alarm {
            Some((code, since)) if code == alarm.code() => since,
            _ => now,
        };
        self.alarm = Some((alarm.code(), since));
        let kind = match alarm.is_fork() {
            true => Kind::Fork,
            false => Kind::Alarm,
        };
        let (since, blame) = (since.as_secs().to_string(), alarm.blame_word());
        let parts = [self.node.as_str(), alarm.code(), &since];
        Some(Event {
            detail: format!("{alarm}; to blame: {blame}; users go on signing in"),
            remedy: "sso-connect status".into(),
            ..self.event(kind, &parts, now)
        })
    }

    fn of_hub(&self, seen: &Seen, now: UnixTime) -> Option<Event> {
        let away = seen.away.as_ref()?;
        if now.since(away.since) < self.away_after {
            return None;
        }
        let since = away.since.as_secs().to_string();
        Some(Event {
            detail: format!(
                "the hub is out of reach since {}: {}; known users go on signing in, new ones wait",
                away.since, away.why
            ),
            remedy: "see whether the hub runs, and the way there".into(),
            ..self.event(Kind::HubAway, &[&self.node, &since], now)
        })
    }

    fn event(&self, kind: Kind, parts: &[&str], now: UnixTime) -> Event {
        let mut all = vec![kind.name()];
        all.extend(parts);
        Event {
            id: id(&all),
            event: kind,
            domain: self.domain.clone(),
            domain_id: self.domain_id.clone(),
            server: self.server.clone(),
            at: Moment(now),
            detail: String::new(),
            remedy: String::new(),
            deletion: None,
        }
    }
}

const CANCEL: &str = "sso-connect domain cancel-deletion";
