//! Why a call has no result.

use std::time::Duration;

use http::StatusCode;

use crate::link::LinkError;
use crate::wire::{Code, Problem, WireError};

/// Why a call has no result.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// There is no answer.
    #[error(transparent)]
    Link(#[from] LinkError),

    /// The hub answers what no hub may: a defect of the hub, or a newer version than this program
    /// can speak with.
    #[error(
        "the answer of the hub is none that this program knows ({0}): this is a defect of the hub, \
         or its version does not fit; compare the versions and update the older one"
    )]
    Malformed(#[from] WireError),

    /// The hub says no. The words are its own, and nothing to rely on.
    #[error("the hub says: {} ({})", printable(&.0.detail), .0.code.text())]
    Problem(Problem),

    /// Something on the way has answered in place of the hub: a proxy, a load balancer, or
    /// another program at this address.
    #[error(
        "something that is not the hub answers at its address (status {0}): check the address, and \
         what stands in front of the hub"
    )]
    Stranger(StatusCode),
}

impl CallError {
    /// Whether the same call may work later without anybody mending anything.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        match self {
            Self::Link(error) => error.is_worth_retrying(),
            Self::Malformed(_) => false,
            Self::Problem(problem) => TRANSIENT.contains(&problem.code),
            Self::Stranger(status) => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
        }
    }

    /// The code of what the hub says is wrong; `None` if it says nothing.
    #[must_use]
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Link(_) | Self::Malformed(_) | Self::Stranger(_) => None,
        }
    }

    /// When the hub wants to be asked again; `None` if it does not say.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Problem(problem) if problem.retry_after > 0 => {
                Some(Duration::from_secs(problem.retry_after))
            }
            _ => None,
        }
    }
}

impl From<Problem> for CallError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What a stranger wrote, without anything that would move the cursor of a terminal.
fn printable(text: &str) -> String {
    let printable = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    text.chars().map(printable).collect()
}

const TRANSIENT: &[Code] = &[
    Code::Busy,
    Code::ReplayedRequest,
    Code::Unavailable,
    Code::Unknown,
    Code::UnknownSession,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_hub_move_no_cursor() {
        let problem = Problem::new(Code::Conflict).because("first\u{1b}[2J\nsecond");
        assert_eq!(
            CallError::from(problem).to_string(),
            "the hub says: first\u{fffd}[2J\u{fffd}second (conflict)"
        );
    }

    #[test]
    fn what_passes_by_itself_is_worth_another_try() {
        let busy = CallError::from(Problem::new(Code::Busy).retry_after(3));
        assert!(busy.is_worth_retrying());
        assert_eq!(busy.retry_after(), Some(Duration::from_secs(3)));
        assert!(CallError::Stranger(StatusCode::BAD_GATEWAY).is_worth_retrying());
        for lasting in [
            CallError::from(Problem::new(Code::Revoked)),
            CallError::from(WireError::Malformed),
            CallError::Stranger(StatusCode::NOT_FOUND),
        ] {
            assert!(!lasting.is_worth_retrying(), "{lasting}");
            assert_eq!(lasting.retry_after(), None);
        }
    }
}
