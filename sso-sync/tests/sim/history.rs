//! What the servers of a simulation said and did, as the invariants look at it.

use std::collections::{BTreeMap, BTreeSet};

use sso_sync::Digest;

/// Everything that was promised or seen since a simulation began.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// The newest version that was acknowledged, by account.
    pub(crate) acknowledged: BTreeMap<String, u64>,
    /// What each server kept for later, by account and server: the last one counts.
    pub(crate) updates: BTreeMap<String, BTreeMap<u8, String>>,
    /// Updates that were tried and not acknowledged; they may happen or not.
    pub(crate) attempts: BTreeMap<String, BTreeSet<String>>,
    /// The ids and secrets that were answered, by account.
    pub(crate) secrets: BTreeMap<String, BTreeSet<(String, [u8; 32])>>,
    /// The revisions that were in force, by server, in their order.
    pub(crate) served: BTreeMap<u8, Vec<u64>>,
    /// Where something was found that the hub must not know.
    pub(crate) leaks: Vec<String>,
    /// Who did not come to the end, and how it is.
    pub(crate) stuck: Vec<String>,
    /// How it is at the end; `None` before.
    pub(crate) rest: Option<Rest>,
}

/// How it is when everything was healed and had its time.
#[derive(Debug)]
pub(crate) struct Rest {
    /// The set hash that the hub has, and the newest revision.
    pub(crate) hub: (Digest, u64),
    pub(crate) servers: Vec<Resting>,
}

/// A server at rest.
#[derive(Debug)]
pub(crate) struct Resting {
    pub(crate) server: u8,
    pub(crate) revision: u64,
    pub(crate) epoch: u64,
    pub(crate) waiting: u64,
    /// Whether it says that it holds everything.
    pub(crate) is_complete: bool,
    /// The set hash that it says.
    pub(crate) commitment: Digest,
    /// The set hash of what is on its disk.
    pub(crate) on_disk: Option<Digest>,
    /// Version and first name, by account.
    pub(crate) people: BTreeMap<String, (u64, Option<String>)>,
}

impl History {
    pub(crate) fn acknowledge(&mut self, name: &str, version: u64) {
        let known = self.acknowledged.entry(name.into()).or_default();
        *known = version.max(*known);
    }

    pub(crate) fn answered(&mut self, name: &str, id: String, secret: [u8; 32]) {
        let answers = self.secrets.entry(name.into()).or_default();
        answers.insert((id, secret));
    }

    /// A server has this in its outbox, in place of what it had there of the account.
    pub(crate) fn kept(&mut self, name: &str, server: u8, first: String) {
        let kept = self.updates.entry(name.into()).or_default();
        if let Some(earlier) = kept.insert(server, first) {
            // It may have been sent before, and the later one may say the same as another server.
            self.attempts
                .entry(name.into())
                .or_default()
                .insert(earlier);
        }
    }

    /// What waits at a server that was revoked is never sent.
    pub(crate) fn revoked(&mut self, server: u8) {
        for (name, kept) in &mut self.updates {
            if let Some(lost) = kept.remove(&server) {
                self.attempts.entry(name.clone()).or_default().insert(lost);
            }
        }
    }
}
