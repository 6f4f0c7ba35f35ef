//! The set hash of a domain, as far as it was needed, built from the store.

use std::collections::BTreeSet;

use super::{Stores, View, checkpoint};
use crate::Digest;
use crate::feed::{Envelope, Follower, SetHash, bucket_of};
use crate::sets::{self, Size, Sizes};
use crate::store::{DomainId, RecordId, Seq, StoreError};
use crate::wire::{Code, Problem};

/// A follower at the head that knows the digests of all buckets, and how large everything is.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub(super) follower: Follower,
    sizes: Sizes,
}

/// What was known at some place.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) seq: Seq,
    pub(super) digests: Vec<Digest>,
    pub(super) sizes: Sizes,
    pub(super) held: SetHash,
}

impl Whole {
    /// The place of the head.
    pub(super) const fn seq(&self) -> Seq {
        self.follower.head().mark.seq
    }

    /// Bytes of the records that count.
    pub(super) fn bytes(&self) -> u64 {
        self.sizes.values().map(|size| size.bytes).sum()
    }

    /// How many of the records that count lead to another one.
    pub(super) fn signposts(&self) -> u64 {
        self.sizes.values().map(|size| size.signposts).sum()
    }

    /// How large each bucket is.
    pub(super) fn sizes(&self) -> impl Iterator<Item = Size> {
        let size = |bucket| self.sizes.get(&bucket).copied().unwrap_or_default();
        (0..=u8::MAX).map(size)
    }

    /// Takes in that the record of an id has grown from `before` bytes to `after`; there may have
    /// been none.
    pub(super) fn resize(&mut self, id: &RecordId, before: Option<u64>, after: u64) {
        let size = self.sizes.entry(bucket_of(id)).or_default();
        let left = size.bytes.saturating_sub(before.unwrap_or_default());
        size.bytes = left.saturating_add(after);
        size.signposts += u64::from(before.is_none() && id.is_signpost());
    }

    /// Holds the buckets of these ids, so that they can change.
    ///
    /// # Errors
    ///
    /// Why the store does not answer, or [`Code::Conflict`] if it has gone on.
    pub(super) async fn hold(
        &mut self,
        stores: Stores<'_>,
        domain: DomainId,
        ids: impl Iterator<Item = &RecordId>,
    ) -> Result<(), Problem> {
        let set = self.follower.set();
        let missing = ids.filter(|id| !set.holds(id)).map(bucket_of);
        let missing: BTreeSet<u8> = missing.collect();
        if missing.is_empty() {
            return Ok(());
        }
        let read = sets::read(stores.domains, &domain, None, &missing);
        self.follower.set_mut().keep(&read.await?.0);
        let set = self.follower.set();
        match missing.iter().all(|bucket| set.state(*bucket).is_some()) {
            true => Ok(()),
            false => Err(moved()),
        }
    }

    fn into_base(mut self) -> Option<Base> {
        let digests = self.follower.set_mut().digests()?;
        Some(Base {
            seq: self.seq(),
            digests,
            held: self.follower.set().clone(),
            sizes: self.sizes,
        })
    }
}

/// What is at the head.
///
/// `known` is one of before, if there is one: then, or with the digests that another process has
/// kept, only the buckets are read in which something has changed since.
pub(super) async fn whole_at(
    stores: Stores<'_>,
    domain: DomainId,
    view: &View,
    known: Option<Whole>,
) -> Result<Whole, Problem> {
    let known = match known {
        Some(whole) if is_at(&whole.follower, view) => return Ok(whole),
        known => known.and_then(Whole::into_base),
    };
    let base = match known {
        Some(base) => Some(base),
        None => checkpoint::read(stores.documents, domain).await,
    };
    if let Some(base) = base.filter(|it| it.seq <= view.head.seq)
        && let Some(whole) = bring_up(stores, domain, view, base).await?
    {
        return Ok(whole);
    }
    read_everything(stores, domain, view).await
}

fn is_at(follower: &Follower, view: &View) -> bool {
    let last = Envelope::parse(&view.head.envelope).map(|it| it.hash());
    let mark = follower.head().mark;
    mark.seq == view.head.seq && (mark.seq == Seq::START || last == Ok(mark.hash))
}

/// What was known, with the buckets read again in which something was committed since; `None` if
/// that does not lead to the head.
async fn bring_up(
    stores: Stores<'_>,
    domain: DomainId,
    view: &View,
    mut base: Base,
) -> Result<Option<Whole>, StoreError> {
    let touched = sets::touched(stores.domains, &domain, base.seq).await?;
    let Some(touched) = touched.filter(|it| it.len() <= MAX_TOUCHED) else {
        return Ok(None);
    };
    let (mut fresh, sizes) = sets::read(stores.domains, &domain, None, &touched).await?;
    base.sizes.extend(sizes);
    let digests = fresh.digests().unwrap_or_default();
    let digests = (0..=u8::MAX).zip(digests.into_iter().zip(base.digests));
    let digests: Vec<_> = digests
        .map(|(bucket, (fresh, known))| {
            if touched.contains(&bucket) {
                fresh
            } else {
                known
            }
        })
        .collect();
    let Ok(mut follower) = Follower::join(&view.chain, &view.hub_head(), &digests) else {
        return Ok(None);
    };
    follower.set_mut().keep(&base.held);
    follower.set_mut().keep(&fresh);
    let sizes = base.sizes;
    Ok(Some(Whole { follower, sizes }))
}

/// Reads everything in the order in which it lies there; if that was disturbed, bucket by bucket.
async fn read_everything(
    stores: Stores<'_>,
    domain: DomainId,
    view: &View,
) -> Result<Whole, Problem> {
    let read = sets::read_all(stores.domains, &domain).await?;
    let whole = match at_head(view, read) {
        Ok(whole) => whole,
        Err(_) => {
            let read = sets::read(stores.domains, &domain, None, &sets::all()).await?;
            at_head(view, read)?
        }
    };
    // It only saves time, the next time.
    let _ = checkpoint::write(stores.documents, domain, whole.clone()).await;
    Ok(whole)
}

/// What has this set, if it is the one at the head.
fn at_head(view: &View, (mut set, sizes): (SetHash, Sizes)) -> Result<Whole, Problem> {
    let digests = set.digests().ok_or(Code::Unavailable)?;
    let joined = Follower::join(&view.chain, &view.hub_head(), &digests);
    let mut follower = joined.map_err(|_| moved())?;
    follower.complete(set, &digests).map_err(|_| moved())?;
    Ok(Whole { follower, sizes })
}

/// What was read is not the set of the head that was seen before.
fn moved() -> Problem {
    Problem::new(Code::Conflict).because("the feed went on meanwhile, or is damaged: fetch it")
}

/// With more it is faster to read everything in order.
const MAX_TOUCHED: usize = 64;
