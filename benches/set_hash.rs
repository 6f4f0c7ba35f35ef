//! How fast does a server prove that nothing is missing? Adding a record to the set hash, the
//! commitment after a change, and the listing of a bucket of a domain with a million users.
//!
//! A million users are added in a million times the first, on one core.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use sso_sync::Digest;
use sso_sync::feed::{Listed, Live, SetHash, record_digest};
use sso_sync::store::RecordId;

fn set_hash(criterion: &mut Criterion) {
    let body = [7; 410];
    criterion.bench_function("digest of a record", |bencher| {
        bencher.iter(|| record_digest(black_box(&body)));
    });
    let (mut set, digest) = (SetHash::empty(), record_digest(&body));
    criterion.bench_function("add a record", |bencher| {
        let mut number = 0;
        bencher.iter(|| {
            number += 1;
            set.insert(&id(number), &digest);
        });
    });
    criterion.bench_function("commit after one change", |bencher| {
        bencher.iter(|| {
            set.insert(&id(0), &digest);
            set.commitment()
        });
    });
    let (known, listing) = bucket(digest);
    criterion.bench_function("prove a bucket of 3,906 records", |bencher| {
        let prove = |mut set: SetHash| set.hold(BUCKET, black_box(&listing));
        bencher.iter_batched(|| known.clone(), prove, BatchSize::LargeInput);
    });
}

/// A set of which digests are known only, and the listing of one bucket.
fn bucket(digest: Digest) -> (SetHash, Vec<Listed>) {
    let live = Live { version: 1, digest };
    let listed = (0..3_906_u64).map(|number| {
        let mut bytes = [BUCKET; 32];
        bytes[1..9].copy_from_slice(&number.to_be_bytes());
        let id = RecordId::new(bytes);
        Listed { id, live }
    });
    let listing: Vec<_> = listed.collect();
    let mut set = SetHash::empty();
    for listed in &listing {
        set.insert(&listed.id, &digest);
    }
    let digests = set.digests().unwrap_or_default();
    let commitment = set.commitment().unwrap_or(Digest::ZERO);
    let known = SetHash::from_digests(&digests, &commitment).unwrap_or_default();
    (known, listing)
}

/// Ids spread over the buckets, as real ones are.
fn id(number: u64) -> RecordId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    RecordId::new(bytes)
}

const BUCKET: u8 = 5;

criterion_group!(benches, set_hash);
criterion_main!(benches);
