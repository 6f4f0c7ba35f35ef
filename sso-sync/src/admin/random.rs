//! The one place that random bytes come from.

use std::fmt;

use opaque_ke::rand::{CryptoRng, Error, RngCore};

/// A source of random bytes that nobody can foresee.
///
/// # Security
///
/// Keys, nonces and blinding factors come from here: bytes that another can foresee give away the
/// administrator's keys. Programs use [`SystemRandomness`].
pub trait Randomness: fmt::Debug + Send {
    /// Fills `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// The random number generator of the operating system, through aws-lc-rs.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a unit struct is its own constructor"
)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    #[expect(clippy::panic, reason = "without randomness nothing may go on")]
    fn fill(&mut self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            panic!("the operating system gives no random bytes");
        }
    }
}

/// Bytes that follow from a seed: for test vectors, never for anything that is kept.
#[cfg(any(test, feature = "testkit"))]
#[derive(Debug)]
pub struct DangerouslyPredictableRandomness {
    seed: u64,
    block: u64,
}

#[cfg(any(test, feature = "testkit"))]
impl DangerouslyPredictableRandomness {
    /// SHA-256 of seed and block number (eight big-endian bytes each), block after block; a call
    /// that needs a part of a block forgets the rest of it.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, block: 0 }
    }
}

#[cfg(any(test, feature = "testkit"))]
impl Randomness for DangerouslyPredictableRandomness {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let input = [self.seed.to_be_bytes(), self.block.to_be_bytes()].concat();
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &input);
            chunk
                .iter_mut()
                .zip(digest.as_ref())
                .for_each(|(to, from)| *to = *from);
            self.block += 1;
        }
    }
}

/// `N` random bytes.
pub(super) fn bytes<const N: usize>(randomness: &mut dyn Randomness) -> [u8; N] {
    let mut bytes = [0; N];
    randomness.fill(&mut bytes);
    bytes
}

/// [`Randomness`] in the words of the crate opaque-ke.
pub(super) struct ForOpaque<'a>(pub(super) &'a mut dyn Randomness);

impl RngCore for ForOpaque<'_> {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(bytes(self.0))
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(bytes(self.0))
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for ForOpaque<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_never_repeats_itself() {
        let drawn: [[u8; 32]; 2] = [bytes(&mut SystemRandomness), bytes(&mut SystemRandomness)];
        assert_ne!(drawn[0], drawn[1]);
    }

    #[test]
    fn a_seed_gives_the_same_bytes_again() {
        let draw = |seed| bytes::<40>(&mut DangerouslyPredictableRandomness::new(seed));
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
