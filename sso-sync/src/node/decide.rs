//! What becomes of a change, given what is live.

use super::Held;
use crate::seal::Content;

/// What becomes of a change of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is there already, perhaps since the answer to an earlier attempt was lost.
    Done,
    /// Something else came first.
    Other,
    /// It is to be written as this version.
    Write(u64),
}

impl Verdict {
    /// What becomes of the state `content` that is to follow version `after`.
    pub(crate) fn of(live: Option<&Held>, after: u64, content: &Content) -> Self {
        let (version, held) = live.map_or((0, None), |it| (it.version, Some(&it.content)));
        let next = after.saturating_add(1);
        if version == next && held == Some(content) {
            return Self::Done;
        }
        let fits = held.is_none_or(|held| held.may_become(content));
        if version == after && fits {
            return Self::Write(next);
        }
        Self::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_user_is_the_first_state() {
        assert_eq!(Verdict::of(None, 0, &removed(1)), Verdict::Write(1));
        assert_eq!(Verdict::of(None, 1, &removed(1)), Verdict::Other);
    }

    #[test]
    fn what_another_server_wrote_first_is_not_overwritten() {
        let live = held(1, 1);
        assert_eq!(Verdict::of(Some(&live), 0, &removed(2)), Verdict::Other);
        assert_eq!(Verdict::of(Some(&live), 1, &removed(1)), Verdict::Write(2));
    }

    #[test]
    fn what_is_there_already_is_done() {
        let live = held(1, 1);
        assert_eq!(Verdict::of(Some(&live), 0, &removed(1)), Verdict::Done);
    }

    #[test]
    fn a_user_does_not_become_another_one() {
        let live = held(1, 1);
        assert_eq!(Verdict::of(Some(&live), 1, &removed(2)), Verdict::Other);
    }

    fn held(version: u64, user: u8) -> Held {
        Held {
            version,
            content: removed(user),
        }
    }

    fn removed(user: u8) -> Content {
        Content::removed(&[user; 16], 1)
    }
}
