//! Lets libFuzzer use our mutators, every other time.

use fastrand::Rng;
use libfuzzer_sys::fuzzer_mutate;
use sso_fuzz::targets::Target;

/// Changes the first `size` bytes of `data`, and returns how many there are then, at most `most`.
pub fn mutate(target: &str, data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let mut random = Rng::with_seed(seed.into());
    match Target::named(target) {
        Some(target) if random.bool() => with_ours(target, data, size, most, &mut random),
        _ => fuzzer_mutate(data, size, most),
    }
}

fn with_ours(
    target: &Target,
    data: &mut [u8],
    size: usize,
    most: usize,
    random: &mut Rng,
) -> usize {
    let other = random.choice((target.seeds)()).map_or(&[][..], Vec::as_slice);
    let changed = (target.mutate)(&data[..size], other, random);
    let length = changed.len().min(most);
    data[..length].copy_from_slice(&changed[..length]);
    length
}
