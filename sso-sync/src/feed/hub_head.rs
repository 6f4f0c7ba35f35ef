//! Where a hub says that both logs end.

use minicbor::{Decode, Encode};

use super::check::{check_signed, mark_of};
use super::memory::Memorized;
use super::{Envelope, Follower, Refusal, Step};
use crate::chain::{Chain, FeedMark};
use crate::store::Seq;
use crate::{Digest, cbor};

/// What a hub says about the ends of both logs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct HubHead {
    /// How many statements the chain has.
    #[n(0)]
    pub statements: u64,
    /// The hash of the last.
    #[n(1)]
    pub chain: Digest,
    /// Place of the last record.
    #[n(2)]
    pub seq: Seq,
    /// The envelope of the last batch; empty if there is none.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub envelope: Vec<u8>,
    /// The feed is readable after this place only.
    #[n(4)]
    pub compacted: Seq,
}

impl HubHead {
    /// Reads a head.
    ///
    /// # Errors
    ///
    /// [`Refusal::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        cbor::decode(bytes).map_err(|_| Refusal::Malformed)
    }

    /// As it is sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// The end of the feed, if a server of the domain signed it; `None` if the chain has to be
    /// fetched first.
    ///
    /// # Errors
    ///
    /// A [`Refusal`].
    pub(crate) fn believed_mark(&self, chain: &Chain) -> Result<Option<FeedMark>, Refusal> {
        if self.seq == Seq::START {
            let hash = Digest::new(*chain.domain().as_bytes());
            return Ok(Some(FeedMark {
                seq: self.seq,
                hash,
            }));
        }
        let envelope = Envelope::parse(&self.envelope)?;
        if check_signed(chain.domain(), chain, &envelope)?.is_some() {
            return Ok(None);
        }
        let mark = mark_of(&envelope);
        if mark.seq != self.seq {
            return Err(Refusal::Malformed);
        }
        Ok(Some(mark))
    }

    /// Where the feed ends, if a server that belongs to the domain still says so.
    pub(crate) fn standing_end(&self, chain: &Chain) -> Option<Seq> {
        self.check_writer(chain).ok()?;
        Some(self.believed_mark(chain).ok()??.seq)
    }

    /// Whether the writer of the last batch is a server of the domain still. One that was revoked
    /// may state any older place of the chain, so that what it states proves nothing where there is
    /// no history before it to compare; a batch of another server on top of it does.
    ///
    /// # Errors
    ///
    /// [`Refusal::RevokedWriter`]; [`Refusal::Malformed`].
    pub(crate) fn check_writer(&self, chain: &Chain) -> Result<(), Refusal> {
        if self.seq == Seq::START {
            return Ok(());
        }
        let writer = Envelope::parse(&self.envelope)?.writer();
        let standing = chain.standing(writer);
        match standing.is_some_and(|it| it.revoked().is_some()) {
            true => Err(Refusal::RevokedWriter { writer }),
            false => Ok(()),
        }
    }
}

impl Follower {
    pub(super) fn on_head(&self, chain: &Chain, head: &HubHead) -> Result<Step, Refusal> {
        if let Some(step) = compare_chains(chain, head)? {
            return Ok(step);
        }
        let mine = self.head.mark.seq;
        if head.seq == Seq::START {
            return self.level_or(head.seq, Step::SendFeed { after: head.seq });
        }
        let envelope = Envelope::parse(&head.envelope)?;
        if let Some(step) = check_signed(self.domain, chain, &envelope)? {
            return Ok(step);
        }
        let mark = mark_of(&envelope);
        if mark.seq != head.seq {
            return Err(Refusal::Malformed);
        }
        if head.seq > mine {
            return Ok(if head.compacted > mine {
                Step::TakeSnapshot
            } else {
                Step::FetchFeed { after: mine }
            });
        }
        if self.memory.compare(&mark) == Memorized::Other {
            return Err(Refusal::Fork { at: mark.seq });
        }
        self.level_or(head.seq, Step::SendFeed { after: head.seq })
    }
    /// What follows if the hub ends at `told`, which this server holds.
    fn level_or(&self, told: Seq, behind: Step) -> Result<Step, Refusal> {
        if told != self.head.mark.seq {
            return Ok(behind);
        }
        match self.witnessed.keys().next_back() {
            Some(seen) => Err(Refusal::Withheld { seen: *seen, told }),
            None => Ok(Step::Wait),
        }
    }
}

fn compare_chains(chain: &Chain, head: &HubHead) -> Result<Option<Step>, Refusal> {
    if head.statements > chain.len() {
        let from = chain.len();
        return Ok(Some(Step::FetchChain { from }));
    }
    let Some(last) = head.statements.checked_sub(1) else {
        return Ok(Some(Step::SendChain { from: 0 }));
    };
    if chain.hash_at(last) != Some(head.chain) {
        return Err(Refusal::ChainFork);
    }
    let from = head.statements;
    Ok((from < chain.len()).then_some(Step::SendChain { from }))
}
