//! Two histories of the domain, as commands show them.

use serde::{Deserialize, Serialize};
use sso_core::UnixTime;
use sso_sync::driver::{ForkReport as NodeFork, Settled, SideOf};

use super::report::Moment;

/// Whether two histories exist, and what is known of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct ForkReport {
    /// What forked: `fork` for users, `chain-fork` for the authority chain; nothing if all is well.
    pub code: Option<String>,
    /// From which place of the user feed on, if that is known.
    pub at: Option<u64>,
    /// When this server found it.
    pub since: Option<Moment>,
    /// Where this server ends.
    pub here: u64,
    /// The hash of its last batch.
    pub here_hash: String,
    /// Where the hub ends; nothing if it does not answer.
    pub hub: Option<u64>,
    /// Whether hub and server hold the same history; nothing if that cannot be told.
    pub hub_is_here: Option<bool>,
    /// What the other servers hold, as they told last.
    pub servers: Vec<SideLine>,
    /// Records that only this server has; nothing as long as there is one history.
    pub only_here: Option<u64>,
    /// Records that only the hub has; nothing as long as there is one history.
    pub only_at_hub: Option<u64>,
    /// Records that both have in another state; nothing as long as there is one history.
    pub different: Option<u64>,
    /// What came of taking over the history of the hub.
    pub settled: Option<SettledReport>,
}

/// Which history another server holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct SideLine {
    /// Its name.
    pub name: String,
    /// Where it ends; nothing if it was never heard.
    pub at: Option<u64>,
    /// The hash of its last batch.
    pub hash: Option<String>,
    /// When it was heard last.
    pub seen: Option<Moment>,
    /// Whether it holds what this server holds; nothing if that cannot be told.
    pub same: Option<bool>,
}

/// What came of taking over the history of the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "made by whoever runs a server")]
pub struct SettledReport {
    /// Whether everything is done.
    pub done: bool,
    /// Records that only this server had, and that the domain has now.
    pub taken: u64,
    /// Records of which the domain keeps what the hub had, though this server had something else.
    pub clashing: u64,
    /// Whose they are: the first thousand.
    pub clashes: Vec<String>,
    /// Records that this server could not open.
    pub unopened: u64,
}

impl ForkReport {
    /// What a node says.
    #[must_use]
    pub fn of_node(fork: &NodeFork) -> Self {
        let differences = |at: usize| Some(*fork.differences?.get(at)?);
        Self {
            code: fork.code.map(Into::into),
            at: fork.fork.and_then(|it| Some(it.at?.number())),
            since: fork.fork.map(|it| Moment(UnixTime::from_secs(it.since))),
            here: fork.here.seq.number(),
            here_hash: fork.here.hash.to_string(),
            hub: fork.hub.map(|it| it.number()),
            hub_is_here: fork.hub_is_here,
            servers: fork.servers.iter().map(SideLine::of).collect(),
            only_here: differences(0),
            only_at_hub: differences(1),
            different: differences(2),
            settled: fork.settled.as_ref().map(SettledReport::of),
        }
    }
}

impl SideLine {
    fn of(side: &SideOf) -> Self {
        Self {
            name: side.name.clone(),
            at: side.at.map(|it| it.seq.number()),
            hash: side.at.map(|it| it.hash.to_string()),
            seen: side.last_seen.map(Moment),
            same: side.is_here,
        }
    }
}

impl SettledReport {
    fn of(settled: &Settled) -> Self {
        let clashes = settled.clashes.iter();
        let named = |it: &sso_sync::driver::Clash| {
            let account = it.account.clone();
            account.unwrap_or_else(|| it.id.to_string())
        };
        Self {
            done: settled.is_done,
            taken: settled.taken,
            clashing: settled.clashing,
            clashes: clashes.map(named).collect(),
            unopened: settled.unopened,
        }
    }
}
