//! Who changed the configuration, when, and where.

use super::Administrator;
use crate::chain::{Action, Chain, Statement};
use crate::seal::MemberId;

/// A revision of the configuration, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// 1, 2, 3 …
    pub number: u64,
    /// The revision whose content it has again; `None` if it is none.
    pub restores: Option<u64>,
    /// Seconds since 1970, by the clock of who saved it.
    pub time: u64,
    /// The e-mail address of the administrator.
    pub signer: String,
    /// The administrator.
    pub signer_id: MemberId,
    /// The server at which it was saved; `None` if at none.
    pub via: Option<HistoryServer>,
}

/// A server at which something was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryServer {
    /// Which.
    pub id: MemberId,
    /// Its name; its id as text if the domain never had such a server.
    pub name: String,
    /// The version that it ran by then; empty if that is not known.
    pub program: String,
}

impl Administrator {
    /// All revisions, the newest first, as far as the chain was [fetched](Self::refresh).
    #[must_use]
    pub fn history(&self) -> Vec<HistoryEntry> {
        let revisions = self.chain().revisions().iter().rev();
        let entry = |revised: &crate::chain::Revised| HistoryEntry {
            number: revised.number,
            restores: (revised.restores != 0).then_some(revised.restores),
            time: revised.time,
            signer: name_of(self.chain(), revised.signer),
            signer_id: revised.signer,
            via: self.server_at(revised.via, revised.position),
        };
        revisions.map(entry).collect()
    }

    fn server_at(&self, id: MemberId, position: u64) -> Option<HistoryServer> {
        (id != MemberId::NOBODY).then(|| HistoryServer {
            id,
            name: name_of(self.chain(), id),
            program: self.program_at(id, position),
        })
    }

    /// The version that a server ran when the statement at `position` was made.
    fn program_at(&self, id: MemberId, position: u64) -> String {
        let before = (0..position).rev();
        let mut statements = before.filter_map(|at| self.ledger().statement(at));
        let said = statements.find_map(|statement| program_in(&statement, id));
        said.unwrap_or_default()
    }
}

fn program_in(statement: &Statement, id: MemberId) -> Option<String> {
    match statement.action().ok()? {
        Action::NodeAdded {
            member, program, ..
        } if member.id() == id => Some(program),
        Action::NodeUpdated { program } if statement.signer() == id => Some(program),
        _ => None,
    }
}

/// The name of a member for people.
pub(super) fn name_of(chain: &Chain, id: MemberId) -> String {
    let standing = chain.standing(id);
    standing.map_or_else(|| id.to_string(), |it| it.member().name().into())
}
