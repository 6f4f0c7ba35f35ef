//! Where answers to the service may go.

use std::sync::{Arc, PoisonError, RwLock};

/// The addresses for answers (ACS URLs) that the provider was told. Clones are the same.
#[derive(Clone, Debug)]
pub(in crate::demo) struct AcsUrls(Arc<RwLock<Vec<String>>>);

impl AcsUrls {
    /// The first one: answers go there, if a request names no other.
    pub(in crate::demo) fn new(first: String) -> Self {
        Self(Arc::new(RwLock::new(vec![first])))
    }

    /// Another one, beside those that are known.
    pub(in crate::demo) fn learn(&self, url: String) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.push(url);
    }

    /// Where the answer goes to a request that names `wanted`; `None` if that is not known.
    pub(super) fn answer_to(&self, wanted: Option<&str>) -> Option<String> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_it = |url: &&String| wanted.is_none_or(|wanted| wanted == url.as_str());
        known.iter().find(is_it).cloned()
    }
}
