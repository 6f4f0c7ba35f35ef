#![no_main]

use libfuzzer_sys::fuzz_target;
use sso_core::signature::VerifyingKey;

fuzz_target!(|bytes: &[u8]| {
    let _ = VerifyingKey::from_certificate_der(bytes);
    let _ = VerifyingKey::from_spki_der(bytes);
});
