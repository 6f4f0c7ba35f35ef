//! What the writer of a batch states about it.

use minicbor::{Decode, Encode};

use super::{Refusal, record_digest};
use crate::chain::FeedMark;
use crate::seal::{Member, MemberId, MemberKeys, Signature};
use crate::store::{DomainId, Record, Seq};
use crate::{Digest, cbor};

/// The envelope of a batch that was read; nothing says yet that it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    stated: Stated,
    body: Vec<u8>,
    signature: Signature,
    hash: Digest,
}

impl Envelope {
    /// Reads an envelope.
    ///
    /// # Errors
    ///
    /// [`Refusal::Malformed`], [`Refusal::TooLarge`] or [`Refusal::NewerFormat`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(Refusal::TooLarge);
        }
        let signed: Signed = cbor::decode(bytes).map_err(|_| Refusal::Malformed)?;
        match cbor::first_two(&signed.body) {
            Some([FORMAT, SUITE]) => {}
            Some(_) => return Err(Refusal::NewerFormat),
            None => return Err(Refusal::Malformed),
        }
        Ok(Self {
            stated: cbor::decode(&signed.body).map_err(|_| Refusal::Malformed)?,
            body: signed.body,
            signature: signed.signature,
            hash: Digest::of("sso-connect batch hash 1", [bytes]),
        })
    }

    pub(super) fn sign(stated: &Stated, keys: &MemberKeys) -> Vec<u8> {
        let body = cbor::encode(stated);
        let signature = keys.sign(LABEL, &body);
        cbor::encode(&Signed { body, signature })
    }

    pub(super) fn is_signed_by(&self, member: &Member) -> bool {
        member.has_signed(LABEL, &self.body, &self.signature)
    }

    pub(super) const fn stated(&self) -> &Stated {
        &self.stated
    }

    /// By which the next batch names it.
    #[must_use]
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// The batch before it.
    pub(crate) fn before(&self) -> FeedMark {
        FeedMark {
            seq: Seq::new(self.stated.first.number().saturating_sub(1)),
            hash: self.stated.previous,
        }
    }

    /// How many records are live after it, as its writer states.
    #[must_use]
    pub const fn live(&self) -> u64 {
        self.stated.live
    }

    /// The node that wrote it.
    #[must_use]
    pub const fn writer(&self) -> MemberId {
        self.stated.writer
    }

    /// Place of its first and of its last record.
    #[must_use]
    pub const fn places(&self) -> (Seq, Seq) {
        (self.stated.first, self.stated.last)
    }

    /// What its writer says the set hash is after it, and how many records are live.
    #[must_use]
    pub const fn set(&self) -> (Digest, u64) {
        (self.stated.commitment, self.stated.live)
    }

    /// More than any envelope has, in bytes.
    pub const MAX_BYTES: usize = 512;
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Stated {
    #[n(0)]
    pub(crate) format: u64,
    #[n(1)]
    pub(crate) suite: u64,
    #[n(2)]
    pub(crate) domain: DomainId,
    #[n(3)]
    pub(crate) previous: Digest,
    #[n(4)]
    pub(crate) first: Seq,
    #[n(5)]
    pub(crate) last: Seq,
    #[n(6)]
    pub(crate) records: Digest,
    #[n(7)]
    pub(crate) commitment: Digest,
    #[n(8)]
    pub(crate) live: u64,
    #[n(9)]
    pub(crate) epoch: u64,
    #[n(10)]
    pub(crate) schema: u64,
    #[n(11)]
    pub(crate) writer: MemberId,
    #[n(12)]
    pub(crate) chain: ChainMark,
}

/// A statement of the chain, by place and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct ChainMark {
    #[n(0)]
    pub(crate) position: u64,
    #[n(1)]
    pub(crate) hash: Digest,
}

#[derive(Encode, Decode)]
struct Signed {
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[n(1)]
    signature: Signature,
}

/// The digest of the records of a batch, in their order, given the digest of each body.
pub(super) fn records_digest(records: &[Record], digests: &[Digest]) -> Digest {
    let parts = records.iter().zip(digests);
    let parts = parts.flat_map(|(record, digest)| {
        [
            record.id.as_bytes().as_slice(),
            digest.as_bytes().as_slice(),
        ]
    });
    Digest::of("sso-connect records 1", parts)
}

/// The digest of each body.
pub(super) fn body_digests(records: &[Record]) -> Vec<Digest> {
    let bodies = records.iter().map(|record| &record.body);
    bodies.map(|body| record_digest(body)).collect()
}

pub(super) const FORMAT: u64 = 1;
pub(super) const SUITE: u64 = 1;
const LABEL: &str = "sso-connect batch 1";
