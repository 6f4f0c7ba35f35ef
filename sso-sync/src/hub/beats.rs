//! The last beat of every server.

use bytes::Bytes;

use super::document;
use super::ending::remove;
use crate::chain::Chain;
use crate::seal::MemberId;
use crate::store::{DomainId, Expect, KvStore, Seq, StoreError, Version};
use crate::wire::{Beat, Beats, Code, PAGE_BYTES, Problem, unhex};

/// Keeps a beat that was checked, in place of an earlier one of the same server.
///
/// # Errors
///
/// [`Code::Conflict`] if a later one is there.
pub(super) async fn keep(
    documents: &dyn KvStore,
    domain: DomainId,
    beat: &Beat,
    bytes: &Bytes,
) -> Result<(), Problem> {
    let key = key(domain, beat.body().node);
    for _ in 0..document::TRIES {
        let held = documents.get(&key).await?;
        if held.as_ref().is_some_and(|held| held.value == *bytes) {
            return Ok(());
        }
        let later = held.as_ref().and_then(|held| Beat::parse(&held.value).ok());
        if later.is_some_and(|it| it.body().counter >= beat.body().counter) {
            return Err(Problem::new(Code::Conflict).because(LATER));
        }
        let expect = held.map_or(Expect::Absent, |held| Expect::Is(held.version));
        match documents.put(&key, bytes.clone(), expect).await {
            Err(StoreError::Conflict | StoreError::Unknown(_)) => {}
            put => return Ok(put.map(drop)?),
        }
    }
    Err(Code::Unavailable.into())
}

/// The last beats of the servers that still belong to the domain, by id after `after`: a page of
/// [`PAGE_BYTES`], and what the last one goes beyond it. Less than half of that is the last page.
pub(super) async fn page(
    documents: &dyn KvStore,
    domain: DomainId,
    chain: &Chain,
    after: Option<MemberId>,
) -> Result<Beats, Problem> {
    let prefix = prefix(domain);
    let mut after = after.map(|node| key(domain, node));
    let (mut beats, mut size) = (Vec::new(), 0);
    loop {
        let page = documents.list(&prefix, after.as_deref(), PAGE).await?;
        after = page.entries.last().map(|(key, _)| key.clone());
        for (key, held) in page.entries {
            if is_revoked(&key, &prefix, chain) != Some(false) {
                continue;
            }
            size += held.value.len();
            beats.push(held.value);
            if size >= PAGE_BYTES {
                return Ok(Beats(beats));
            }
        }
        if !page.more {
            return Ok(Beats(beats));
        }
    }
}

/// Forgets the beats of every server of a domain.
pub(super) async fn forget(documents: &dyn KvStore, domain: DomainId) -> Result<(), StoreError> {
    let prefix = prefix(domain);
    loop {
        let page = documents.list(&prefix, None, PAGE).await?;
        for (key, _) in &page.entries {
            remove(documents, key).await?;
        }
        if !page.more {
            return Ok(());
        }
    }
}

/// How far each server of the domain has come, as its last beat says. Beats of servers that were
/// revoked are forgotten.
pub(super) async fn positions(
    documents: &dyn KvStore,
    domain: DomainId,
    chain: &Chain,
) -> Result<Vec<Seq>, StoreError> {
    let prefix = prefix(domain);
    let (mut positions, mut after) = (Vec::new(), None);
    loop {
        let page = documents.list(&prefix, after.as_deref(), PAGE).await?;
        after = page.entries.last().map(|(key, _)| key.clone());
        for (key, held) in page.entries {
            match is_revoked(&key, &prefix, chain) {
                Some(false) => {
                    let beat = Beat::parse(&held.value);
                    positions.extend(beat.map(|it| it.body().head.seq));
                }
                Some(true) => forget_one(documents, &key, held.version).await?,
                // Whom this chain does not know may have been added since.
                None => {}
            }
        }
        if !page.more {
            return Ok(positions);
        }
    }
}

async fn forget_one(
    documents: &dyn KvStore,
    key: &str,
    version: Version,
) -> Result<(), StoreError> {
    match documents.delete(key, version).await {
        // Another process has forgotten it.
        Err(StoreError::Conflict) => Ok(()),
        deleted => deleted,
    }
}

/// Whether whoever a beat is of was revoked; `None` for whom the chain does not know.
fn is_revoked(key: &str, prefix: &str, chain: &Chain) -> Option<bool> {
    let node = key
        .strip_prefix(prefix)
        .and_then(unhex)
        .map(MemberId::new)?;
    Some(chain.standing(node)?.revoked().is_some())
}

fn key(domain: DomainId, node: MemberId) -> String {
    format!("{}{node}", prefix(domain))
}

fn prefix(domain: DomainId) -> String {
    format!("{BEATS}{domain}/")
}

const BEATS: &str = "hub/beat/";

/// How many are read at once: they are small.
const PAGE: usize = 64;

const LATER: &str = "a beat of this server with this or a higher counter is there already: \
                     does the server run twice?";
