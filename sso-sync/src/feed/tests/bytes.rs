//! The bytes of every type that is sent or kept: changing them is a visible decision.

use super::*;
use crate::cbor;
use crate::chain::tests::hex;
use crate::seal::MemberId;
use crate::store::DomainId;

#[test]
fn the_bytes_of_an_envelope_are_the_documented_ones() {
    let envelope = Envelope::sign(&stated(), &keys(1));
    insta::assert_snapshot!(hex(&envelope), @"8258c58d0101582001010101010101010101010101010101010101010101010101010101010101015820020202020202020202020202020202020202020202020202020202020202020205065820030303030303030303030303030303030303030303030303030303030303030358200404040404040404040404040404040404040404040404040404040404040404090101500505050505050505050505050505050582035820060606060606060606060606060606060606060606060606060606060606060658409662aafd71283738b2c062dd7992c9be892c7bdfd765ed7315302bd1d2ebb812c111998a56f91aa807c458149aa403747fc628b625fa86969706f1faf944ba05");
    let read = Envelope::parse(&envelope).unwrap();
    assert_eq!(read.stated(), &stated());
    assert_eq!(read.places(), (Seq::new(5), Seq::new(6)));
    assert_eq!(read.set(), (Digest::new([4; 32]), 9));
    insta::assert_snapshot!(read.hash(), @"edc83b273051582bf617f686201abfc0ae76acdf600dd9f37258da7c69cbd744");
}

#[test]
fn the_largest_envelope_fits() {
    let mut stated = stated();
    for number in [&mut stated.live, &mut stated.epoch, &mut stated.schema] {
        *number = u64::MAX;
    }
    stated.chain.position = u64::MAX;
    (stated.first, stated.last) = (Seq::new(u64::MAX), Seq::new(u64::MAX));
    let envelope = Envelope::sign(&stated, &keys(1));
    assert!(Envelope::parse(&envelope).is_ok(), "{}", envelope.len());
}

#[test]
fn the_bytes_of_a_head_are_the_documented_ones() {
    let head = HubHead {
        statements: 3,
        chain: Digest::new([1; 32]),
        seq: Seq::new(70_000),
        envelope: vec![0xaa; 2],
        compacted: Seq::START,
    };
    insta::assert_snapshot!(hex(&head.bytes()), @"8503582001010101010101010101010101010101010101010101010101010101010101011a0001117042aaaa00");
    assert_eq!(HubHead::parse(&head.bytes()), Ok(head));
    assert_eq!(HubHead::parse(b"hello"), Err(Refusal::Malformed));
}

#[test]
fn the_bytes_of_a_kept_head_are_the_documented_ones() {
    let head = FeedHead {
        mark: FeedMark {
            seq: Seq::new(6),
            hash: Digest::new([1; 32]),
        },
        commitment: Digest::new([2; 32]),
        live: 5,
        chain: 4,
    };
    let bytes = cbor::encode(&head);
    insta::assert_snapshot!(hex(&bytes), @"84820658200101010101010101010101010101010101010101010101010101010101010101582002020202020202020202020202020202020202020202020202020202020202020504");
    assert_eq!(cbor::decode(&bytes), Ok(head));
}

#[test]
fn a_kept_bucket_is_its_count_and_its_sum() {
    let mut set = SetHash::empty();
    assert_eq!(set.state(7).unwrap(), vec![0; 2056]);
    set.insert(&id(7), &Digest::ZERO);
    let state = set.state(7).unwrap();
    assert_eq!(state[..8], [0, 0, 0, 0, 0, 0, 0, 1]);
    insta::assert_snapshot!(hex(&state[8..24]), @"47428b06314fbdf5994f8e8733b244c8");
}

fn stated() -> Stated {
    Stated {
        format: 1,
        suite: 1,
        domain: DomainId::new([1; 32]),
        previous: Digest::new([2; 32]),
        first: Seq::new(5),
        last: Seq::new(6),
        records: Digest::new([3; 32]),
        commitment: Digest::new([4; 32]),
        live: 9,
        epoch: 1,
        schema: 1,
        writer: MemberId::new([5; 16]),
        chain: envelope::ChainMark {
            position: 3,
            hash: Digest::new([6; 32]),
        },
    }
}
