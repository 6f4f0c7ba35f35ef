//! What was read last, so that it need not be read again at once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Values that never change, by their keys: those that came last, up to a total size.
#[derive(Debug)]
pub(super) struct Cache<T> {
    limit: usize,
    content: Mutex<Content<T>>,
}

#[derive(Debug)]
struct Content<T> {
    values: HashMap<String, (Arc<T>, usize)>,
    /// The keys, those that came first in front.
    order: VecDeque<String>,
    size: usize,
}

impl<T> Cache<T> {
    /// For values of at most `limit` bytes altogether.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            content: Mutex::new(Content {
                values: HashMap::new(),
                order: VecDeque::new(),
                size: 0,
            }),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<T>> {
        let content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        content.values.get(key).map(|(value, _)| Arc::clone(value))
    }

    /// Keeps a value of about `size` bytes, and forgets the oldest ones if it has to.
    pub(super) fn put(&self, key: String, value: Arc<T>, size: usize) {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        if size > self.limit || content.values.contains_key(&key) {
            return;
        }
        content.size += size;
        content.order.push_back(key.clone());
        content.values.insert(key, (value, size));
        while content.size > self.limit {
            content.forget_one();
        }
    }
}

impl<T> Content<T> {
    fn forget_one(&mut self) {
        let oldest = self.order.pop_front();
        let forgotten = oldest.and_then(|key| self.values.remove(&key));
        self.size -= forgotten.map_or(self.size, |(_, size)| size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_last_is_kept_up_to_the_limit() {
        let cache = Cache::new(10);
        for (key, size) in [("a", 4), ("b", 6), ("c", 1)] {
            cache.put(key.into(), Arc::new(()), size);
        }
        let kept = ["a", "b", "c"].map(|key| cache.get(key).is_some());
        assert_eq!(kept, [false, true, true]);
    }

    #[test]
    fn what_is_larger_than_the_limit_displaces_nothing() {
        let cache = Cache::new(10);
        cache.put("a".into(), Arc::new(()), 10);
        cache.put("b".into(), Arc::new(()), 11);
        assert!(cache.get("a").is_some() && cache.get("b").is_none());
    }

    #[test]
    fn a_value_that_is_there_is_counted_once() {
        let cache = Cache::new(10);
        for _ in 0..3 {
            cache.put("a".into(), Arc::new(()), 4);
        }
        cache.put("b".into(), Arc::new(()), 6);
        assert!(cache.get("a").is_some() && cache.get("b").is_some());
    }
}
