#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rcgen::{KeyPair, PublicKeyData as _};
use sso_core::signature::{Algorithms, VerifyingKey, verify_enveloped};
use sso_core::xml::{Document, Limits};

static KEY: LazyLock<VerifyingKey> = LazyLock::new(|| {
    VerifyingKey::from_spki_der(&KeyPair::generate().unwrap().subject_public_key_info()).unwrap()
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::parse(bytes, &Limits::message()) else { return };
    for element in document.root().descendants().chain([document.root()]) {
        assert!(verify_enveloped(element, &[KEY.clone()], &Algorithms::new()).is_err());
    }
});
