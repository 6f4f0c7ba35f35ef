#![no_main]

use libfuzzer_sys::fuzz_target;
use sso_core::xml::canonical::exclusive;
use sso_core::xml::{Document, Limits};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::metadata(1 << 20);
    let Ok(document) = Document::parse(bytes, &limits) else { return };
    let Ok(once) = exclusive(document.root(), None, &[]) else { return };
    // Declarations may gather on the element that uses them.
    let roomy = Limits { max_attributes: 2 * limits.max_attributes, ..limits };
    let again = Document::parse(&once, &roomy).unwrap();
    assert_eq!(exclusive(again.root(), None, &[]).unwrap(), once);
});
