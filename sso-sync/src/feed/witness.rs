//! What other servers hold, heard of without the hub.

use super::memory::Memorized;
use super::{Follower, Refusal, Step};
use crate::chain::FeedMark;
use crate::store::Seq;

impl Follower {
    pub(super) fn on_witness(&mut self, mark: FeedMark) -> Result<Step, Refusal> {
        let after = self.head.mark.seq;
        if mark.seq <= self.settled {
            return Ok(Step::Known);
        }
        if mark.seq <= after {
            return match self.memory.compare(&mark) {
                Memorized::Other => Err(Refusal::Fork { at: mark.seq }),
                Memorized::Same | Memorized::Unknown => Ok(Step::Known),
            };
        }
        match self.witnessed.get(&mark.seq) {
            Some(hash) if *hash != mark.hash => Err(Refusal::Fork { at: mark.seq }),
            _ => {
                self.witnessed.insert(mark.seq, mark.hash);
                while self.witnessed.len() > MAX_WITNESSES {
                    self.witnessed.pop_first();
                }
                Ok(Step::FetchFeed { after })
            }
        }
    }

    /// Forgets what others told of places beyond this server's head, as one of them was revoked: who
    /// still belongs to the domain tells it again.
    pub(crate) fn forget_witnesses(&mut self) {
        self.witnessed.clear();
    }

    /// Whether other servers hold the same batch.
    pub(super) fn check_witnesses(&self, first: Seq, mark: &FeedMark) -> Result<(), Refusal> {
        let mut seen = self.witnessed.range(first..=mark.seq);
        match seen.find(|(seq, hash)| **seq != mark.seq || **hash != mark.hash) {
            Some((at, _)) => Err(Refusal::Fork { at: *at }),
            None => Ok(()),
        }
    }
}

/// Others' heads that are waited for.
const MAX_WITNESSES: usize = 64;
