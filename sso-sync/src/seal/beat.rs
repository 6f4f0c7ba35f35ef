//! What servers tell each other only.

use zeroize::Zeroizing;

use super::aead::{AeadKey, SUITE};
use super::key::{Purpose, random};
use super::{KeyRing, MemberId, SealError};
use crate::cbor;
use crate::wire::{BeatBody, SealedStatus};

impl KeyRing {
    /// Seals in the newest epoch what the beat `counter` of a server tells.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if there is no randomness.
    pub fn seal_beat(
        &self,
        node: MemberId,
        counter: u64,
        plain: &[u8],
    ) -> Result<SealedStatus, SealError> {
        let nonce = random()?;
        let key = self.beat_key(self.newest())?;
        let context = self.beat_context(node, counter);
        Ok(SealedStatus {
            suite: SUITE,
            nonce,
            ciphertext: key.seal(nonce, &context, plain, 1)?.into(),
        })
    }

    /// Opens what a beat tells: it was sealed in the newest epoch that its server knew.
    ///
    /// # Errors
    ///
    /// [`SealError::Closed`] if it was changed, is that of another beat, or was sealed in an epoch
    /// that is not known here; [`SealError::Newer`] if its suite is unknown.
    pub fn open_beat(&self, beat: &BeatBody) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let sealed = &beat.sealed;
        if sealed.suite != SUITE {
            return Err(SealError::Newer);
        }
        let context = self.beat_context(beat.node, beat.counter);
        for epoch in (1..=self.newest()).rev().take(EPOCHS_TRIED) {
            let key = self.beat_key(epoch)?;
            if let Ok(opened) = key.open(sealed.nonce, &context, &sealed.ciphertext) {
                return Ok(opened);
            }
        }
        Err(SealError::Closed)
    }

    fn beat_key(&self, epoch: u64) -> Result<AeadKey, SealError> {
        AeadKey::new(&*self.key(epoch)?.derive(Purpose::Beat)?)
    }

    fn beat_context(&self, node: MemberId, counter: u64) -> Vec<u8> {
        let label = Purpose::Beat.label();
        cbor::encode(&(label, SUITE, self.domain(), node, counter))
    }
}

/// A server that has not heard of the last epochs has still something to tell.
pub(crate) const EPOCHS_TRIED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;
    use crate::chain::FeedMark;
    use crate::seal::DomainKey;
    use crate::store::DomainId;
    use crate::wire::ChainMark;

    #[test]
    fn a_beat_opens_for_the_servers_of_its_domain_only() {
        let beat = beat(5, ring(1).seal_beat(NODE, 5, b"here").unwrap());
        assert_eq!(*ring(1).open_beat(&beat).unwrap(), b"here");
        assert_eq!(ring(2).open_beat(&beat), Err(SealError::Closed));
    }

    #[test]
    fn what_another_beat_told_does_not_open() {
        let beat = beat(6, ring(1).seal_beat(NODE, 5, b"here").unwrap());
        assert_eq!(ring(1).open_beat(&beat), Err(SealError::Closed));
    }

    #[test]
    fn another_suite_is_newer() {
        let mut sealed = ring(1).seal_beat(NODE, 5, b"here").unwrap();
        sealed.suite = 2;
        assert_eq!(ring(1).open_beat(&beat(5, sealed)), Err(SealError::Newer));
    }

    fn ring(number: u8) -> KeyRing {
        KeyRing::first(HERE, DomainKey::from_bytes([number; 32])).unwrap()
    }

    fn beat(counter: u64, sealed: SealedStatus) -> BeatBody {
        BeatBody {
            format: BeatBody::FORMAT,
            suite: BeatBody::SUITE,
            domain: HERE,
            node: NODE,
            counter,
            head: FeedMark::start(&HERE),
            chain: ChainMark {
                position: 0,
                hash: Digest::ZERO,
            },
            heard: Vec::new(),
            sealed,
        }
    }

    const HERE: DomainId = DomainId::new([8; 32]);
    const NODE: MemberId = MemberId::new([7; 16]);
}
