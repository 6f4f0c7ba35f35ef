//! Servers that are shown different histories find out, by the browsers that move between them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sso_core::session::History;
use tokio::sync::Notify;

use crate::cbor;
use crate::chain::FeedMark;
use crate::driver::Node;
use crate::store::Seq;

/// A [`History`] whose mark is the end of the feed that this server holds.
///
/// The mark is sealed into the session with everything else, so it comes from a server of the
/// domain. A hub that shows two servers different feeds is found as soon as a browser moves from one
/// to the other: the node stops writing, and says so, until a person decides.
#[derive(Debug)]
pub struct SharedHistory {
    node: Node,
    seen: Mutex<Seen>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    /// The newest that were looked at or will be.
    known: VecDeque<FeedMark>,
    /// Those to look at.
    next: VecDeque<FeedMark>,
}

impl SharedHistory {
    /// The history of this node.
    #[must_use]
    pub fn new(node: Node) -> Self {
        Self {
            node,
            seen: Mutex::default(),
            news: Notify::new(),
        }
    }

    /// Compares what browsers bring with what is held, for as long as it runs: a host gives it a
    /// task of its own.
    pub async fn compare(&self) {
        loop {
            self.news.notified().await;
            while let Some(mark) = self.next() {
                // The node remembers an alarm, and tells it.
                let _ = self.node.witness(mark).await;
            }
        }
    }

    fn next(&self) -> Option<FeedMark> {
        self.seen().next.pop_front()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History for SharedHistory {
    fn mark(&self) -> Option<String> {
        let head = self.node.status().borrow().head;
        (head.seq != Seq::START).then(|| BASE64_URL_SAFE_NO_PAD.encode(cbor::encode(&head)))
    }

    fn saw(&self, mark: &str) {
        let Some(mark) = parse(mark) else {
            return;
        };
        if self.seen().take(mark) {
            self.news.notify_one();
        }
    }
}

impl Seen {
    /// Whether it is new.
    fn take(&mut self, mark: FeedMark) -> bool {
        let is_new = !self.known.contains(&mark);
        if is_new {
            keep(&mut self.known, mark);
            keep(&mut self.next, mark);
        }
        is_new
    }
}

fn keep(marks: &mut VecDeque<FeedMark>, mark: FeedMark) {
    marks.push_back(mark);
    if marks.len() > MOST_MARKS {
        marks.pop_front();
    }
}

fn parse(mark: &str) -> Option<FeedMark> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(mark).ok()?;
    cbor::decode(&bytes).ok()
}

/// What comes with every request is looked at once, and never takes much room.
const MOST_MARKS: usize = 64;

#[cfg(test)]
mod tests {
    use sso_core::session::MAX_MARK_BYTES;

    use super::*;
    use crate::Digest;

    #[test]
    fn the_longest_mark_is_carried() {
        let longest = FeedMark {
            seq: Seq::new(u64::MAX),
            hash: Digest::new([0xff; 32]),
        };
        let mark = BASE64_URL_SAFE_NO_PAD.encode(cbor::encode(&longest));
        assert!(mark.len() <= MAX_MARK_BYTES, "{}", mark.len());
        assert_eq!(parse(&mark), Some(longest));
        assert_eq!(parse("no mark"), None);
    }

    #[test]
    fn a_mark_is_looked_at_once_and_many_take_bounded_room() {
        let mark = |number| FeedMark {
            seq: Seq::new(number),
            hash: Digest::new([1; 32]),
        };
        let mut seen = Seen::default();
        assert!(seen.take(mark(1)));
        assert!(!seen.take(mark(1)));
        for number in 2..200 {
            seen.take(mark(number));
        }
        assert_eq!((seen.known.len(), seen.next.len()), (64, 64));
        assert_eq!(seen.next.back(), Some(&mark(199)));
    }
}
