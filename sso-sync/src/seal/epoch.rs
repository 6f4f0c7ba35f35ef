//! The beginning of an epoch.

use minicbor::{Decode, Encode};

use super::aead::Sealed;
use super::key::{Purpose, random};
use super::{DomainKey, KeyRing, Member, MemberId, SealError, Wrap};
use crate::store::DomainId;
use crate::{Digest, cbor};

/// Hands the domain key of a new epoch to everybody who is to have it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct EpochStart {
    #[n(0)]
    number: u64,
    #[n(1)]
    check: Digest,
    #[cbor(n(2), with = "minicbor::bytes")]
    previous: Vec<u8>,
    #[n(3)]
    wraps: Vec<Wrap>,
}

impl EpochStart {
    /// Epoch 1, within the genesis statement.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if nothing can be encrypted to one of the members.
    pub fn first<'a>(
        key: &DomainKey,
        members: impl IntoIterator<Item = &'a Member>,
    ) -> Result<Self, SealError> {
        let wraps = wraps(&Wrap::NO_DOMAIN, 1, key, members)?;
        Self::from_parts(1, key, Vec::new(), wraps)
    }

    /// The epoch after the newest that `ring` has, with `key`.
    ///
    /// # Errors
    ///
    /// As for [`first`](Self::first).
    pub fn after<'a>(
        ring: &KeyRing,
        key: &DomainKey,
        members: impl IntoIterator<Item = &'a Member>,
    ) -> Result<Self, SealError> {
        let number = ring.newest() + 1;
        let previous = seal_previous(ring, number, key, random()?)?;
        let wraps = wraps(&ring.domain(), number, key, members)?;
        Self::from_parts(number, key, previous, wraps)
    }

    pub(crate) fn from_parts(
        number: u64,
        key: &DomainKey,
        previous: Vec<u8>,
        mut wraps: Vec<Wrap>,
    ) -> Result<Self, SealError> {
        wraps.sort_by_key(Wrap::member);
        Ok(Self {
            number,
            check: key.check()?,
            previous,
            wraps,
        })
    }

    /// Which epoch begins.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// What [`DomainKey::check`] of its key is.
    #[must_use]
    pub const fn check(&self) -> Digest {
        self.check
    }

    /// The key for each member, ascending by member.
    #[must_use]
    pub fn wraps(&self) -> &[Wrap] {
        &self.wraps
    }

    /// The key for one member.
    #[must_use]
    pub fn wrap_for(&self, member: MemberId) -> Option<&Wrap> {
        self.wraps.iter().find(|wrap| wrap.member() == member)
    }

    /// The key of the epoch before, which `key` opens.
    pub(super) fn open_previous(
        &self,
        domain: &DomainId,
        key: &DomainKey,
    ) -> Result<DomainKey, SealError> {
        let opened = Sealed::open(
            &*key.derive(Purpose::Previous)?,
            &previous_context(domain, self.number),
            &self.previous,
        )?;
        let opened = opened.as_slice().try_into();
        opened
            .map(DomainKey::from_bytes)
            .map_err(|_| SealError::Malformed)
    }
}

pub(crate) fn seal_previous(
    ring: &KeyRing,
    number: u64,
    key: &DomainKey,
    nonce: [u8; 12],
) -> Result<Vec<u8>, SealError> {
    Sealed::seal(
        &*key.derive(Purpose::Previous)?,
        nonce,
        &previous_context(&ring.domain(), number),
        ring.key(ring.newest())?.expose(),
        1,
    )
}

fn previous_context(domain: &DomainId, epoch: u64) -> Vec<u8> {
    let suite = super::aead::SUITE;
    cbor::encode(&(Purpose::Previous.label(), suite, *domain, epoch))
}

fn wraps<'a>(
    domain: &DomainId,
    epoch: u64,
    key: &DomainKey,
    members: impl IntoIterator<Item = &'a Member>,
) -> Result<Vec<Wrap>, SealError> {
    let members = members.into_iter();
    members
        .map(|member| Wrap::new(domain, epoch, key, member))
        .collect()
}
