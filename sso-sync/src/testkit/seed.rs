//! Chance that can be had again.

use std::hash::{BuildHasher as _, RandomState};

/// Numbers that look random, the same ones for the same seed.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number less than `end`; 0 if `end` is 0.
    pub(super) const fn below(&mut self, end: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        match (mixed ^ (mixed >> 31)).checked_rem(end) {
            Some(number) => number,
            None => 0,
        }
    }
}

/// The seed of this run: another one each time, or the one in [`SEED`].
pub(super) fn seed() -> u64 {
    let given = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0) >> 32);
    eprintln!("to have the same chances again: {SEED}={seed}");
    seed
}

/// Bytes that repeat nowhere soon, the same ones for the same number.
pub(super) fn noise(number: u64, length: usize) -> bytes::Bytes {
    let mut random = Random::new(number);
    let mut noise = Vec::with_capacity(length + 8);
    while noise.len() < length {
        noise.extend(random.below(u64::MAX).to_le_bytes());
    }
    noise.truncate(length);
    noise.into()
}

/// The environment variable with the seed, a number.
const SEED: &str = "SSO_TESTKIT_SEED";
