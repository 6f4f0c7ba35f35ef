//! One example of every message.

mod codes;
mod form;
mod properties;
mod requests;

use bytes::Bytes;

use super::*;
use crate::Digest;
use crate::chain::FeedMark;
use crate::chain::tests::{hex, keys};
use crate::seal::MemberId;
use crate::store::{DomainId, Record, RecordId, Seq, Stored};

fn beat() -> BeatBody {
    BeatBody {
        format: BeatBody::FORMAT,
        suite: BeatBody::SUITE,
        domain: DOMAIN,
        node: keys(1).id(),
        counter: 7,
        head: FeedMark {
            seq: Seq::new(300),
            hash: Digest::new([2; 32]),
        },
        chain: ChainMark {
            position: 4,
            hash: Digest::new([3; 32]),
        },
        heard: vec![Heard {
            node: MemberId::new([9; 16]),
            counter: 6,
        }],
        sealed: SealedStatus {
            suite: 1,
            nonce: [4; 12],
            ciphertext: Bytes::from_static(b"sealed"),
        },
    }
}

fn record() -> Record {
    Record {
        id: RecordId::new([5; 32]),
        body: Bytes::from_static(b"body"),
    }
}

fn stored() -> Stored {
    Stored {
        seq: Seq::new(300),
        record: record(),
    }
}

/// A body and a signature of the right form.
fn signed() -> Signed {
    let bytes = [vec![0x82, 0x41, 0x07, 0x58, 64], vec![6; 64]].concat();
    Signed::parse(&bytes).unwrap()
}

const DOMAIN: DomainId = DomainId::new([1; 32]);
const SESSION: SessionId = SessionId::new([8; 32]);
