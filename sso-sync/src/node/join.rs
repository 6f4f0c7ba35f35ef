//! Whether to follow the feed or to join at its head.

use crate::store::Seq;

/// How a server comes to the head of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Batch by batch: afterwards it holds everything that it held before, and what is new.
    Follow,
    /// At once: it proves parts until it is filled.
    Join,
}

impl Way {
    /// The way from `mine` to `theirs`. A server that holds something follows as long as it can;
    /// a fresh one joins if that is more than `fill_beyond` records.
    pub(crate) const fn choose(mine: Seq, theirs: Seq, compacted: Seq, fill_beyond: u64) -> Self {
        let distance = theirs.number().saturating_sub(mine.number());
        let is_fresh = mine.number() == 0;
        if compacted.number() > mine.number() || (is_fresh && distance > fill_beyond) {
            return Self::Join;
        }
        Self::Follow
    }
}

/// From how many records on a fresh server joins and is filled: fewer are followed in a moment.
pub(crate) const FILL_BEYOND: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_server_joins_if_there_is_much() {
        assert_eq!(choose(0, 100, 0), Way::Follow);
        assert_eq!(choose(0, 101, 0), Way::Join);
    }

    #[test]
    fn a_server_that_holds_something_follows_as_long_as_the_feed_reaches_back() {
        assert_eq!(choose(1, 1_000_000, 1), Way::Follow);
        assert_eq!(choose(1, 1_000_000, 2), Way::Join);
    }

    fn choose(mine: u64, theirs: u64, compacted: u64) -> Way {
        let [mine, theirs, compacted] = [mine, theirs, compacted].map(Seq::new);
        Way::choose(mine, theirs, compacted, 100)
    }
}
