//! The chains of domains, read from the store once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Domain;
use crate::chain::Chain;
use crate::store::{DomainId, DomainStore};
use crate::wire::{Code, PAGE_BYTES, Problem};

/// The domains that were asked for lately.
#[derive(Debug, Default)]
pub(in crate::hub) struct Domains(Mutex<Recent>);

#[derive(Debug, Default)]
struct Recent {
    domains: HashMap<DomainId, (u64, Arc<Domain>)>,
    asked: u64,
}

impl Domains {
    /// What is known of a domain: nothing yet, if it was not asked for lately.
    pub(in crate::hub) fn of(&self, id: DomainId) -> Arc<Domain> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.asked += 1;
        let asked = recent.asked;
        if !recent.domains.contains_key(&id) && recent.domains.len() >= MAX_DOMAINS {
            recent.forget_one();
        }
        let new = || (asked, Arc::new(Domain::new(id)));
        let (last, domain) = recent.domains.entry(id).or_insert_with(new);
        *last = asked;
        Arc::clone(domain)
    }

    /// What is known of a domain, if it was asked for lately; that does not count as asking.
    pub(in crate::hub) fn known(&self, id: &DomainId) -> Option<Arc<Domain>> {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.domains.get(id).map(|(_, domain)| Arc::clone(domain))
    }

    /// Forgets what was made of an id that names no domain.
    pub(in crate::hub) fn forget(&self, id: &DomainId) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.domains.remove(id);
    }
}

impl Recent {
    /// Forgets the domain that nobody asked for for the longest time.
    fn forget_one(&mut self) {
        let oldest = self.domains.iter().min_by_key(|(_, (asked, _))| *asked);
        if let Some(id) = oldest.map(|(id, _)| *id) {
            self.domains.remove(&id);
        }
    }
}

impl Domain {
    /// The chain with so many statements.
    pub(super) async fn chain(
        &self,
        store: &dyn DomainStore,
        statements: u64,
    ) -> Result<Arc<Chain>, Problem> {
        // A store that was put back has less than before: what was known of more is forgotten.
        let cached = self.cached().filter(|chain| chain.len() <= statements);
        if let Some(chain) = cached.as_ref().filter(|it| it.len() == statements) {
            return Ok(Arc::clone(chain));
        }
        let chain = Arc::new(self.read_on(store, cached, statements).await?);
        self.keep(&chain);
        Ok(chain)
    }

    async fn read_on(
        &self,
        store: &dyn DomainStore,
        cached: Option<Arc<Chain>>,
        statements: u64,
    ) -> Result<Chain, Problem> {
        let mut chain = match cached {
            Some(chain) => Arc::unwrap_or_clone(chain),
            None => self.begin(store).await?,
        };
        while chain.len() < statements {
            let page = store.statements(&self.id, chain.len(), PAGE_BYTES).await?;
            if page.is_empty() {
                return Err(Code::Unavailable.into());
            }
            let missing = usize::try_from(statements - chain.len()).unwrap_or(usize::MAX);
            for statement in page.iter().take(missing) {
                chain.append(statement).map_err(damaged)?;
            }
        }
        Ok(chain)
    }

    async fn begin(&self, store: &dyn DomainStore) -> Result<Chain, Problem> {
        let genesis = store.statements(&self.id, 0, 0).await?;
        let genesis = genesis.first().ok_or(Code::UnknownDomain)?;
        Chain::open(self.id, genesis).map_err(damaged)
    }
}

/// The hub checked every statement before it was stored.
fn damaged<E>(_: E) -> Problem {
    Problem::new(Code::Unavailable).because("the hub's storage of this domain is damaged")
}

/// A chain takes some 100 KB, and the set of a domain that is written to 600 KB.
const MAX_DOMAINS: usize = 256;
