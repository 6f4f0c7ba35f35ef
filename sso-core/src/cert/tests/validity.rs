//! From when until when.

use super::*;

#[test]
fn a_validity_includes_its_first_and_its_last_moment() {
    let validity = Validity {
        from: NOW,
        until: NOW.later(Duration::from_secs(60)),
    };
    assert!(validity.contains(validity.from) && validity.contains(validity.until));
    assert!(!validity.contains(NOW.earlier(Duration::from_nanos(1))));
    assert!(!validity.contains(validity.until.later(Duration::from_nanos(1))));
}

#[test]
fn what_is_no_certificate_is_said_to_be_none() {
    for bytes in [&b""[..], b"hello", &[0x30, 0x80], &[0xff; 4096]] {
        assert!(Validity::of(&CertificateDer::from(bytes)).is_err());
    }
}
