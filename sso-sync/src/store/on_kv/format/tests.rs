//! The bytes are what the chapter says, and whatever else is there is refused.

use bytes::Bytes;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::store::{Batch, Cursor, FeedBatch, Record, RecordId, Seq, Stored};

use super::super::key::Name;
use super::*;

#[test]
fn a_statement_and_an_envelope_follow_the_format() {
    insta::assert_snapshot!(hex(&encode_plain(b"genesis")), @"0167656e65736973");
}

#[test]
fn a_root_of_a_domain_that_was_never_compacted_names_its_life() {
    let root = Root::Alive {
        life: name(1),
        base: None,
    };
    insta::assert_snapshot!(hex(&root.encode()), @"010100000001aabbccdd");
}

#[test]
fn a_root_of_a_compacted_domain_names_its_snapshot() {
    let root = Root::Alive {
        life: name(1),
        base: Some(BASE),
    };
    insta::assert_snapshot!(hex(&root.encode()), @"010200000001aabbccdd00000003aabbccdd000000000000000a000000000000001400000002000000010000000000000009");
}

#[test]
fn a_root_of_an_erased_domain_keeps_the_number_of_its_life() {
    insta::assert_snapshot!(hex(&Root::Erased { number: 2 }.encode()), @"010000000002");
}

#[test]
fn a_slot_holds_a_batch() {
    let records = vec![record(1, b"one"), record(2, b"")];
    let batch = Batch::new(Bytes::from_static(b"who"), records).unwrap();
    insta::assert_snapshot!(hex(&encode_slot(Seq::new(258), &batch)), @"0100000000000001020000000377686f000000020101010101010101010101010101010101010101010101010101010101010101000000036f6e65020202020202020202020202020202020202020202020202020202020202020200000000");
}

#[test]
fn a_part_holds_records_and_their_places() {
    let part = part(&[stored(1, 7, b"one"), stored(2, 3, b"")]);
    insta::assert_snapshot!(hex(&part), @"010000000201010101010101010101010101010101010101010101010101010101010101010000000000000007000000036f6e650202020202020202020202020202020202020202020202020202020202020202000000000000000300000000");
}

#[test]
fn an_index_page_holds_as_many_ids_as_fit() {
    let all = [1, 2, 3].map(|byte| RecordId::new([byte; 32]));
    let mut ids = all.as_slice();
    let page = encode_index(&mut ids, 5 + 2 * 32);
    insta::assert_snapshot!(hex(&page), @"010000000201010101010101010101010101010101010101010101010101010101010101010202020202020202020202020202020202020202020202020202020202020202");
    assert_eq!(ids, &all[2..]);
}

#[test]
fn a_cursor_says_where_a_reader_goes_on() {
    let mut position = Position {
        life: name(1),
        told: Seq::new(5),
        stage: Stage::Parts {
            after: Some(RecordId::new([9; 32])),
            compacted: Seq::new(7),
        },
    };
    insta::assert_snapshot!(hex(position.encode().as_bytes()), @"0100000001aabbccdd00000000000000050000000000000000070909090909090909090909090909090909090909090909090909090909090909");
    position.stage = Stage::Batches { until: Seq::new(8) };
    insta::assert_snapshot!(hex(position.encode().as_bytes()), @"0100000001aabbccdd0000000000000005010000000000000008");
}

#[test]
fn a_root_that_contradicts_itself_is_refused() {
    let wrong = [
        Base {
            seq: Seq::new(1),
            ..BASE
        },
        Base {
            floor: Seq::new(21),
            ..BASE
        },
        Base { parts: 10, ..BASE },
        Base { parts: 0, ..BASE },
        Base { pages: 0, ..BASE },
        Base {
            records: 21,
            ..BASE
        },
        Base {
            snapshot: name(0),
            ..BASE
        },
    ];
    for base in wrong {
        let root = Root::Alive {
            life: name(1),
            base: Some(base),
        };
        let decoded = Root::decode(root.encode());
        assert_eq!(decoded, Err(Malformed::Contradiction), "{base:?}");
    }
    let unknown = Bytes::from_static(&[1, 3]);
    assert_eq!(Root::decode(unknown), Err(Malformed::Contradiction));
}

#[test]
fn a_slot_under_the_key_of_another_is_refused() {
    let batch = Batch::new(Bytes::new(), vec![record(1, b"")]).unwrap();
    let value = encode_slot(Seq::new(5), &batch);
    assert_eq!(
        decode_slot(value.clone(), Seq::new(6)),
        Err(Malformed::WrongPlace)
    );
    assert!(decode_slot(value, Seq::new(5)).is_ok());
}

