//! Signed statements as bytes.

use minicbor::{Decode, Encode};

use super::{Action, Refusal};
use crate::Digest;
use crate::cbor::{self, Oddity};
use crate::seal::{Member, MemberId, MemberKeys, Signature};
use crate::store::{DomainCaps, DomainId, Seq};

/// A statement that was read; nothing says yet that it is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    header: Header,
    body: Vec<u8>,
    signature: Signature,
    hash: Digest,
}

impl Statement {
    /// Reads a statement.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooLarge`], [`Refusal::Malformed`] or [`Refusal::NewerFormat`].
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
        let statement = Self {
            header: cbor::decode(&signed.body).map_err(|_| Refusal::Malformed)?,
            body: signed.body,
            signature: signed.signature,
            hash: hash(bytes),
        };
        match bytes.len() > Self::MAX_OTHER_BYTES && !statement.revises() {
            true => Err(Refusal::TooLarge),
            false => Ok(statement),
        }
    }

    fn revises(&self) -> bool {
        self.action().is_ok_and(|action| action.revises())
    }

    /// Signs a statement; the result is what the hub is sent.
    pub(super) fn sign(header: &Header, keys: &MemberKeys) -> Vec<u8> {
        let body = cbor::encode(header);
        let signature = keys.sign(LABEL, &body);
        cbor::encode(&Signed { body, signature })
    }

    /// Whether this member signed it.
    pub(super) fn is_signed_by(&self, member: &Member) -> bool {
        member.has_signed(LABEL, &self.body, &self.signature)
    }

    pub(super) const fn header(&self) -> &Header {
        &self.header
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// [`Refusal::NewerKind`] or [`Refusal::Malformed`].
    pub fn action(&self) -> Result<Action, Refusal> {
        cbor::decode(&self.header.action).map_err(|oddity| match oddity {
            Oddity::Malformed => Refusal::Malformed,
            Oddity::Unknown => Refusal::NewerKind,
        })
    }

    /// Where in the chain it stands: 0, 1, 2 …
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.header.position
    }

    /// Who states it.
    #[must_use]
    pub const fn signer(&self) -> MemberId {
        self.header.signer
    }

    /// At which server the signer sat; [`MemberId::NOBODY`] if at none.
    #[must_use]
    pub const fn via(&self) -> MemberId {
        self.header.via
    }

    /// When, in seconds since 1970, by the signer's clock.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.header.time
    }

    /// The end of the feed that the signer knew.
    #[must_use]
    pub const fn mark(&self) -> FeedMark {
        self.header.mark
    }

    /// By which the next statement, and batches, name it.
    #[must_use]
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// Largest statement, in bytes: one that revises the configuration. A store may take less.
    pub const MAX_BYTES: usize = 512 * 1024;

    /// Largest statement of any other kind, in bytes: what every store takes.
    pub const MAX_OTHER_BYTES: usize = DomainCaps::MIN;
}

/// A place in the feed and the batch that ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "a mark is place and hash")]
pub struct FeedMark {
    /// Place of the last record; [`Seq::START`] before the first.
    #[n(0)]
    pub seq: Seq,
    /// Hash of the batch; the domain's id before the first.
    #[n(1)]
    pub hash: Digest,
}

impl FeedMark {
    /// Before the first batch of a domain.
    #[must_use]
    pub const fn start(domain: &DomainId) -> Self {
        Self {
            seq: Seq::START,
            hash: Digest::new(*domain.as_bytes()),
        }
    }
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Header {
    #[n(0)]
    pub(super) format: u64,
    #[n(1)]
    pub(super) suite: u64,
    #[n(2)]
    pub(super) domain: DomainId,
    #[n(3)]
    pub(super) position: u64,
    #[n(4)]
    pub(super) previous: Digest,
    #[n(5)]
    pub(super) signer: MemberId,
    #[n(6)]
    pub(super) via: MemberId,
    #[n(7)]
    pub(super) time: u64,
    #[n(8)]
    pub(super) mark: FeedMark,
    #[cbor(n(9), with = "minicbor::bytes")]
    pub(super) action: Vec<u8>,
}

#[derive(Encode, Decode)]
struct Signed {
    #[cbor(n(0), with = "minicbor::bytes")]
    body: Vec<u8>,
    #[n(1)]
    signature: Signature,
}

/// The hash of a statement as it was sent.
fn hash(statement: &[u8]) -> Digest {
    Digest::of("sso-connect statement hash 1", [statement])
}

pub(super) const FORMAT: u64 = 1;
pub(super) const SUITE: u64 = 1;
const LABEL: &str = "sso-connect statement 1";
