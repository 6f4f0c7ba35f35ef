//! What is under way for each member.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::seal::MemberId;
use crate::store::DomainId;
use crate::wire::{Code, Problem};

/// What is under way for each member; clones share it.
#[derive(Clone, Debug, Default)]
pub(in crate::hub) struct UnderWay(Arc<Mutex<HashMap<Key, usize>>>);

type Key = (DomainId, MemberId, Work);

/// What takes a while or much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::hub) enum Work {
    /// A page of a long answer.
    Page,
    /// A wait for news.
    Wait,
}

impl UnderWay {
    /// Begins work for a member; it ends when the result is dropped.
    ///
    /// # Errors
    ///
    /// [`Code::Busy`] if as much is under way as may be.
    pub(in crate::hub) fn begin(
        &self,
        domain: DomainId,
        member: MemberId,
        work: Work,
    ) -> Result<Begun, Problem> {
        let key = (domain, member, work);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_KEYS && !counts.contains_key(&key) {
            return Err(busy());
        }
        let count = counts.entry(key).or_default();
        if *count >= work.limit() {
            return Err(busy());
        }
        *count += 1;
        drop(counts);
        let all = self.clone();
        Ok(Begun { all, key })
    }
}

impl Work {
    const fn limit(self) -> usize {
        match self {
            Self::Page => 2,
            Self::Wait => 4,
        }
    }
}

/// Work under way.
#[derive(Debug)]
pub(in crate::hub) struct Begun {
    all: UnderWay,
    key: Key,
}

impl Drop for Begun {
    fn drop(&mut self) {
        let mut counts = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

fn busy() -> Problem {
    Problem::new(Code::Busy).retry_after(1)
}

/// How many members wait or fetch at once: what one process holds connections for.
const MAX_KEYS: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_much_is_under_way_and_more_when_something_has_ended() {
        let all = UnderWay::default();
        let begin = || all.begin(DomainId::new([1; 32]), MemberId::new([1; 16]), Work::Page);
        let one = begin().unwrap();
        let _two = begin().unwrap();
        assert_eq!(begin().unwrap_err().code, Code::Busy);
        drop(one);
        assert!(begin().is_ok());
    }

    #[test]
    fn what_has_ended_leaves_nothing_behind() {
        let all = UnderWay::default();
        for member in 0..100 {
            let member = MemberId::new([member; 16]);
            all.begin(DomainId::new([1; 32]), member, Work::Wait)
                .unwrap();
        }
        assert!(all.0.lock().unwrap().is_empty());
    }
}
