//! The authority chain: the first statement makes the domain, each further one has its own key.

use std::sync::Arc;

use bytes::Bytes;

use crate::store::{DomainId, Expect, KvStore, Seq, StoreError};

use super::OnKv;
use super::format::{Root, decode_plain, encode_plain};
use super::key::{self, Life, Name};
use super::known::{Gaps, Known};
use super::room::Room;

/// Statements that were listed.
#[derive(Debug)]
pub(super) struct Walk {
    /// Those that were to be kept.
    statements: Vec<Bytes>,
    /// The position after the last one that was listed.
    pub(super) end: u64,
    /// Whether a later one was listed, but not the one at `end`.
    pub(super) gap: bool,
}

impl<K: KvStore> OnKv<K> {
    pub(super) async fn append_to_chain(
        &self,
        domain: &DomainId,
        position: u64,
        statement: &Bytes,
    ) -> Result<(), StoreError> {
        let value = encode_plain(statement);
        match position {
            0 => self.begin_life(domain, value).await,
            _ => self.append_further(domain, position, value).await,
        }
    }

    /// Makes the domain. What decides is the put of the root; the statement stands under a key
    /// that nobody reads before.
    async fn begin_life(&self, domain: &DomainId, value: Bytes) -> Result<(), StoreError> {
        let (number, expect) = match self.root(domain).await? {
            None => (0, Expect::Absent),
            Some(root) => match root.root {
                Root::Alive { .. } => return Err(StoreError::Conflict),
                Root::Erased { number } => (number, Expect::Is(root.version)),
            },
        };
        let name = Name::following(number)?;
        let life = Life {
            domain: *domain,
            name,
        };
        let statement = life.statement(0);
        let version = self.kv.put(&statement, value, Expect::Absent).await?;
        let root = Root::Alive {
            life: name,
            base: None,
        };
        let key = key::root(domain);
        let made = self.kv.put(&key, root.encode(), expect).await.map(drop);
        // A put whose answer was lost may still arrive, and then needs the statement.
        if !matches!(made, Ok(()) | Err(StoreError::Unknown(_))) {
            self.discard(&[(statement, version)]).await;
        }
        made
    }

    async fn append_further(
        &self,
        domain: &DomainId,
        position: u64,
        value: Bytes,
    ) -> Result<(), StoreError> {
        let Some(known) = self.chain_that_has(domain, position).await? else {
            return Err(StoreError::Conflict);
        };
        let key = known.life.statement(position);
        let version = self.kv.put(&key, value, Expect::Absent).await?;
        self.confirm(&known.life, None, (key, version)).await?;
        known.see_statements(position + 1);
        Ok(())
    }

    /// The domain, if its chain has had `count` statements, and no more as far as is known.
    async fn chain_that_has(
        &self,
        domain: &DomainId,
        count: u64,
    ) -> Result<Option<Arc<Known>>, StoreError> {
        let Some((known, _)) = self.meet(domain).await? else {
            return Ok(None);
        };
        if known.statements() >= count {
            return Ok((known.statements() == count).then_some(known));
        }
        let counted = self.walk_whole(domain, Known::statements, None).await?;
        Ok(counted.and_then(|(known, walk)| {
            known.see_statements(walk.end);
            (walk.end == count).then_some(known)
        }))
    }

    pub(super) async fn read_chain(
        &self,
        domain: &DomainId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Vec<Bytes>, StoreError> {
        let room = Room::new(max_bytes);
        let walked = self.walk_whole(domain, |_| from, Some(room)).await?;
        Ok(walked.map_or_else(Vec::new, |(_, walk)| walk.statements))
    }

    /// Walks until it is sure that nothing was left out.
    async fn walk_whole(
        &self,
        domain: &DomainId,
        from: impl Fn(&Known) -> u64 + Send,
        keep: Option<Room>,
    ) -> Result<Option<(Arc<Known>, Walk)>, StoreError> {
        let mut gaps = Gaps::default();
        while let Some(known) = self.load(domain).await? {
            let walk = self.walk(&known, from(&known), keep).await?;
            match self.meet(domain).await? {
                Some((now, _)) if now.life != known.life => {}
                Some(_) if walk.gap => gaps.check(&known, known.life.statement(walk.end))?,
                Some(_) => return Ok(Some((known, walk))),
                None => {}
            }
        }
        Ok(None)
    }

    /// Lists statements from position `from` on. Keeps as many as there is room for, or counts
    /// all. Only the root, read afterwards, tells whether they were there all the time.
    pub(super) async fn walk(
        &self,
        known: &Known,
        from: u64,
        mut keep: Option<Room>,
    ) -> Result<Walk, StoreError> {
        let mut walk = Walk {
            statements: Vec::new(),
            end: from,
            gap: false,
        };
        loop {
            let before = walk.end.checked_sub(1);
            let after = before.map(|before| known.life.statement(before));
            let chain = known.life.chain();
            let page = self.kv.list(&chain, after.as_deref(), PAGE).await?;
            for (key, entry) in page.entries {
                walk.gap = key != known.life.statement(walk.end);
                let statement = decode_plain(entry.value).map_err(|it| it.at(&key))?;
                let fits = keep.as_mut().is_none_or(|room| room.takes(statement.len()));
                if walk.gap || !fits {
                    return Ok(walk);
                }
                walk.end += 1;
                if keep.is_some() {
                    walk.statements.push(statement);
                }
            }
            if !page.more {
                return Ok(walk);
            }
        }
    }

    /// Makes sure that what was put counts: its life goes on, and the floor has not reached it.
    ///
    /// If it is not sure, what was put is removed, since nobody reads it any more, whether it
    /// counted or not.
    pub(super) async fn confirm(
        &self,
        life: &Life,
        slot: Option<Seq>,
        put: (String, crate::store::Version),
    ) -> Result<(), StoreError> {
        let now = self.meet(&life.domain).await.map_err(StoreError::unknown)?;
        let counts = now.is_some_and(|(_, alive)| {
            alive.life == *life && slot.is_none_or(|first| first > alive.floor())
        });
        if counts {
            return Ok(());
        }
        self.discard(&[put]).await;
        Err(StoreError::unknown(
            "the domain was erased, or compacted twice, while this was written",
        ))
    }
}

/// How many statements to ask for at once.
const PAGE: usize = 64;
