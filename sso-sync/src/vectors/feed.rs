//! The set hash, batches, and batches that are refused after them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::NONCE;
use super::chain::TestChain;
use super::keys::alice;
use crate::Digest;
use crate::chain::tests::{hex, keys};
use crate::feed::tests::{TestServer, live_of, restated, with_records};
use crate::feed::{Envelope, Event, Follower, SetHash, Step};
use crate::seal::{Content, Form};
use crate::store::{FeedBatch, Record, RecordId};

pub(super) fn set() -> Value {
    let mut set = SetHash::empty();
    let empty = set.commitment().unwrap();
    let (one, other) = (RecordId::new([1; 32]), RecordId::new([2; 32]));
    let digest = Digest::new([3; 32]);
    set.insert(&one, &digest);
    let element = set.state(1).unwrap().split_off(8);
    set.insert(&other, &digest);
    let both = set.commitment().unwrap();
    let bucket = set.digests().unwrap()[1];
    set.remove(&other, &digest);
    json!({
        "empty_commitment": empty.to_string(),
        "record_digest": digest.to_string(),
        "element": {"id": one.to_string(), "element": hex(&element)},
        "bucket_1_digest": bucket.to_string(),
        "with_another_id": other.to_string(),
        "commitment_of_both": both.to_string(),
        "commitment_after_removing_the_other": set.commitment().unwrap().to_string(),
    })
}

pub(super) fn describe(chain: &TestChain<'_>) -> Value {
    let mut server = TestServer {
        follower: Follower::start(chain.chain().domain()),
        held: BTreeMap::new(),
    };
    let alice = alice(chain.ring());
    let bob = RecordId::new([0xbb; 32]);
    let first = vec![alice.clone(), removed(chain, bob, 1)];
    let batches = [first, vec![removed(chain, bob, 2)]].map(|records| {
        let batch = draft(&mut server, chain, records);
        take(&mut server, chain, &batch);
        let head = *server.follower.head();
        json!({
            "batch": batch_json(&batch),
            "hash": head.mark.hash.to_string(),
            "commitment": head.commitment.to_string(),
            "live": head.live,
        })
    });
    let honest = draft(&mut server, chain, vec![removed(chain, bob, 3)]);
    let refused = [
        with_records(
            &honest,
            vec![Record {
                id: alice.id,
                ..honest.batch.records()[0].clone()
            }],
        ),
        restated(&honest, 1, |stated| stated.live += 1),
        restated(&honest, 1, |stated| stated.previous = Digest::ZERO),
        restated(&honest, 1, |stated| stated.epoch = 1),
        restated(&honest, 2, |_| {}),
        restated(&honest, 9, |_| {}),
        restated(&honest, 1, |stated| stated.chain.hash = Digest::ZERO),
    ]
    .map(|batch| refuse(&server, chain, &batch));
    json!({"batches": batches, "refused_after_them": refused})
}

fn removed(chain: &TestChain<'_>, id: RecordId, version: u64) -> Record {
    let (ring, content) = (chain.ring(), Content::removed(&[1; 16], 1));
    let epoch = ring.newest();
    let form = Form {
        epoch,
        schema: Content::SCHEMA,
        nonce: NONCE,
    };
    ring.seal_record_with(&form, id, version, &content).unwrap()
}

fn draft(server: &mut TestServer, chain: &TestChain<'_>, records: Vec<Record>) -> FeedBatch {
    let first = server.follower.head().mark.seq.plus(1);
    let chain = chain.chain();
    let batch = server
        .follower
        .write(chain, &keys(1), records, &server.held);
    let batch = batch.unwrap();
    FeedBatch { first, batch }
}

fn take(server: &mut TestServer, chain: &TestChain<'_>, batch: &FeedBatch) {
    let held = &server.held;
    let event = Event::Batch { batch, held };
    let step = server.follower.on_event(chain.chain(), event);
    assert!(matches!(step, Step::Apply(_)), "{step:?}");
    let records = batch.batch.records().iter();
    server.held.extend(records.map(|it| (it.id, live_of(it))));
}

fn refuse(server: &TestServer, chain: &TestChain<'_>, batch: &FeedBatch) -> Value {
    let mut server = server.clone();
    let held = &server.held;
    let event = Event::Batch { batch, held };
    let Step::Refuse(refusal) = server.follower.on_event(chain.chain(), event) else {
        panic!("it is refused");
    };
    json!({"batch": batch_json(batch), "code": refusal.code()})
}

fn batch_json(batch: &FeedBatch) -> Value {
    let records = batch.batch.records().iter();
    let records =
        records.map(|record| json!({"id": record.id.to_string(), "body": hex(&record.body)}));
    let (first, last) = Envelope::parse(batch.batch.envelope()).unwrap().places();
    json!({
        "first": first.number(),
        "last": last.number(),
        "envelope": hex(batch.batch.envelope()),
        "records": records.collect::<Vec<_>>(),
    })
}
