//! Places of level 1 as places of level 2.

use minicbor::bytes::ByteVec;

use super::kv::KvPlace;
use super::{ANSWERS, Place};
use crate::store::{Expect, KvStore, OnKv};

/// A place of level 1, for `domain_store_tests!`: its stores carry [`OnKv`].
///
/// Its earlier files are what earlier versions of [`OnKv`] wrote: the kit brings them and puts
/// them into a fresh place, so the group is not lacking on any backend.
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

    async fn earlier() -> Vec<Self> {
        let mut places = Vec::new();
        for dump in EARLIER {
            let place = P::fresh().await;
            load(&place.open().await, dump).await;
            places.push(Self(place));
        }
        places
    }
}

async fn load(store: &dyn KvStore, dump: &[u8]) {
    let entries: Vec<(String, ByteVec)> = minicbor::decode(dump).expect("a dump of the kit");
    for (key, value) in entries {
        let value = Vec::from(value).into();
        let put = store.put(&key, value, Expect::Absent).await;
        put.expect(ANSWERS);
    }
}

/// All keys and values after [`write_known`](super::domain::write_known), by each version of the
/// format.
const EARLIER: [&[u8]; 1] = [include_bytes!("../../tests/data/on_kv/v1.cbor")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;
    use crate::testkit::domain::{files_of_earlier_versions_are_read, write_known};
    use crate::testkit::run_on_earlier_files;

    #[derive(Debug)]
    struct Memory(MemoryStore);

    impl Place for Memory {
        type Store = MemoryStore;

        async fn fresh() -> Self {
            Self(MemoryStore::new())
        }

        async fn open(&self) -> MemoryStore {
            self.0.clone()
        }
    }

    /// Keeps the dump of this version where [`WRITE_TO`] says, for later ones to read.
    #[tokio::test]
    async fn a_dump_is_read_as_it_was_written() {
        let store = MemoryStore::new();
        write_known(&OnKv::new(store.clone())).await;
        let written = store.list("", None, 1000).await.unwrap().entries;
        let values = written.iter().map(|(_, entry)| entry.value.to_vec());
        let keys = written.iter().map(|(key, _)| key.clone());
        let dump: Vec<_> = keys.zip(values.map(ByteVec::from)).collect();
        let dump = minicbor::to_vec(dump).unwrap();
        if let Some(path) = std::env::var_os(WRITE_TO) {
            std::fs::write(path, &dump).unwrap();
        }
        let loaded = Memory::fresh().await;
        load(&loaded.0, &dump).await;
        let place = OnKvAt(loaded);
        files_of_earlier_versions_are_read(place).await;
    }

    #[test]
    fn dumps_of_earlier_versions_are_read() {
        run_on_earlier_files::<OnKvAt<Memory>>(files_of_earlier_versions_are_read);
    }

    const WRITE_TO: &str = "SSO_TESTKIT_WRITE_DUMP";
}
