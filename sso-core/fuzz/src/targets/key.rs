//! The target of this name.

use sso_core::signature::VerifyingKey;

/// No bytes make reading a key or a certificate panic.
pub fn key(data: &[u8]) {
    let _ = VerifyingKey::from_certificate_der(data);
    let _ = VerifyingKey::from_spki_der(data);
}
