//! Batches that are refused because of what their writer signed.

use super::refuses::refused;
use super::*;

#[test]
fn a_batch_is_written_in_the_epoch_and_schema_of_its_chain() {
    let (writer, current, found) = (writer(), 1, 2);
    let mut feed = TestFeed::with([1]);
    let epoch = feed.stating(&[2], |stated| stated.epoch = 2);
    let refusal = Refusal::WrongEpoch {
        writer,
        current,
        found,
    };
    refused(feed, &epoch, &refusal, Blame::Writer(writer));
    let mut feed = TestFeed::with([1]);
    let schema = feed.stating(&[2], |stated| stated.schema = 2);
    let refusal = Refusal::WrongSchema {
        writer,
        current,
        found,
    };
    refused(feed, &schema, &refusal, Blame::Writer(writer));
}

#[test]
fn each_record_is_sealed_in_the_epoch_and_schema_of_its_batch() {
    let mut feed = TestFeed::with([1]);
    let old = feed.next(id(2));
    feed.domain.turn(&feed.domain.node_revoked(2));
    let honest = feed.draft(&[2]);
    let batch = resigned(&honest, vec![old]);
    let (writer, current, found) = (writer(), 2, 1);
    let refusal = Refusal::WrongEpoch {
        writer,
        current,
        found,
    };
    refused(feed, &batch, &refusal, Blame::Writer(writer));

    let mut feed = TestFeed::with([1]);
    let honest = feed.draft(&[2]);
    let mut body = honest.batch.records()[0].body.to_vec();
    body[4] = 2;
    let body = body.into();
    let batch = resigned(&honest, vec![Record { id: id(2), body }]);
    let (current, found) = (1, 2);
    let refusal = Refusal::WrongSchema {
        writer,
        current,
        found,
    };
    refused(feed, &batch, &refusal, Blame::Writer(writer));
}

#[test]
fn a_record_that_makes_no_sense_names_its_writer() {
    let mut feed = TestFeed::with([1]);
    let honest = feed.draft(&[2]);
    let body = b"nonsense".to_vec().into();
    let batch = resigned(&honest, vec![Record { id: id(2), body }]);
    let (writer, id) = (writer(), id(2));
    refused(
        feed,
        &batch,
        &Refusal::BadRecord { writer, id },
        Blame::Writer(writer),
    );
}

#[test]
fn a_batch_has_each_id_once() {
    let mut feed = TestFeed::with([1]);
    let honest = feed.draft(&[2]);
    let records = vec![feed.record(id(2), 1), feed.record(id(2), 2)];
    let batch = resigned(&honest, records);
    let (writer, id) = (writer(), id(2));
    refused(
        feed,
        &batch,
        &Refusal::RepeatedId { writer, id },
        Blame::Writer(writer),
    );
}

#[test]
fn the_states_of_an_id_count_up_by_one() {
    for (number, found, expected) in [(1, 1, 2), (1, 3, 2), (2, 0, 1), (2, 2, 1)] {
        let mut feed = TestFeed::with([1]);
        let honest = feed.draft(&[2]);
        let batch = resigned(&honest, vec![feed.record(id(number), found)]);
        let (writer, id) = (writer(), id(number));
        let refusal = Refusal::WrongVersion {
            writer,
            id,
            expected,
            found,
        };
        refused(feed, &batch, &refusal, Blame::Writer(writer));
    }
}

#[test]
fn a_wrong_set_names_its_writer() {
    let writer = writer();
    let changes: [fn(&mut Stated); 2] = [
        |stated| stated.commitment = Digest::ZERO,
        |stated| stated.live += 1,
    ];
    for change in changes {
        let mut feed = TestFeed::with([1]);
        let batch = feed.stating(&[2], change);
        refused(
            feed,
            &batch,
            &Refusal::WrongSet { writer },
            Blame::Writer(writer),
        );
    }
}

/// Other records, signed by server 1 as if they were honest.
fn resigned(honest: &FeedBatch, records: Vec<Record>) -> FeedBatch {
    let digests = envelope::body_digests(&records);
    let digest = envelope::records_digest(&records, &digests);
    let last = honest.first.plus(records.len() - 1);
    restated(&with_records(honest, records), 1, |stated| {
        stated.records = digest;
        stated.last = last;
    })
}
