//! What servers tell each other about themselves, through the hub.

use bytes::Bytes;
use minicbor::{Decode, Encode};

use super::{MAX_PAGE, Message, Signed, WireError, octets};
use crate::chain::{FeedMark, Statement};
use crate::seal::{Member, MemberId, MemberKeys, Signature};
use crate::store::DomainId;
use crate::{Digest, cbor};

/// A beat that was read; nothing says yet that it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    body: BeatBody,
    signed: Vec<u8>,
    signature: Signature,
}

impl Beat {
    /// Reads a beat.
    ///
    /// # Errors
    ///
    /// [`WireError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(WireError::TooLarge);
        }
        let malformed = |_| WireError::Malformed;
        let parts: Parts = cbor::decode(bytes).map_err(malformed)?;
        let body: BeatBody = cbor::decode(&parts.body).map_err(malformed)?;
        if (body.format, body.suite) != (BeatBody::FORMAT, BeatBody::SUITE) {
            return Err(WireError::Malformed);
        }
        Ok(Self {
            body,
            signed: parts.body,
            signature: parts.signature,
        })
    }

    /// Signs a beat; the result is what the hub is sent.
    #[must_use]
    pub fn sign(body: &BeatBody, keys: &MemberKeys) -> Signed {
        let body = cbor::encode(body);
        let signature = keys.sign(LABEL, &body);
        Signed::stored(cbor::encode(&Parts { body, signature }).into())
    }

    /// Signs the last word of a server, which is no beat: it is stated in the chain.
    pub(crate) fn sign_farewell(body: &BeatBody, keys: &MemberKeys) -> Vec<u8> {
        let body = cbor::encode(body);
        let signature = keys.sign(FAREWELL, &body);
        cbor::encode(&Parts { body, signature })
    }

    /// Whether this server signed it.
    #[must_use]
    pub fn is_signed_by(&self, member: &Member) -> bool {
        self.is_signed(LABEL, member)
    }

    /// Whether this server signed it as its last word.
    pub(crate) fn is_farewell_of(&self, member: &Member) -> bool {
        self.is_signed(FAREWELL, member)
    }

    fn is_signed(&self, label: &str, member: &Member) -> bool {
        self.body.node == member.id() && member.has_signed(label, &self.signed, &self.signature)
    }

    /// What it says.
    #[must_use]
    pub const fn body(&self) -> &BeatBody {
        &self.body
    }

    /// Longest beat, in bytes: every store takes it.
    pub const MAX_BYTES: usize = Statement::MAX_OTHER_BYTES;
}

/// What a server tells about itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct BeatBody {
    /// [`FORMAT`](Self::FORMAT).
    #[n(0)]
    pub format: u64,
    /// [`SUITE`](Self::SUITE).
    #[n(1)]
    pub suite: u64,
    /// Of which domain.
    #[n(2)]
    pub domain: DomainId,
    /// Which server.
    #[n(3)]
    pub node: MemberId,
    /// Rises with each beat.
    #[n(4)]
    pub counter: u64,
    /// The end of the feed, as far as the server holds it.
    #[n(5)]
    pub head: FeedMark,
    /// The end of the chain, as far as the server holds it.
    #[n(6)]
    pub chain: ChainMark,
    /// The last beat that it saw of every other server.
    #[n(7)]
    pub heard: Vec<Heard>,
    /// What only the other servers read.
    #[n(8)]
    pub sealed: SealedStatus,
}

impl BeatBody {
    /// The only format so far.
    pub const FORMAT: u64 = 1;
    /// The only suite so far.
    pub const SUITE: u64 = 1;
}

/// A statement of the chain, by position and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct ChainMark {
    /// Where it stands.
    #[n(0)]
    pub position: u64,
    /// Its hash.
    #[n(1)]
    pub hash: Digest,
}

/// A beat of another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Heard {
    /// Which server.
    #[n(0)]
    pub node: MemberId,
    /// Its counter.
    #[n(1)]
    pub counter: u64,
}

/// What a server tells the other servers only.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct SealedStatus {
    /// How it is sealed.
    #[n(0)]
    pub suite: u64,
    /// The nonce.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub nonce: [u8; 12],
    /// The ciphertext with its tag.
    #[cbor(n(2), with = "octets")]
    pub ciphertext: Bytes,
}

/// The last beat of every server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Beats(pub Vec<Bytes>);

impl Message for Beats {
    const MAX_BYTES: usize = MAX_PAGE;
}

impl<C> Encode<C> for Beats {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.array(self.0.len() as u64)?;
        let mut beats = self.0.iter();
        beats.try_for_each(|beat| octets::encode(beat, encoder, context))
    }
}

impl<'b, C> Decode<'b, C> for Beats {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let beats = decoder.array_iter::<&minicbor::bytes::ByteSlice>()?;
        let beats = beats.map(|beat| Ok(Bytes::copy_from_slice(beat?)));
        beats.collect::<Result<_, _>>().map(Self)
    }
}

#[derive(Encode, Decode)]
struct Parts {
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[n(1)]
    signature: Signature,
}

const LABEL: &str = "sso-connect beat 1";
/// No beat is a farewell, and no hub makes one of a beat.
const FAREWELL: &str = "sso-connect farewell 1";
