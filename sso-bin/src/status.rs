//! How the server is, in the words of the console.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sso_core::StoreError;
use sso_sync::local::Frozen;
use sso_sync::node::NodeStatus;

/// The one-word answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// There is no identity provider that could sign anybody in.
    #[serde(rename = "Not Configured Yet")]
    NotConfiguredYet,
    /// People can sign in.
    Running,
    /// People cannot sign in.
    Stopped,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConfiguredYet => "Not Configured Yet",
            Self::Running => "Running",
            Self::Stopped => "Stopped",
        })
    }
}

/// What `GET /ping` answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// `"Loaded"`, or `"Outdated"` if a newer configuration was refused.
    pub configuration: String,
    /// Revision of the shared configuration; nothing without a hub.
    pub sync_revision: Option<u64>,
    /// State of the replication: `"Off"` without a hub.
    pub sync: String,
    /// Whether sign-ins are possible.
    pub sso: State,
    /// The same, for those who look for this name.
    pub status: State,
    /// Why, unless it is `Running` without a blemish.
    pub reason: Option<String>,
    /// `"Open"` while servers of two versions work together; nothing otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<String>,
    /// `"announced"` or `"confirmed"` if somebody wants the domain deleted; else it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<String>,
}

impl Status {
    pub(crate) fn new(outdated: bool, state: State, reason: Option<String>) -> Self {
        Self {
            configuration: if outdated { "Outdated" } else { "Loaded" }.into(),
            sync_revision: None,
            sync: "Off".into(),
            sso: state,
            status: state,
            reason,
            upgrade: None,
            deletion: None,
        }
    }

    /// The same of a server that belongs to a domain.
    pub(crate) fn in_step(mut self, node: &NodeStatus) -> Self {
        self.sync_revision = (node.revision > 0).then_some(node.revision);
        self.sync = node.phase.word().into();
        self.upgrade = (!node.policy.is_pinned()).then(|| "Open".into());
        self.deletion = node.ending.as_ref().map(|ending| match ending.confirmed {
            Some(_) => "confirmed".into(),
            None => "announced".into(),
        });
        self
    }
}

/// Something that can be asked whether it still keeps what it was given.
#[async_trait]
pub trait Storage: fmt::Debug + Send + Sync + 'static {
    /// Asks a small question.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if there is no answer.
    async fn health(&self) -> Result<(), StoreError>;

    /// Why it changes no user, if a newer program wrote it.
    fn frozen(&self) -> Option<&Frozen> {
        None
    }
}
