//! Places of level 1 as places of level 2.

use super::Place;
use super::kv::KvPlace;
use crate::store::OnKv;

/// A place of level 1, for `domain_store_tests!`: its stores carry [`OnKv`].
#[derive(Debug)]
pub struct OnKvAt<P>(P);

impl<P: KvPlace> Place for OnKvAt<P> {
    type Store = OnKv<P::Store>;

    async fn fresh() -> Self {
        Self(P::fresh().await)
    }

    async fn open(&self) -> Self::Store {
        OnKv::new(self.0.open().await)
    }

    fn name(&self) -> Option<String> {
        self.0.name()
    }

    async fn named(name: &str) -> Self {
        Self(P::named(name).await)
    }

    async fn small(bytes: u64) -> Option<Self> {
        P::small(bytes).await.map(Self)
    }

    async fn enlarge(&self) {
        self.0.enlarge().await;
    }
}
