//! The last word of a server that leaves as planned.

use minicbor::{Decode, Encode};

use crate::seal::{KeyRing, Member, MemberKeys, SealError};
use crate::status::{Revocation, ServerStatus};
use crate::wire::{Beat, BeatBody, ChainMark};

use super::{Chain, FeedMark, Statement};

/// The last word of a server that leaves as planned: where it was, and sealed for the others the
/// sign-outs that it has told or was about to tell. The server signed it itself, in the epoch that
/// ends with it, so nobody retires a server from afar.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Farewell(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>);

impl Farewell {
    /// Says goodbye after all that stands in `chain`, with the `keys` of the server.
    ///
    /// `sign_outs` are those that it told, the newest last; the newest that fit are taken.
    /// `beside` is the size in bytes of the epoch that goes into the same statement.
    ///
    /// # Errors
    ///
    /// [`SealError`] if what it tells cannot be sealed.
    pub fn say(
        chain: &Chain,
        ring: &KeyRing,
        keys: &MemberKeys,
        head: FeedMark,
        sign_outs: &[Revocation],
        beside: usize,
    ) -> Result<Self, SealError> {
        let mut status = ServerStatus::default();
        let surplus = sign_outs.len().saturating_sub(room(beside));
        status.revocations = sign_outs.get(surplus..).unwrap_or_default().to_vec();
        let (position, hash) = chain.head();
        let body = BeatBody {
            format: BeatBody::FORMAT,
            suite: BeatBody::SUITE,
            domain: chain.domain(),
            node: keys.id(),
            counter: LAST,
            head,
            chain: ChainMark { position, hash },
            heard: Vec::new(),
            sealed: status.seal(ring, keys.id(), LAST)?,
        };
        Ok(Self(Beat::sign_farewell(&body, keys)))
    }

    /// What it says, if `member` said so.
    pub(super) fn read(&self, member: &Member) -> Option<BeatBody> {
        let beat = Beat::parse(&self.0).ok()?;
        beat.is_farewell_of(member).then(|| beat.body().clone())
    }

    /// Any bytes.
    #[cfg(test)]
    pub(crate) const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// How many sign-outs fit into a statement.
const fn room(beside: usize) -> usize {
    let left = Statement::MAX_OTHER_BYTES.saturating_sub(FRAME + beside);
    let fit = left / BYTES_EACH;
    match fit < ServerStatus::MAX_REVOCATIONS {
        true => fit,
        false => ServerStatus::MAX_REVOCATIONS,
    }
}

/// No beat has it.
const LAST: u64 = u64::MAX;
/// Everything in the statement but epoch and sign-outs, and to spare.
const FRAME: usize = 2048;
/// A digest and two moments.
const BYTES_EACH: usize = 56;
