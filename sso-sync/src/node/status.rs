//! What a server says about itself.

use std::time::Duration;

use sso_core::UnixTime;

use super::Alarm;
use crate::Digest;
use crate::chain::{Deletion, Ending, FeedMark, Outlived, Policy};
use crate::status::RefusedRevision;
use crate::wire::{ChainMark, HubInfo};

/// What a server knows about itself, for consoles and hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeStatus {
    /// What it is doing.
    pub phase: Phase,
    /// The end of the feed, as far as it is held.
    pub head: FeedMark,
    /// The end of the chain, as far as it is held.
    pub chain: ChainMark,
    /// Revision of the configuration in force; 0 if there is none.
    pub revision: u64,
    /// The newest revision that this machine could not use, and why.
    pub refused: Option<RefusedRevision>,
    /// How many records are live, removed users and signposts included.
    pub live: u64,
    /// How many of them are no signposts; that shows once everything is held.
    pub users: u64,
    /// The set hash at the head.
    pub commitment: Digest,
    /// Whether every record is held, with the digest of the head.
    pub is_complete: bool,
    /// Whether records of a history that was forsaken are still to be taken over into the other one,
    /// after [`Node::settle`](crate::driver::Node::settle).
    pub is_taking_over: bool,
    /// Why nothing is written; [`Alarm::blame`] says who is to blame.
    pub alarm: Option<Alarm>,
    /// How far a deletion of the domain has come. It never stops anybody from signing in.
    pub deletion: Deletion,
    /// Who wants the domain deleted, and why; `None` if nobody does.
    pub ending: Option<Ending>,
    /// Since when the hub cannot be reached, and why; `None` if it can.
    pub away: Option<Away>,
    /// How many places of the feed are known to lie before this server.
    pub lag: u64,
    /// How many changes wait for the hub.
    pub waiting: u64,
    /// The newest epoch whose keys this server holds.
    pub epoch: u64,
    /// Older epochs whose sessions go on, since a server left as planned.
    pub outlived: Vec<Outlived>,
    /// How many records are known to be sealed in an older epoch still; `None` while that is not
    /// known.
    pub to_reseal: Option<u64>,
    /// What the hub lost and this server cannot send again, in words for people.
    pub cannot_reseed: Option<String>,
    /// With which versions servers join and write.
    pub policy: Policy,
    /// What the hub said about itself since it was lost last: which protocol it speaks, and the
    /// version of its program. Nothing follows from it but words for people.
    pub hub: Option<HubInfo>,
}

/// What a server is doing. Whatever it is, known users sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The hub cannot be reached.
    Away(Away),
    /// It takes in what others wrote.
    Behind {
        /// How many places lie before it.
        by: u64,
    },
    /// It fetches all records. Who is not here yet is fetched singly.
    Filling(Progress),
    /// It writes nothing, since it is of another version than the domain.
    Frozen(Frozen),
    /// It holds everything that the hub has.
    Level,
    /// It does not belong to the domain any more.
    Revoked {
        /// Until when known users go on signing in here.
        until: UnixTime,
    },
    /// It has not heard from the hub yet.
    #[default]
    Starting,
    /// It writes nothing until something is settled.
    Stopped(Alarm),
}

/// Why the hub cannot be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing else to tell")]
pub struct Away {
    /// Since when.
    pub since: UnixTime,
    /// Why, in words for people.
    pub why: String,
}

/// How far filling has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Records here.
    pub done: u64,
    /// Records there are.
    pub of: u64,
    /// Records a second; 0 while that is not known.
    pub rate: u64,
    /// Time that is left; `None` while that is not known.
    pub remaining: Option<Duration>,
}

/// Why a server of another version writes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Frozen {
    /// A newer program wrote what this one does not understand.
    #[error(
        "this server runs version {program}, and a newer version wrote what it does not \
         understand. Users who are known here go on signing in, with the configuration that is here; \
         new users and all changes wait"
    )]
    Newer {
        /// The version of this program.
        program: String,
    },
    /// The policy names other versions.
    #[error(
        "this server runs version {program}, the domain works with {}. Users who are known here go \
         on signing in, with the configuration that is here; new users and all changes wait",
        versions(from, to)
    )]
    OutsidePolicy {
        /// The version of this program.
        program: String,
        /// What the policy names.
        from: String,
        /// What the policy names as well.
        to: String,
    },
}

impl Frozen {
    /// What makes the server write again: a sentence with the command.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Newer { .. } => "install the version that the other servers run (sso-connect \
                                   servers list) on this server, and start it again"
                .into(),
            Self::OutsidePolicy { program, to, .. } => format!(
                "install version {to} on this server, and start it again; or, if all servers are to \
                 come to {program}: sso-connect upgrade start --to {program}"
            ),
        }
    }
}

/// Both versions of an upgrade, or the one that there is.
fn versions(from: &str, to: &str) -> String {
    match from == to {
        true => format!("version {from}"),
        false => format!("versions {from} and {to} until its upgrade is over"),
    }
}

impl Phase {
    /// The word for it, in beats and for scripts; it never changes.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Away(_) => "away",
            Self::Behind { .. } => "behind",
            Self::Filling(_) => "filling",
            Self::Frozen(_) => "frozen",
            Self::Level => "level",
            Self::Revoked { .. } => "revoked",
            Self::Starting => "starting",
            Self::Stopped(_) => "stopped",
        }
    }
}
