//! What other servers tell about themselves.

use std::collections::BTreeMap;

use sso_core::UnixTime;

use crate::chain::{Chain, FeedMark, Role};
use crate::seal::MemberId;
use crate::wire::{Beat, BeatBody, Heard};

/// The last beat of every other server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hearing(BTreeMap<MemberId, HeardBeat>);

/// A beat, and when it was first seen here.
#[derive(Clone, Debug)]
pub(crate) struct HeardBeat {
    /// What it says; its server signed it.
    pub(crate) body: BeatBody,
    /// When it was first seen here.
    pub(crate) seen: UnixTime,
}

/// What follows from a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// It is not one of a server of the domain, or it is an older one.
    Nothing,
    /// Another server shows another authority chain.
    OtherChain,
    /// It holds this batch.
    Witness(FeedMark),
}

impl Hearing {
    /// Takes in a beat that a hub shows.
    pub(crate) fn take(&mut self, chain: &Chain, beat: &Beat, now: UnixTime) -> News {
        let body = beat.body();
        if body.domain != chain.domain() || !is_signed(chain, beat) {
            return News::Nothing;
        }
        let known = self.0.get(&body.node).map(|it| it.body.counter);
        if known.is_some_and(|known| known >= body.counter) {
            return News::Nothing;
        }
        let heard = HeardBeat {
            body: body.clone(),
            seen: now,
        };
        self.0.insert(body.node, heard);
        let here = chain.hash_at(body.chain.position);
        if here.is_some_and(|here| here != body.chain.hash) {
            return News::OtherChain;
        }
        News::Witness(body.head)
    }

    /// What a beat tells of the others.
    pub(crate) fn counters(&self) -> Vec<Heard> {
        let heard = self.0.iter().map(|(node, heard)| Heard {
            node: *node,
            counter: heard.body.counter,
        });
        heard.collect()
    }

    /// The last beat of a server.
    pub(crate) fn of(&self, node: MemberId) -> Option<&HeardBeat> {
        self.0.get(&node)
    }

    /// The last beat of every server.
    pub(crate) fn all(&self) -> impl Iterator<Item = &HeardBeat> {
        self.0.values()
    }

    /// Forgets servers that do not belong to the domain any more.
    pub(crate) fn forget_revoked(&mut self, chain: &Chain) {
        let is_there = |node: &MemberId| {
            chain
                .standing(*node)
                .is_some_and(|it| it.revoked().is_none())
        };
        self.0.retain(|node, _| is_there(node));
    }
}

fn is_signed(chain: &Chain, beat: &Beat) -> bool {
    let standing = chain.standing(beat.body().node);
    let node = standing.filter(|it| it.revoked().is_none());
    let node = node.filter(|it| matches!(it.role(), Role::Node { .. }));
    node.is_some_and(|it| beat.is_signed_by(it.member()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;
    use crate::chain::tests::keys;
    use crate::feed::tests::TestFeed;
    use crate::wire::{ChainMark, SealedStatus};

    #[test]
    fn a_newer_beat_of_a_server_counts_and_an_older_one_does_not() {
        let chain = chain();
        let mut hearing = Hearing::default();
        let news = |hearing: &mut Hearing, counter| {
            hearing.take(&chain, &beat(&chain, 2, counter, chain.head().1), NOW)
        };
        let witness = News::Witness(FeedMark::start(&chain.domain()));
        assert_eq!(news(&mut hearing, 5), witness);
        assert_eq!(news(&mut hearing, 5), News::Nothing);
        assert_eq!(news(&mut hearing, 4), News::Nothing);
        assert_eq!(news(&mut hearing, 6), witness);
        assert_eq!(hearing.counters().len(), 1);
    }

    #[test]
    fn strangers_are_not_heard() {
        let chain = chain();
        let mut hearing = Hearing::default();
        let stranger = beat(&chain, 9, 1, chain.head().1);
        assert_eq!(hearing.take(&chain, &stranger, NOW), News::Nothing);
        assert!(hearing.counters().is_empty());
    }

    #[test]
    fn another_chain_is_noticed() {
        let chain = chain();
        let other = beat(&chain, 2, 1, Digest::ZERO);
        let news = Hearing::default().take(&chain, &other, NOW);
        assert_eq!(news, News::OtherChain);
    }

    fn chain() -> Chain {
        TestFeed::with([1]).domain.chain
    }

    fn beat(chain: &Chain, number: u8, counter: u64, hash: Digest) -> Beat {
        let body = BeatBody {
            format: BeatBody::FORMAT,
            suite: BeatBody::SUITE,
            domain: chain.domain(),
            node: keys(number).id(),
            counter,
            head: FeedMark::start(&chain.domain()),
            chain: ChainMark {
                position: chain.head().0,
                hash,
            },
            heard: Vec::new(),
            sealed: SealedStatus {
                suite: 1,
                nonce: [0; 12],
                ciphertext: bytes::Bytes::new(),
            },
        };
        Beat::parse(Beat::sign(&body, &keys(number)).bytes()).unwrap()
    }

    const NOW: UnixTime = UnixTime::from_secs(1_800_000_000);
}
