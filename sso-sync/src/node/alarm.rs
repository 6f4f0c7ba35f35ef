//! Why a server writes nothing.

use crate::{chain, feed};

/// What a hub, or a server, did that does not count. Nothing is written until it is settled; users
/// go on signing in.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// A statement of the authority chain.
    #[error("a statement of the authority chain is refused: {0}")]
    Chain(#[source] chain::Refusal),
    /// A batch, or what the hub says about its head.
    #[error("{0}")]
    Feed(#[source] feed::Refusal),
}

impl Alarm {
    /// The word for it, in beats and for scripts; it never changes.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Chain(refusal) => refusal.code(),
            Self::Feed(refusal) => refusal.code(),
        }
    }

    /// Who is to blame.
    #[must_use]
    pub const fn blame(&self) -> feed::Blame {
        match self {
            Self::Chain(refusal) if refusal.is_newer() => feed::Blame::Nobody,
            Self::Chain(_) => feed::Blame::Hub,
            Self::Feed(refusal) => refusal.blame(),
        }
    }

    /// Who is to blame, as beats tell it: `hub`, `nobody`, or the id of a server.
    #[must_use]
    pub fn blame_word(&self) -> String {
        match self.blame() {
            feed::Blame::Hub => "hub".into(),
            feed::Blame::Nobody => "nobody".into(),
            feed::Blame::Writer(writer) => writer.to_string(),
        }
    }

    /// Whether two histories exist: it stays until a person decides.
    #[must_use]
    pub const fn is_fork(&self) -> bool {
        match self {
            Self::Chain(refusal) => matches!(refusal, chain::Refusal::WrongPrevious),
            Self::Feed(refusal) => refusal.is_fork(),
        }
    }

    /// Whether nothing is wrong but the age of this program.
    #[must_use]
    pub const fn is_newer(&self) -> bool {
        match self {
            Self::Chain(refusal) => refusal.is_newer(),
            Self::Feed(refusal) => matches!(refusal, feed::Refusal::NewerFormat),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::MemberId;
    use crate::store::Seq;

    #[test]
    fn every_alarm_names_who_is_to_blame() {
        let writer = MemberId::new([7; 16]);
        let wrong_set = Alarm::Feed(feed::Refusal::WrongSet { writer });
        assert_eq!(wrong_set.blame_word(), writer.to_string());
        let forged = Alarm::Chain(chain::Refusal::ForgedSignature);
        assert_eq!(forged.blame_word(), "hub");
        let newer = Alarm::Chain(chain::Refusal::NewerKind);
        assert_eq!(newer.blame_word(), "nobody");
    }

    #[test]
    fn two_histories_are_a_fork_in_either_log() {
        assert!(Alarm::Chain(chain::Refusal::WrongPrevious).is_fork());
        assert!(Alarm::Feed(feed::Refusal::Fork { at: Seq::START }).is_fork());
        assert!(!Alarm::Feed(feed::Refusal::WrongRecords).is_fork());
    }
}
