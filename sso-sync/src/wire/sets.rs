//! The whole live set, in parts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::{Decode, Encode};

use super::{MAX_PAGE, Message};
use crate::Digest;
use crate::store::{Cursor, RecordId, Seq, SnapshotPage, Stored};

/// A part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct SnapshotPart {
    /// Records, each with its place.
    #[n(0)]
    pub records: Vec<Stored>,
    /// Where to go on; empty if this was the last part.
    #[n(1)]
    pub next: String,
    /// After the last part: all parts and the feed after this place are everything.
    #[n(2)]
    pub since: Seq,
}

impl SnapshotPart {
    /// The text of a cursor, as it stands in addresses.
    #[must_use]
    pub fn text(cursor: &Cursor) -> String {
        URL_SAFE_NO_PAD.encode(cursor.as_bytes())
    }

    /// The cursor of a text; `None` if it is none.
    #[must_use]
    pub fn cursor(text: &str) -> Option<Cursor> {
        URL_SAFE_NO_PAD.decode(text).ok().map(Cursor::new)
    }
}

impl Message for SnapshotPart {
    const MAX_BYTES: usize = MAX_PAGE;
}

impl From<SnapshotPage> for SnapshotPart {
    fn from(page: SnapshotPage) -> Self {
        let next = page.next.as_ref().map(Self::text);
        Self {
            records: page.records,
            next: next.unwrap_or_default(),
            since: page.since,
        }
    }
}

/// The digests of all buckets.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct BucketDigests {
    /// At which head.
    #[n(0)]
    pub seq: Seq,
    /// One digest after the other.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub digests: Vec<u8>,
}

impl BucketDigests {
    /// At a head.
    #[must_use]
    pub fn new(seq: Seq, digests: &[Digest]) -> Self {
        let bytes = digests.iter().flat_map(|digest| *digest.as_bytes());
        Self {
            seq,
            digests: bytes.collect(),
        }
    }

    /// One by one; what is left over at the end is not among them.
    pub fn iter(&self) -> impl Iterator<Item = Digest> {
        let (digests, _) = self.digests.as_chunks();
        digests.iter().copied().map(Digest::new)
    }
}

impl Message for BucketDigests {
    const MAX_BYTES: usize = 256 * 32 + 16;
}

/// A part of the listing of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Listing {
    /// At which head.
    #[n(0)]
    pub seq: Seq,
    /// Ids and their states, ascending.
    #[n(1)]
    pub records: Vec<ListedRecord>,
    /// 1 if there are further ones, else 0.
    #[n(2)]
    pub more: u8,
}

impl Message for Listing {
    const MAX_BYTES: usize = MAX_PAGE;
}

/// An id and its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct ListedRecord {
    /// Whose record.
    #[n(0)]
    pub id: RecordId,
    /// Which state of the id it is.
    #[n(1)]
    pub version: u64,
    /// The digest of its body.
    #[n(2)]
    pub digest: Digest,
}