#[test]
fn a_slot_without_a_place_for_each_record_is_refused() {
    let batch = Batch::new(Bytes::new(), vec![record(1, b"")]).unwrap();
    for place in [Seq::START, Seq::new(u64::MAX)] {
        let decoded = decode_slot(encode_slot(place, &batch), place);
        assert_eq!(decoded, Err(Malformed::Contradiction));
    }
    let last = Seq::new(u64::MAX - 1);
    assert!(decode_slot(encode_slot(last, &batch), last).is_ok());
}

#[test]
fn records_that_are_not_in_order_are_refused() {
    for (one, next) in [(2, 1), (1, 1)] {
        let part = part(&[stored(one, 1, b""), stored(next, 2, b"")]);
        assert_eq!(Part::decode(part), Err(Malformed::Order));
        let ids = [one, next].map(|byte| RecordId::new([byte; 32]));
        let page = encode_index(&mut ids.as_slice(), 1000);
        assert_eq!(decode_index(page, &mut Vec::new()), Err(Malformed::Order));
    }
}

#[test]
fn nothing_at_all_is_refused() {
    assert_eq!(
        Part::decode(Bytes::from_static(&[1, 0, 0, 0, 0])),
        Err(Malformed::Contradiction)
    );
    let page = decode_index(Bytes::from_static(&[1, 0, 0, 0, 0]), &mut Vec::new());
    assert_eq!(page, Err(Malformed::Contradiction));
    assert_eq!(decode_plain(Bytes::new()), Err(Malformed::TooShort));
}

#[test]
fn what_a_newer_version_wrote_is_refused() {
    assert_eq!(
        Root::decode(Bytes::from_static(&[2, 0])),
        Err(Malformed::Format)
    );
}

#[test]
fn an_operator_learns_which_key_and_what_to_do() {
    let error = Malformed::TooShort.at("d/07/root");
    let source = std::error::Error::source(&error).unwrap();
    insta::assert_snapshot!(source, @"d/07/root: it ends too early. Restore the domain from a backup.");
}

