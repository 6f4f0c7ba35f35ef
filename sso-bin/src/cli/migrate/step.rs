//! A step of a plan.

use serde::Serialize;

/// A step, and whether it is done.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// A word that never changes.
    id: &'static str,
    state: State,
    /// What was found.
    found: String,
    /// Who has to do something.
    who: Option<&'static str>,
    /// What.
    todo: Option<String>,
}

/// How a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Nothing is left to do.
    Done,
    /// Somebody has to do something.
    Open,
    /// It comes by itself, or an earlier step comes first.
    Waiting,
}

impl Step {
    pub(super) fn done(id: &'static str, found: impl Into<String>) -> Self {
        Self {
            id,
            state: State::Done,
            found: found.into(),
            who: None,
            todo: None,
        }
    }

    pub(super) fn open(
        id: &'static str,
        found: impl Into<String>,
        who: &'static str,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            id,
            state: State::Open,
            found: found.into(),
            who: Some(who),
            todo: Some(todo.into()),
        }
    }

    pub(super) fn waiting(id: &'static str, found: impl Into<String>) -> Self {
        Self {
            state: State::Waiting,
            ..Self::done(id, found)
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    pub(super) fn text(&self) -> String {
        let mark = match self.state {
            State::Done => "x",
            State::Open => " ",
            State::Waiting => ".",
        };
        let mut text = format!("  [{mark}] {:<14} {}\n", self.id, self.found);
        if let (Some(who), Some(todo)) = (self.who, &self.todo) {
            text += &format!("{:21}{who}: {todo}\n", "");
        }
        text
    }
}

/// Whoever gives the command.
pub(super) const YOU: &str = "you";
/// Who runs the load balancer.
pub(super) const LOAD_BALANCER: &str = "administrator of the load balancer";
/// Who decides where names lead.
pub(super) const DNS: &str = "administrator of DNS";
/// Who has certificates.
pub(super) const CERTIFICATES: &str = "whoever issues certificates";
