//! One thing that has to be known at once.

use aws_lc_rs::digest;
use serde::Serialize;

use crate::control::{DeletionReport, Moment};

/// What is told; it is the body as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The same for the same thing, from whichever server it comes and however often.
    pub id: String,
    /// What happened.
    pub event: Kind,
    /// The name of the domain.
    pub domain: String,
    /// The domain itself.
    pub domain_id: String,
    /// The server that tells it.
    pub server: String,
    /// When it was noticed.
    pub at: Moment,
    /// What, in words for people.
    pub detail: String,
    /// What mends it, or stops it.
    pub remedy: String,
    /// More about a deletion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<DeletionReport>,
}

/// What happened. Names never change; new ones may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Something that does not count was seen: nothing is written until it is settled.
    Alarm,
    /// Somebody wants the domain deleted.
    DeletionAnnounced,
    /// That was taken back.
    DeletionCancelled,
    /// The domain was deleted.
    DeletionConfirmed,
    /// Two histories of the domain exist.
    Fork,
    /// The hub was out of reach for long.
    HubAway,
    /// The server does not belong to the domain any more.
    Revoked,
}

impl Kind {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::DeletionAnnounced => "deletion-announced",
            Self::DeletionCancelled => "deletion-cancelled",
            Self::DeletionConfirmed => "deletion-confirmed",
            Self::Fork => "fork",
            Self::HubAway => "hub-away",
            Self::Revoked => "revoked",
        }
    }
}

impl Event {
    pub(super) fn log(&self) {
        tracing::warn!(
            event = self.event.name(),
            id = self.id.as_str(),
            reason = self.detail.as_str(),
            fix = self.remedy.as_str(),
            "this has to be known"
        );
    }
}

/// The name of one thing: 32 hexadecimal digits.
pub(super) fn id(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text += &format!("{}:{part}", part.len());
    }
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let first = digest.as_ref().iter().take(16);
    first.map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_event_depends_on_every_part_and_on_nothing_else() {
        assert_eq!(id(&["a", "b"]), id(&["a", "b"]));
        assert_ne!(id(&["a", "b"]), id(&["ab", ""]));
        assert_ne!(id(&["a", "b"]), id(&["b", "a"]));
        assert_eq!(id(&[]).len(), 32);
    }

    #[test]
    fn every_kind_is_written_by_its_name() {
        for kind in [
            Kind::Alarm,
            Kind::DeletionAnnounced,
            Kind::DeletionCancelled,
            Kind::DeletionConfirmed,
            Kind::Fork,
            Kind::HubAway,
            Kind::Revoked,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
