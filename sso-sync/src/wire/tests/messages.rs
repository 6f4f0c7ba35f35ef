use proptest::prelude::*;

use crate::Digest;
use crate::chain::tests::hex;
use crate::feed::{Listed, Live};
use crate::store::{Batch, Feed, FeedBatch, Record, RecordId, Seq, Stored};
use crate::wire::*;

#[test]
fn the_bytes_of_a_batch_are_the_documented_ones() {
    let message = batch_message(&batch());
    insta::assert_snapshot!(hex(&message), @"8241ee81825820010101010101010101010101010101010101010101010101010101010101010141bb");
    assert_eq!(read_batch_message(&message), Ok(batch()));
}

#[test]
fn a_batch_has_a_record() {
    assert_eq!(read_batch_message(&[0x82, 0x40, 0x80]), Err(Malformed));
}

#[test]
fn the_bytes_of_a_feed_are_the_documented_ones() {
    let first = Seq::new(7);
    let batches = FeedAnswer(Feed::Batches(vec![FeedBatch {
        first,
        batch: batch(),
    }]));
    insta::assert_snapshot!(hex(&batches.bytes()), @"820081830741ee81825820010101010101010101010101010101010101010101010101010101010101010141bb");
    assert_eq!(FeedAnswer::parse(&batches.bytes()), Ok(batches));
    let compacted = FeedAnswer(Feed::Compacted(first));
    insta::assert_snapshot!(hex(&compacted.bytes()), @"820107");
    assert_eq!(FeedAnswer::parse(&compacted.bytes()), Ok(compacted));
}

#[test]
fn the_bytes_of_a_snapshot_are_the_documented_ones() {
    let snapshot = SnapshotAnswer {
        records: vec![stored()],
        next: "abc".into(),
        since: Seq::new(3),
    };
    insta::assert_snapshot!(hex(&snapshot.bytes()), @"838183075820010101010101010101010101010101010101010101010101010101010101010141bb6361626303");
    assert_eq!(SnapshotAnswer::parse(&snapshot.bytes()), Ok(snapshot));
}

#[test]
fn the_bytes_of_questions_for_records_are_the_documented_ones() {
    let ids = [stored().record.id];
    insta::assert_snapshot!(hex(&find_request(&ids)), @"8158200101010101010101010101010101010101010101010101010101010101010101");
    assert_eq!(read_find_request(&find_request(&ids)), Ok(ids.to_vec()));
    let answer = find_answer(&[stored()]);
    insta::assert_snapshot!(hex(&answer), @"8183075820010101010101010101010101010101010101010101010101010101010101010141bb");
    assert_eq!(read_find_answer(&answer), Ok(vec![stored()]));
}

#[test]
fn the_bytes_of_a_listing_are_the_documented_ones() {
    let digest = Digest::new([2; 32]);
    let live = Live { version: 3, digest };
    let id = stored().record.id;
    let listing = ListingAnswer {
        seq: Seq::new(9),
        listed: vec![Listed { id, live }],
        more: true,
    };
    insta::assert_snapshot!(hex(&listing.bytes()), @"8309818358200101010101010101010101010101010101010101010101010101010101010101035820020202020202020202020202020202020202020202020202020202020202020201");
    assert_eq!(ListingAnswer::parse(&listing.bytes()), Ok(listing));
    assert_eq!(ListingAnswer::parse(&[0x83, 9, 0x80, 2]), Err(Malformed));
}

#[test]
fn there_are_as_many_digests_as_buckets() {
    let answer = |count| DigestsAnswer {
        seq: Seq::new(9),
        digests: vec![Digest::new([2; 32]); count],
    };
    let bytes = answer(256).bytes();
    insta::assert_snapshot!(hex(&bytes[..8]), @"8209592000020202");
    assert_eq!(DigestsAnswer::parse(&bytes), Ok(answer(256)));
    for count in [0, 255, 257] {
        assert_eq!(DigestsAnswer::parse(&answer(count).bytes()), Err(Malformed));
    }
}

#[test]
fn the_bytes_of_an_error_are_the_documented_ones() {
    let answer = ErrorCode::Busy.answer("many servers at once", 3);
    insta::assert_snapshot!(hex(&answer.bytes()), @"836462757379746d616e792073657276657273206174206f6e636503");
    assert_eq!(ErrorAnswer::parse(&answer.bytes()), Ok(answer));
    assert_eq!(ErrorCode::Busy.on_the_wire().1, 429);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = FeedAnswer::parse(&bytes);
        let _ = SnapshotAnswer::parse(&bytes);
        let _ = ListingAnswer::parse(&bytes);
        let _ = DigestsAnswer::parse(&bytes);
        let _ = ErrorAnswer::parse(&bytes);
        let _ = read_batch_message(&bytes);
        let _ = read_find_request(&bytes);
        let _ = read_find_answer(&bytes);
    }
}

fn batch() -> Batch {
    Batch::new(vec![0xee].into(), vec![stored().record]).unwrap()
}

fn stored() -> Stored {
    Stored {
        seq: Seq::new(7),
        record: Record {
            id: RecordId::new([1; 32]),
            body: vec![0xbb].into(),
        },
    }
}
