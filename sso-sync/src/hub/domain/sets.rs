//! The set hash of a domain, built from the store.

use super::View;
use crate::feed::{Envelope, Follower, SetHash};
use crate::sets;
use crate::store::{DomainId, DomainStore, Seq};
use crate::wire::{Code, Problem};

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
        None => sets::read(store, &domain, None, &sets::all()).await?,
    };
    let refreshed = at_head(view, set);
    if refreshed.is_ok() {
        return refreshed;
    }
    // Something else was written between the reads, or what was known is of another time.
    let set = sets::read(store, &domain, None, &sets::all()).await?;
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
    let touched = sets::touched(store, &domain, follower.head().mark.seq).await?;
    let touched = touched.unwrap_or_else(sets::all);
    let set = sets::read(store, &domain, Some(follower.set()), &touched);
    Ok(set.await?)
}

/// What was read is not the set of the head that was seen before.
fn moved() -> Problem {
    Problem::new(Code::Conflict).because("the feed went on meanwhile, or is damaged: fetch it")
}
