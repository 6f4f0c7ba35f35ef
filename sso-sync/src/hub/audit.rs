//! What an operator wants to know about afterwards.

use std::fmt;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use crate::admin::desk::{DeskEvent, What};
use crate::seal::MemberId;
use crate::store::{DomainId, Seq};

/// Takes down what happened. Called while a request is answered: it does not wait for anything.
pub trait Audit: fmt::Debug + Send + Sync + 'static {
    /// Takes down one event.
    fn record(&self, event: &AuditEvent);
}

/// Takes nothing down.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a unit struct is its own constructor"
)]
pub struct NoAudit;

impl Audit for NoAudit {
    fn record(&self, _: &AuditEvent) {}
}

/// What happened.
///
/// Serialized it is one flat map: `event` with the [`name`](Self::name), and the fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AuditEvent {
    /// The operator invited an administrator.
    AdministratorInvited {
        /// Name of the domain.
        name: String,
        /// Who.
        administrator: String,
    },
    /// The operator lets an administrator sign in no more.
    AdministratorRevoked {
        /// Name of the domain.
        name: String,
        /// Who.
        administrator: String,
    },
    /// An administrator signed in, registered a password or changed the second factor, or somebody
    /// tried to.
    AdministratorVisited {
        /// Name of the domain.
        name: String,
        /// Who it was, or pretended to be.
        administrator: String,
        /// From where, as far as the hub can tell.
        peer: IpAddr,
        /// What: the [word](What::word) for it.
        did: &'static str,
        /// If it was put off: the seconds until the next try.
        #[serde(skip_serializing_if = "Option::is_none")]
        seconds: Option<u64>,
    },
    /// A member knows more than this hub: it takes no writes until it knows as much.
    Behind {
        /// Of which domain.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Who says so.
        #[serde(serialize_with = "text")]
        member: MemberId,
        /// How many statements the member knows.
        statements: u64,
        /// The place of the last record that the member knows.
        #[serde(serialize_with = "number")]
        seq: Seq,
    },
    /// The operator closed a domain.
    DomainClosed {
        /// Which.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Its name.
        name: String,
    },
    /// A domain began.
    DomainCreated {
        /// Which.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Its name.
        name: String,
    },
    /// The deletion of a domain was confirmed: its data is kept for a while, then erased.
    DomainEnded {
        /// Which.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Its name.
        name: String,
    },
    /// Everything of a domain was erased, its time after the confirmed deletion being over.
    DomainErased {
        /// Which.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Its name.
        name: String,
    },
    /// The operator gave up what members know and the hub has lost.
    DomainGoesOn {
        /// Which.
        #[serde(serialize_with = "text")]
        domain: DomainId,
    },
    /// An invitation to make a domain was given out.
    DomainInvited {
        /// For which name.
        name: String,
    },
    /// The operator has a domain kept for the whole time anew, though its deletion was confirmed.
    DomainKept {
        /// Which.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Its name.
        name: String,
    },
    /// The operator opened a domain again.
    DomainOpened {
        /// Which.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Its name.
        name: String,
    },
    /// A request was refused to somebody who had signed it.
    MemberRefused {
        /// Of which domain.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Who.
        #[serde(serialize_with = "text")]
        member: MemberId,
        /// Why: the code of the answer.
        code: &'static str,
    },
    /// The hub knows again what its members know.
    Reseeded {
        /// Of which domain.
        #[serde(serialize_with = "text")]
        domain: DomainId,
    },
    /// A statement was taken.
    StatementTaken {
        /// Of which domain.
        #[serde(serialize_with = "text")]
        domain: DomainId,
        /// Who stated it.
        #[serde(serialize_with = "text")]
        signer: MemberId,
        /// What: the [name](crate::chain::Action::name) of the action.
        action: &'static str,
        /// Where it stands.
        position: u64,
    },
}

impl AuditEvent {
    /// What happened at the desk of the administrators.
    pub(super) fn of_visit(event: &DeskEvent, peer: IpAddr) -> Self {
        let seconds = match event.what {
            What::PutOff(seconds) => Some(seconds),
            _ => None,
        };
        Self::AdministratorVisited {
            name: event.domain.to_string(),
            administrator: event.administrator.to_string(),
            peer: peer.to_canonical(),
            did: event.what.word(),
            seconds,
        }
    }

    /// The word for it; it never changes.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AdministratorInvited { .. } => "administrator-invited",
            Self::AdministratorRevoked { .. } => "administrator-revoked",
            Self::AdministratorVisited { .. } => "administrator-visited",
            Self::Behind { .. } => "behind",
            Self::DomainClosed { .. } => "domain-closed",
            Self::DomainCreated { .. } => "domain-created",
            Self::DomainEnded { .. } => "domain-ended",
            Self::DomainErased { .. } => "domain-erased",
            Self::DomainGoesOn { .. } => "domain-goes-on",
            Self::DomainInvited { .. } => "domain-invited",
            Self::DomainKept { .. } => "domain-kept",
            Self::DomainOpened { .. } => "domain-opened",
            Self::MemberRefused { .. } => "member-refused",
            Self::Reseeded { .. } => "reseeded",
            Self::StatementTaken { .. } => "statement-taken",
        }
    }
}

/// Ids are written as people read them.
fn text<S: Serializer>(id: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn number<S: Serializer>(seq: &Seq, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(seq.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_written_as_one_flat_map_with_its_name() {
        let event = AuditEvent::Behind {
            domain: DomainId::new([1; 32]),
            member: MemberId::new([2; 16]),
            statements: 3,
            seq: Seq::new(4),
        };
        let written = serde_json::to_value(&event).unwrap();
        let expected = serde_json::json!({
            "event": "behind",
            "domain": "01".repeat(32),
            "member": "02".repeat(16),
            "statements": 3,
            "seq": 4,
        });
        assert_eq!(written, expected);
    }

    #[test]
    fn every_event_is_written_with_its_name() {
        let name = || "example".to_owned();
        let domain = DomainId::new([1; 32]);
        let member = MemberId::new([2; 16]);
        for event in [
            AuditEvent::AdministratorInvited {
                name: name(),
                administrator: name(),
            },
            AuditEvent::AdministratorRevoked {
                name: name(),
                administrator: name(),
            },
            AuditEvent::AdministratorVisited {
                name: name(),
                administrator: name(),
                peer: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
                did: "signed-in",
                seconds: None,
            },
            AuditEvent::DomainClosed {
                domain,
                name: name(),
            },
            AuditEvent::DomainCreated {
                domain,
                name: name(),
            },
            AuditEvent::DomainEnded {
                domain,
                name: name(),
            },
            AuditEvent::DomainErased {
                domain,
                name: name(),
            },
            AuditEvent::DomainGoesOn { domain },
            AuditEvent::DomainInvited { name: name() },
            AuditEvent::DomainKept {
                domain,
                name: name(),
            },
            AuditEvent::DomainOpened {
                domain,
                name: name(),
            },
            AuditEvent::MemberRefused {
                domain,
                member,
                code: "revoked",
            },
            AuditEvent::Reseeded { domain },
            AuditEvent::StatementTaken {
                domain,
                signer: member,
                action: "revised",
                position: 1,
            },
        ] {
            let written = serde_json::to_value(&event).unwrap();
            assert_eq!(written["event"], event.name());
        }
    }
}
