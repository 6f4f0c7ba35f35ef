//! The last beat of every server.

use bytes::Bytes;

use super::document;
use super::ending::remove;
use crate::chain::Chain;
use crate::seal::MemberId;
use crate::store::{DomainId, Expect, KvStore, StoreError};
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

/// The last beat of every server that still belongs to the domain.
pub(super) async fn all(
    documents: &dyn KvStore,
    domain: DomainId,
    chain: &Chain,
) -> Result<Beats, Problem> {
    let prefix = format!("{BEATS}{domain}/");
    let (mut beats, mut size) = (Vec::new(), 0);
    let mut after = None;
    loop {
        let page = documents.list(&prefix, after.as_deref(), PAGE).await?;
        after = page.entries.last().map(|(key, _)| key.clone());
        for (key, held) in page.entries {
            if !is_of_a_member(&key, &prefix, chain) {
                continue;
            }
            size += held.value.len();
            beats.push(held.value);
        }
        if !page.more || size > PAGE_BYTES {
            return Ok(Beats(beats));
        }
    }
}

/// Forgets the beats of every server of a domain.
pub(super) async fn forget(documents: &dyn KvStore, domain: DomainId) -> Result<(), StoreError> {
    let prefix = format!("{BEATS}{domain}/");
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

fn is_of_a_member(key: &str, prefix: &str, chain: &Chain) -> bool {
    let node = key.strip_prefix(prefix).and_then(unhex).map(MemberId::new);
    let standing = node.and_then(|node| chain.standing(node));
    standing.is_some_and(|it| it.revoked().is_none())
}

fn key(domain: DomainId, node: MemberId) -> String {
    format!("{BEATS}{domain}/{node}")
}

const BEATS: &str = "hub/beat/";

/// How many are read at once: they are small.
const PAGE: usize = 64;

const LATER: &str = "a beat of this server with this or a higher counter is there already: \
                     does the server run twice?";
