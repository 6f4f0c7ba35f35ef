//! Filling a domain with users.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use sso_core::user::{AccountKey, Profile};
use sso_sync::Digest;
use sso_sync::administration::unlock;
use sso_sync::chain::Chain;
use sso_sync::feed::{Event, Follower, Live, Step};
use sso_sync::link::HubClient;
use sso_sync::seal::{Content, KeyRing, MemberKeys, SealedUser};
use sso_sync::store::{DomainStore as _, FeedBatch, Record, RecordId, Seq};

use super::{Company, keys};

/// A server of the domain writes so many users, in full batches straight into the store of the
/// hub. The set hash over them.
pub(crate) async fn fill(company: &mut Company, users: u64) -> Digest {
    let mut writer = Writer::enrol(company).await;
    let domain = writer.chain.domain();
    for first in (0..users).step_by(IN_BATCH) {
        let FeedBatch { first, batch } = writer.write(first..users.min(first + IN_BATCH as u64));
        let after = Seq::new(first.number() - 1);
        company.store.commit(&domain, after, batch).await.unwrap();
    }
    // A hub at work knows the set, since every batch came through it: here it reads it once.
    writer.client(company).digests().await.unwrap();
    writer.feed.head().commitment
}

/// A server that writes users.
pub(crate) struct Writer {
    chain: Chain,
    keys: Arc<MemberKeys>,
    ring: KeyRing,
    feed: Follower,
}

impl Writer {
    pub(crate) async fn enrol(company: &mut Company) -> Self {
        let keys = keys(WRITER);
        let enrolled = company.administrator.enrol("writer", &keys).await;
        let statements = enrolled.unwrap().statements;
        let chain = company.administrator.chain().clone();
        let ring = unlock(&chain, &statements, &keys).unwrap();
        let feed = Follower::start(chain.domain());
        Self {
            chain,
            keys,
            ring,
            feed,
        }
    }

    /// The next batch: these users, all of them new.
    pub(crate) fn write(&mut self, numbers: Range<u64>) -> FeedBatch {
        let records = numbers.map(|number| record(&self.ring, number)).collect();
        let held = BTreeMap::<RecordId, Live>::new();
        let first = self.feed.head().mark.seq.plus(1);
        let batch = self.feed.write(&self.chain, &self.keys, records, &held);
        let batch = FeedBatch {
            first,
            batch: batch.unwrap(),
        };
        let event = Event::Batch {
            batch: &batch,
            held: &held,
        };
        let step = self.feed.on_event(&self.chain, event);
        assert!(matches!(step, Step::Apply(_)), "{step:?}");
        batch
    }

    pub(crate) fn client(&self, company: &Company) -> HubClient {
        HubClient::new(company.link(), self.chain.domain(), Arc::clone(&self.keys))
    }
}

/// Where the record of a user stands.
pub(crate) fn record_of(ring: &KeyRing, number: u64) -> RecordId {
    ring.record_id(&account(number))
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
