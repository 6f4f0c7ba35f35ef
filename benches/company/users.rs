//! Filling a domain with users.

use std::collections::BTreeMap;
use std::sync::Arc;

use sso_core::user::{AccountKey, Profile};
use sso_sync::Digest;
use sso_sync::administration::unlock;
use sso_sync::chain::Chain;
use sso_sync::feed::{Event, Follower, Live, Step};
use sso_sync::seal::{Content, KeyRing, MemberKeys, SealedUser};
use sso_sync::store::{DomainStore as _, FeedBatch, Record, RecordId};

use super::{Company, keys};

/// A server of the domain writes so many users, in full batches straight into the store of the
/// hub. The set hash over them.
pub(crate) async fn fill(company: &mut Company, users: u64) -> Digest {
    let writer = keys(WRITER);
    let enrolled = company.administrator.enrol("writer", &writer).await;
    let statements = enrolled.unwrap().statements;
    let chain = company.administrator.chain().clone();
    let ring = unlock(&chain, &statements, &writer).unwrap();
    let mut feed = Follower::start(chain.domain());
    for first in (0..users).step_by(IN_BATCH) {
        let last = users.min(first + IN_BATCH as u64);
        let records = (first..last).map(|number| record(&ring, number)).collect();
        commit(company, &chain, &writer, &mut feed, records).await;
    }
    feed.head().commitment
}

/// Where the record of a user stands.
pub(crate) fn record_of(ring: &KeyRing, number: u64) -> RecordId {
    ring.record_id(&account(number))
}

async fn commit(
    company: &Company,
    chain: &Chain,
    writer: &Arc<MemberKeys>,
    feed: &mut Follower,
    records: Vec<Record>,
) {
    // Every user is new.
    let held = BTreeMap::<RecordId, Live>::new();
    let after = feed.head().mark.seq;
    let batch = feed.write(chain, writer, records, &held).unwrap();
    let first = after.plus(1);
    let domain = chain.domain();
    let committed = company.store.commit(&domain, after, batch.clone());
    committed.await.unwrap();
    let batch = &FeedBatch { first, batch };
    let step = feed.on_event(chain, Event::Batch { batch, held: &held });
    assert!(matches!(step, Step::Apply(_)), "{step:?}");
}

fn record(ring: &KeyRing, number: u64) -> Record {
    let (id, epoch) = (record_of(ring, number), ring.newest());
    let minted = ring.mint(epoch, &id, 1).unwrap();
    let user = SealedUser::minted(minted, epoch, 1, account(number), profile(number));
    ring.seal_record(id, 1, &Content::User(user)).unwrap()
}

fn profile(number: u64) -> Profile {
    let mut profile = Profile::default();
    profile.first = Some(format!("First {number}"));
    profile.last = Some(format!("Last {number}"));
    profile.email = Some(format!("user-{number}@example.com"));
    profile
}

fn account(number: u64) -> AccountKey {
    AccountKey::new(
        "https://idp.example",
        "persistent",
        format!("user-{number}"),
    )
}

const WRITER: u8 = 200;

/// Users in a batch: nearly 1 MiB.
const IN_BATCH: usize = 1_500;
