//! What a process that begins need not work out again: the digests of the buckets at some place.

use minicbor::{Decode, Encode};

use super::sets::{Base, Whole};
use crate::Digest;
use crate::feed::{BUCKETS, SetHash};
use crate::hub::document;
use crate::sets::{Size, Sizes};
use crate::store::{DomainId, KvStore, Seq, StoreError};

/// Digests and sizes of all buckets after a record. Whoever reads it compares it with the head that
/// servers have signed: a wrong one costs time and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Checkpoint {
    #[n(0)]
    seq: Seq,
    #[n(1)]
    digests: Vec<Digest>,
    /// The bytes of each, then the signposts of each: a hub of before reads the bytes only.
    #[n(2)]
    sizes: Vec<u64>,
}

/// The last one of a domain; `None` if there is none that can be read.
pub(super) async fn read(documents: &dyn KvStore, domain: DomainId) -> Option<Base> {
    let found = document::read::<Checkpoint>(documents, &key(domain)).await;
    let (checkpoint, _) = found.ok().flatten()?;
    Some(Base {
        seq: checkpoint.seq,
        digests: checkpoint.digests,
        sizes: of_numbers(&checkpoint.sizes)?,
        held: SetHash::unknown(),
    })
}

/// `None` if a hub of before has kept the bytes only.
fn of_numbers(numbers: &[u64]) -> Option<Sizes> {
    let (bytes, signposts) = numbers.split_at_checked(BUCKETS)?;
    let sizes = bytes.iter().zip(signposts);
    let sizes = sizes.map(|(&bytes, &signposts)| Size { bytes, signposts });
    (signposts.len() == BUCKETS).then(|| (0..=u8::MAX).zip(sizes).collect())
}

fn numbers(whole: &Whole) -> Vec<u64> {
    let bytes = whole.sizes().map(|size| size.bytes);
    bytes
        .chain(whole.sizes().map(|size| size.signposts))
        .collect()
}

/// Keeps what was worked out, unless somebody else has kept as much.
///
/// # Errors
///
/// A [`StoreError`].
pub(super) async fn write(
    documents: &dyn KvStore,
    domain: DomainId,
    mut whole: Whole,
) -> Result<(), StoreError> {
    let Some(digests) = whole.follower.set_mut().digests() else {
        return Ok(());
    };
    let checkpoint = Checkpoint {
        seq: whole.seq(),
        digests,
        sizes: numbers(&whole),
    };
    let key = key(domain);
    let found = document::read::<Checkpoint>(documents, &key).await?;
    if found.as_ref().is_some_and(|(held, _)| *held == checkpoint) {
        return Ok(());
    }
    let version = found.map(|(_, version)| version);
    match document::write(documents, &key, &checkpoint, version).await {
        // Another process has written one.
        Err(StoreError::Conflict | StoreError::Unknown(_)) => Ok(()),
        written => written,
    }
}

/// Under which key it is kept.
pub(in crate::hub) fn key(domain: DomainId) -> String {
    format!("hub/set/{domain}")
}
