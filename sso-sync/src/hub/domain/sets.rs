//! The set hash of a domain, built from the store.

use super::View;
use crate::feed::{Envelope, Follower, SetHash, bucket_of};
use crate::sets::{self, Sizes};
use crate::store::{DomainId, DomainStore, RecordId, Seq};
use crate::wire::{Code, Problem};

/// A follower at the head, with the whole set and how large it is.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub(super) follower: Follower,
    sizes: Sizes,
}

impl Whole {
    /// Bytes of the records that count.
    pub(super) fn bytes(&self) -> u64 {
        self.sizes.values().sum()
    }

    /// Takes in that the record of an id has grown from `before` bytes to `after`.
    pub(super) fn resize(&mut self, id: &RecordId, before: u64, after: u64) {
        let size = self.sizes.entry(bucket_of(id)).or_default();
        *size = size.saturating_sub(before).saturating_add(after);
    }
}

/// What is at the head.
///
/// `known` is one of before, if there is one: then only the buckets are read in which something
/// has changed since.
pub(super) async fn whole_at(
    store: &dyn DomainStore,
    domain: DomainId,
    view: &View,
    known: Option<Whole>,
) -> Result<Whole, Problem> {
    let known = known.filter(|it| it.follower.head().mark.seq <= view.head.seq);
    let read = match known {
        Some(whole) if is_at(&whole.follower, view) => return Ok(whole),
        Some(whole) => refresh(store, domain, whole).await?,
        None => sets::read(store, &domain, None, &sets::all()).await?,
    };
    let refreshed = at_head(view, read);
    if refreshed.is_ok() {
        return refreshed;
    }
    // Something else was written between the reads, or what was known is of another time.
    let read = sets::read(store, &domain, None, &sets::all()).await?;
    at_head(view, read)
}

fn is_at(follower: &Follower, view: &View) -> bool {
    let last = Envelope::parse(&view.head.envelope).map(|it| it.hash());
    let mark = follower.head().mark;
    mark.seq == view.head.seq && (mark.seq == Seq::START || last == Ok(mark.hash))
}

/// What has this set, if it is the one at the head.
fn at_head(view: &View, (mut set, sizes): (SetHash, Sizes)) -> Result<Whole, Problem> {
    let digests = set.digests().ok_or(Code::Unavailable)?;
    let joined = Follower::join(&view.chain, &view.hub_head(), &digests);
    let mut follower = joined.map_err(|_| moved())?;
    follower.complete(set, &digests).map_err(|_| moved())?;
    Ok(Whole { follower, sizes })
}

/// The set, with the buckets read again in which something was committed since.
async fn refresh(
    store: &dyn DomainStore,
    domain: DomainId,
    whole: Whole,
) -> Result<(SetHash, Sizes), Problem> {
    let Whole {
        follower,
        mut sizes,
    } = whole;
    let touched = sets::touched(store, &domain, follower.head().mark.seq).await?;
    let touched = touched.unwrap_or_else(sets::all);
    let read = sets::read(store, &domain, Some(follower.set()), &touched);
    let (set, fresh) = read.await?;
    sizes.extend(fresh);
    Ok((set, sizes))
}

/// What was read is not the set of the head that was seen before.
fn moved() -> Problem {
    Problem::new(Code::Conflict).because("the feed went on meanwhile, or is damaged: fetch it")
}
