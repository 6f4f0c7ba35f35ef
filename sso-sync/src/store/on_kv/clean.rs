//! Removing what no root needs any more: at the end of each compaction, and to erase a domain.

use crate::store::{DomainId, Expect, KvStore, StoreError, Version};

use super::OnKv;
use super::format::{Base, Root};
use super::key::{self, END, Life, Name, Place, Within};

impl<K: KvStore> OnKv<K> {
    pub(super) async fn erase_domain(&self, domain: &DomainId) -> Result<(), StoreError> {
        if self.end_life(domain).await? {
            self.clean(domain).await?;
        }
        self.domains().remove(domain);
        Ok(())
    }

    /// Ends the life of the domain, if it is alive: from then on nothing of it counts. Answers
    /// whether there has ever been such a domain.
    async fn end_life(&self, domain: &DomainId) -> Result<bool, StoreError> {
        while let Some(rooted) = self.root(domain).await? {
            let Root::Alive { life, .. } = rooted.root else {
                return Ok(true);
            };
            let number = life.number;
            let erased = Root::Erased { number }.encode();
            let expect = Expect::Is(rooted.version);
            match self.kv.put(&key::root(domain), erased, expect).await {
                // The domain was compacted, or erased, meanwhile.
                Err(StoreError::Conflict) => {}
                answer => return answer.map(|_| true),
            }
        }
        Ok(false)
    }

    /// Removes whatever the root of the domain says that nobody needs.
    pub(super) async fn clean(&self, domain: &DomainId) -> Result<(), StoreError> {
        let Some(rooted) = self.root(domain).await? else {
            return Ok(());
        };
        let prefix = key::domain(domain);
        let mut after: Option<String> = None;
        loop {
            let page = self.kv.list(&prefix, after.as_deref(), PAGE).await?;
            let mut skipped = false;
            for (key, entry) in page.entries {
                match fate(&rooted.root, domain, &key) {
                    Fate::Remove => {
                        self.remove(&key, entry.version).await?;
                        after = Some(key);
                    }
                    Fate::Skip(rest) => {
                        after = Some(rest);
                        skipped = true;
                        break;
                    }
                }
            }
            if !page.more && !skipped {
                return Ok(());
            }
        }
    }

    /// Removes what was just put, as far as possible: what is left is removed later.
    pub(super) async fn discard(&self, put: &[(String, Version)]) {
        for (key, version) in put {
            let _ = self.remove(key, version.clone()).await;
        }
    }

    /// Removes a key, unless another did.
    async fn remove(&self, key: &str, version: Version) -> Result<(), StoreError> {
        match self.kv.delete(key, version).await {
            Err(StoreError::Conflict) => Ok(()),
            answer => answer,
        }
    }
}

/// What is to be done with a key.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Remove,
    /// All up to here stays.
    Skip(String),
}

/// What a root, however old, says about a key: what it does not need, no later one does.
///
/// Lives and snapshots whose number is greater than the root's are under way: somebody writes
/// them, and a later root may name them.
fn fate(root: &Root, domain: &DomainId, key: &str) -> Fate {
    let Place::Life(name, within) = Place::of(key, domain) else {
        return Fate::Skip(key.into());
    };
    let life = Life {
        domain: *domain,
        name,
    };
    match root {
        Root::Alive { life: alive, base } if *alive == name => {
            fate_within(life, *base, within, key)
        }
        Root::Alive {
            life: Name { number, .. },
            ..
        }
        | Root::Erased { number }
            if name.number <= *number =>
        {
            Fate::Remove
        }
        _ => Fate::Skip(format!("{life}{END}")),
    }
}

/// What is to be done with a key in the life that goes on.
fn fate_within(life: Life, base: Option<Base>, within: Within, key: &str) -> Fate {
    let Some(base) = base else {
        return Fate::Skip(format!("{life}{END}"));
    };
    match within {
        Within::Chain => Fate::Skip(format!("{}{END}", life.chain())),
        Within::Other => Fate::Skip(key.into()),
        Within::Slot(first) if first <= base.floor => Fate::Remove,
        Within::Slot(_) => Fate::Skip(format!("{}{END}", life.feed())),
        Within::Snapshot(name) if name == base.snapshot => {
            Fate::Skip(format!("{}{END}", life.snapshot(name)))
        }
        Within::Snapshot(name) if name.number <= base.snapshot.number => Fate::Remove,
        Within::Snapshot(_) => Fate::Skip(format!("{life}{END}")),
    }
}

/// How many keys to look at at once. Their values come with them.
const PAGE: usize = 8;
