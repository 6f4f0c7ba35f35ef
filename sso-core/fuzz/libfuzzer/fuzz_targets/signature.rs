#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| sso_fuzz::targets::signature(data));

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    sso_libfuzzer::mutate("signature", data, size, most, seed)
});
