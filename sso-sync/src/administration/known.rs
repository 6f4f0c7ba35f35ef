//! What is remembered of a domain from one sign-in to the next.

use minicbor::{Decode, Encode};

use super::AdministrationError;
use crate::admin::client::Seen;
use crate::cbor;
use crate::chain::Chain;
use crate::store::DomainId;
use crate::wire::ChainMark;

/// What a machine remembers of an administrator's last sign-in, so that a hub that goes back is
/// found out. No secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Known {
    /// Which registration of the password, and which domain.
    pub seen: Seen,
    /// The last statement that was there.
    pub chain: ChainMark,
}

impl Known {
    pub(super) fn new(seen: Seen, chain: &Chain) -> Self {
        let (position, hash) = chain.head();
        let chain = ChainMark { position, hash };
        Self { seen, chain }
    }

    /// As bytes to be kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(&Kept {
            format: FORMAT,
            genesis: self.seen.genesis,
            generation: self.seen.generation,
            chain: self.chain,
        })
    }

    /// From bytes that were kept.
    ///
    /// # Errors
    ///
    /// [`KnownError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KnownError> {
        let kept: Kept = cbor::decode(bytes).map_err(|_| KnownError)?;
        if kept.format != FORMAT {
            return Err(KnownError);
        }
        let (genesis, generation) = (kept.genesis, kept.generation);
        let seen = Seen {
            genesis,
            generation,
        };
        let chain = kept.chain;
        Ok(Self { seen, chain })
    }

    /// Whether the chain goes on from where it was.
    pub(super) fn check(&self, chain: &Chain) -> Result<(), AdministrationError> {
        let ChainMark { position, hash } = self.chain;
        match chain.hash_at(position) {
            None => Err(AdministrationError::HubWentBack {
                found: chain.len(),
                known: position.saturating_add(1),
            }),
            Some(found) if found != hash => Err(AdministrationError::Fork { position }),
            Some(_) => Ok(()),
        }
    }
}

/// Not what was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is remembered of the last sign-in is damaged, or a newer program wrote it")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct KnownError;

#[derive(Encode, Decode)]
struct Kept {
    #[n(0)]
    format: u64,
    #[n(1)]
    genesis: DomainId,
    #[n(2)]
    generation: u64,
    #[n(3)]
    chain: ChainMark,
}

const FORMAT: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Digest;

    #[test]
    fn what_is_remembered_is_read_as_it_was_written() {
        let known = Known {
            seen: Seen {
                genesis: DomainId::new([1; 32]),
                generation: 3,
            },
            chain: ChainMark {
                position: 7,
                hash: Digest::new([2; 32]),
            },
        };
        let bytes = known.to_bytes();
        assert_eq!(Known::from_bytes(&bytes), Ok(known));
        for end in 0..bytes.len() {
            assert_eq!(Known::from_bytes(&bytes[..end]), Err(KnownError));
        }
    }
}
