//! The set hash of a domain, built from the store.

use std::collections::BTreeSet;

use super::View;
use crate::feed::{Envelope, Follower, SetHash, record_digest};
use crate::store::{DomainId, DomainStore, Feed, Seq};
use crate::wire::{Code, PAGE_BYTES, Problem};

/// A follower at the head, with the whole set.
///
/// `known` is one of before, if there is one: then only the buckets are read in which something
/// has changed since.
pub(super) async fn follower_at(
    store: &dyn DomainStore,
    domain: DomainId,
    view: &View,
    known: Option<Follower>,
) -> Result<Follower, Problem> {
    let known = known.filter(|it| it.head().mark.seq <= view.head.seq);
    if let Some(follower) = known.as_ref().filter(|it| is_at(it, view)) {
        return Ok(follower.clone());
    }
    let set = match known {
        Some(follower) => refresh(store, domain, &follower).await?,
        None => read(store, domain, None, &(0..=u8::MAX).collect()).await?,
    };
    let refreshed = at_head(view, set);
    if refreshed.is_ok() {
        return refreshed;
    }
    // Something else was written between the reads, or what was known is of another time.
    let set = read(store, domain, None, &(0..=u8::MAX).collect()).await?;
    at_head(view, set)
}

fn is_at(follower: &Follower, view: &View) -> bool {
    let last = Envelope::parse(&view.head.envelope).map(|it| it.hash());
    let mark = follower.head().mark;
    mark.seq == view.head.seq && (mark.seq == Seq::START || last == Ok(mark.hash))
}

/// The follower whose set this is, if it is the one at the head.
fn at_head(view: &View, mut set: SetHash) -> Result<Follower, Problem> {
    let digests = set.digests().ok_or(Code::Unavailable)?;
    let joined = Follower::join(&view.chain, &view.hub_head(), &digests);
    let mut follower = joined.map_err(|_| moved())?;
    follower.complete(set, &digests).map_err(|_| moved())?;
    Ok(follower)
}

/// The set, with the buckets read again in which something was committed after the follower.
async fn refresh(
    store: &dyn DomainStore,
    domain: DomainId,
    follower: &Follower,
) -> Result<SetHash, Problem> {
    let touched = touched(store, domain, follower.head().mark.seq).await?;
    let touched = touched.unwrap_or_else(|| (0..=u8::MAX).collect());
    read(store, domain, Some(follower.set()), &touched).await
}

/// The buckets in which something was committed after a place; `None` if that is forgotten.
async fn touched(
    store: &dyn DomainStore,
    domain: DomainId,
    mut after: Seq,
) -> Result<Option<BTreeSet<u8>>, Problem> {
    let mut touched = BTreeSet::new();
    loop {
        let Feed::Batches(batches) = store.feed(&domain, after, PAGE_BYTES).await? else {
            return Ok(None);
        };
        let Some(last) = batches.last() else {
            return Ok(Some(touched));
        };
        after = last.last();
        let records = batches.iter().flat_map(|it| it.batch.records());
        touched.extend(records.map(|record| bucket_of(record.id.as_bytes())));
        if touched.len() > usize::from(u8::MAX) {
            return Ok(Some(touched));
        }
    }
}

/// Reads these buckets from the store; the others are as in `known`.
async fn read(
    store: &dyn DomainStore,
    domain: DomainId,
    known: Option<&SetHash>,
    buckets: &BTreeSet<u8>,
) -> Result<SetHash, Problem> {
    let mut fresh = SetHash::empty();
    for bucket in buckets {
        read_bucket(store, domain, *bucket, &mut fresh).await?;
    }
    let states = (0..=u8::MAX).map(|bucket| {
        let known = known.filter(|_| !buckets.contains(&bucket));
        known.unwrap_or(&fresh).state(bucket)
    });
    let states = states.collect::<Option<Vec<_>>>();
    let states = states.ok_or(Code::Unavailable)?;
    let set = SetHash::from_states(states.iter().map(Vec::as_slice));
    set.ok_or_else(|| Code::Unavailable.into())
}

async fn read_bucket(
    store: &dyn DomainStore,
    domain: DomainId,
    bucket: u8,
    set: &mut SetHash,
) -> Result<(), Problem> {
    let mut after = None;
    loop {
        let page = store.bucket(&domain, bucket, after.as_ref(), PAGE_BYTES);
        let page = page.await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.record.id);
        for stored in &page {
            let digest = record_digest(&stored.record.body);
            set.insert(&stored.record.id, &digest);
        }
    }
}

const fn bucket_of(id: &[u8; 32]) -> u8 {
    let [first, ..] = *id;
    first
}

/// What was read is not the set of the head that was seen before.
fn moved() -> Problem {
    Problem::new(Code::Conflict).because("the feed went on meanwhile, or is damaged: fetch it")
}
