//! Documents that several processes share.

use bytes::Bytes;
use minicbor::{Decode, Encode};

use crate::cbor;
use crate::store::{Expect, KvStore, StoreError, Version};

/// Reads a document, with what a writer has to expect.
pub(super) async fn read<T>(
    store: &dyn KvStore,
    key: &str,
) -> Result<Option<(T, Version)>, StoreError>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    let Some(entry) = store.get(key).await? else {
        return Ok(None);
    };
    Ok(Some((parse(&entry.value)?, entry.version)))
}

/// Reads the bytes of a document.
pub(super) fn parse<T>(bytes: &[u8]) -> Result<T, StoreError>
where
    T: Encode<()> + for<'b> Decode<'b, ()>,
{
    cbor::decode(bytes).map_err(|_| StoreError::corrupt("a document makes no sense"))
}

/// Writes a document in place of `before`.
pub(super) async fn write<T: Encode<()>>(
    store: &dyn KvStore,
    key: &str,
    document: &T,
    before: Option<Version>,
) -> Result<(), StoreError> {
    let value: Bytes = cbor::encode(document).into();
    let expect = before.map_or(Expect::Absent, Expect::Is);
    store.put(key, value, expect).await.map(drop)
}

/// How often a change of a document is tried while others change it.
pub(super) const TRIES: usize = 8;
