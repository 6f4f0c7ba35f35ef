//! Buckets of the live set.

use minicbor::{Decode, Encode};

use super::{Malformed, cbor};
use crate::Digest;
use crate::feed::{BUCKETS, Listed, Live};
use crate::store::{RecordId, Seq};

/// The digests of all buckets at a place in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct DigestsAnswer {
    /// Which place.
    pub seq: Seq,
    /// One for each first byte.
    pub digests: Vec<Digest>,
}

impl DigestsAnswer {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let (seq, joined): (Seq, minicbor::bytes::ByteVec) = cbor::decode(bytes)?;
        let (digests, rest) = joined.as_chunks();
        if digests.len() != BUCKETS || !rest.is_empty() {
            return Err(Malformed);
        }
        let digests = digests.iter().copied().map(Digest::new).collect();
        Ok(Self { seq, digests })
    }

    /// As it is sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let joined = self.digests.iter().flat_map(|digest| *digest.as_bytes());
        let joined: minicbor::bytes::ByteVec = joined.collect::<Vec<_>>().into();
        cbor::encode(&(self.seq, joined))
    }
}

/// A part of the listing of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct ListingAnswer {
    /// The place in the feed at which it was read.
    pub seq: Seq,
    /// Ascending by id.
    pub listed: Vec<Listed>,
    /// Whether there are more after the last of these.
    pub more: bool,
}

impl ListingAnswer {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let (seq, lines, more): (Seq, Vec<Line>, u8) = cbor::decode(bytes)?;
        if more > 1 {
            return Err(Malformed);
        }
        let listed = lines.into_iter().map(Listed::from).collect();
        let more = more == 1;
        Ok(Self { seq, listed, more })
    }

    /// As it is sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let lines: Vec<_> = self.listed.iter().map(Line::from).collect();
        cbor::encode(&(self.seq, lines, u8::from(self.more)))
    }
}

#[derive(Encode, Decode)]
struct Line {
    #[n(0)]
    id: RecordId,
    #[n(1)]
    version: u64,
    #[n(2)]
    digest: Digest,
}

impl From<Line> for Listed {
    fn from(line: Line) -> Self {
        let Line {
            id,
            version,
            digest,
        } = line;
        let live = Live { version, digest };
        Self { id, live }
    }
}

impl From<&Listed> for Line {
    fn from(listed: &Listed) -> Self {
        Self {
            id: listed.id,
            version: listed.live.version,
            digest: listed.live.digest,
        }
    }
}