proptest! {
    #[test]
    fn a_root_is_read_as_it_was_written(root in roots()) {
        prop_assert_eq!(Root::decode(root.encode()), Ok(root));
    }

    #[test]
    fn a_slot_is_read_as_it_was_written(batch in batches(), first in 1..u64::MAX / 2) {
        let first = Seq::new(first);
        let value = encode_slot(first, &batch);
        prop_assert!(value.len() <= batch.size());
        prop_assert_eq!(decode_slot(value, first), Ok(FeedBatch { first, batch }));
    }

    #[test]
    fn a_part_is_read_as_it_was_written(records in parts()) {
        prop_assert_eq!(Part::decode(part(&records)), Ok(Part { records }));
    }

    #[test]
    fn a_part_is_as_large_as_was_foretold(records in parts(), spare in 0..2_usize) {
        let limit = part(&records).len() - spare;
        let mut builder = PartBuilder::default();
        let took = records.iter().take_while(|stored| {
            let takes = builder.takes(&stored.record, limit);
            if takes {
                builder.add(stored);
            }
            takes
        });
        let all = took.count() == records.len();
        prop_assert_eq!(all, spare == 0 || records.len() == 1);
    }

    #[test]
    fn an_index_is_read_as_it_was_written(
        ids in btree_map(any::<[u8; 32]>(), Just(()), 1..40),
        limit in 0..200_usize,
    ) {
        let ids: Vec<_> = ids.into_keys().map(RecordId::new).collect();
        let (mut rest, mut read) = (ids.as_slice(), Vec::new());
        while !rest.is_empty() {
            let page = encode_index(&mut rest, limit);
            prop_assert!(page.len() <= limit.max(5 + 32));
            prop_assert_eq!(decode_index(page, &mut read), Ok(()));
        }
        prop_assert_eq!(read, ids);
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written(position in positions()) {
        prop_assert_eq!(Position::decode(&position.encode()), Ok(position));
    }

    #[test]
    fn what_was_cut_off_or_goes_on_is_refused(root in roots(), batch in batches(), records in parts()) {
        let first = Seq::new(1);
        for value in changed(&root.encode()) {
            prop_assert!(Root::decode(value).is_err());
        }
        for value in changed(&encode_slot(first, &batch)) {
            prop_assert!(decode_slot(value, first).is_err());
        }
        for value in changed(&part(&records)) {
            prop_assert!(Part::decode(value).is_err());
        }
    }

    #[test]
    fn whatever_bytes_are_there_the_answer_is_an_answer(mut bytes in vec(any::<u8>(), 0..200)) {
        if let Some(format) = bytes.first_mut() {
            *format = FORMAT;
        }
        let value = Bytes::from(bytes);
        let _ = Root::decode(value.clone()).map(|root| is_the_same(&root.encode(), &value));
        let first = Seq::new(1);
        let _ = decode_slot(value.clone(), first)
            .map(|slot| is_the_same(&encode_slot(first, &slot.batch), &value));
        let _ = Part::decode(value.clone())
            .map(|read| is_the_same(&part(&read.records), &value));
        let _ = decode_index(value.clone(), &mut Vec::new());
        let cursor = Cursor::new(value);
        let _ = Position::decode(&cursor).map(|position| assert_eq!(position.encode(), cursor));
    }
}

/// What can be read is what would have been written: there is one way to say a thing.
fn is_the_same(written: &Bytes, read: &Bytes) {
    assert_eq!(written, read);
}

/// A value with its last byte cut off, and with one more.
fn changed(value: &Bytes) -> [Bytes; 2] {
    let longer = [value, [0].as_slice()].concat();
    [value.slice(..value.len() - 1), longer.into()]
}

fn roots() -> impl Strategy<Value = Root> {
    let erased = any::<u32>().prop_map(|number| Root::Erased { number });
    let alive = names().prop_map(|life| Root::Alive { life, base: None });
    let compacted = (names(), bases()).prop_map(|(life, base)| Root::Alive {
        life,
        base: Some(base),
    });
    prop_oneof![erased, alive, compacted]
}

fn bases() -> impl Strategy<Value = Base> {
    let numbers = (1..5_u32, 0..5_u32, 0..5_u64, 0..5_u64, any::<u64>());
    (names(), numbers).prop_map(|(snapshot, (pages, parts, records, seq, floor))| {
        let records = u64::from(pages + parts) + records;
        Base {
            snapshot: Name {
                number: snapshot.number.max(1),
                ..snapshot
            },
            floor: Seq::new(floor % (records + seq + 1)),
            seq: Seq::new(records + seq),
            parts: pages + parts,
            pages,
            records,
        }
    })
}

fn names() -> impl Strategy<Value = Name> {
    any::<(u32, u32)>().prop_map(|(number, nonce)| Name { number, nonce })
}

fn batches() -> impl Strategy<Value = Batch> {
    let records = vec((any::<[u8; 32]>(), bytes()), 1..6).prop_map(|records| {
        let record = |(id, body)| Record {
            id: RecordId::new(id),
            body,
        };
        records.into_iter().map(record).collect()
    });
    (bytes(), records).prop_map(|(envelope, records)| Batch::new(envelope, records).unwrap())
}

fn parts() -> impl Strategy<Value = Vec<Stored>> {
    btree_map(any::<[u8; 32]>(), (any::<u64>(), bytes()), 1..6).prop_map(|records| {
        let stored = |(id, (seq, body))| Stored {
            seq: Seq::new(seq),
            record: Record {
                id: RecordId::new(id),
                body,
            },
        };
        records.into_iter().map(stored).collect()
    })
}

fn positions() -> impl Strategy<Value = Position> {
    let after = proptest::option::of(any::<[u8; 32]>().prop_map(RecordId::new));
    let parts = (after, any::<u64>()).prop_map(|(after, compacted)| Stage::Parts {
        after,
        compacted: Seq::new(compacted),
    });
    let batches = any::<u64>().prop_map(|until| Stage::Batches {
        until: Seq::new(until),
    });
    (names(), any::<u64>(), prop_oneof![parts, batches]).prop_map(|(life, told, stage)| Position {
        life,
        told: Seq::new(told),
        stage,
    })
}

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..20).prop_map(Bytes::from)
}

fn part(records: &[Stored]) -> Bytes {
    let mut builder = PartBuilder::default();
    records.iter().for_each(|stored| builder.add(stored));
    let (first, value) = builder.finish().unwrap();
    assert_eq!(first, records[0].record.id);
    value
}

fn stored(id: u8, seq: u64, body: &'static [u8]) -> Stored {
    Stored {
        seq: Seq::new(seq),
        record: record(id, body),
    }
}

fn record(id: u8, body: &'static [u8]) -> Record {
    Record {
        id: RecordId::new([id; 32]),
        body: Bytes::from_static(body),
    }
}

const fn name(number: u32) -> Name {
    Name {
        number,
        nonce: 0xaabb_ccdd,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

const BASE: Base = Base {
    snapshot: name(3),
    floor: Seq::new(10),
    seq: Seq::new(20),
    parts: 2,
    pages: 1,
    records: 9,
};
