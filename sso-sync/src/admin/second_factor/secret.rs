//! The secret of an authenticator, and how it gets there.

use std::fmt;

use minicbor::{Decode, Encode};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::admin::base32;
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::random::{self, Randomness};

/// 160 random bits that an authenticator and the hub share (RFC 4226 asks for 128 at least).
///
/// There is no `Display`, `Debug` shows nothing, and the memory is wiped when the value is
/// dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(transparent)]
pub struct TotpSecret(#[cbor(n(0), with = "minicbor::bytes")] [u8; 20]);

impl TotpSecret {
    pub(super) fn random(randomness: &mut dyn Randomness) -> Self {
        Self(random::bytes(randomness))
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The code that an authenticator shows at `now`.
    #[cfg(any(test, feature = "testkit"))]
    #[must_use]
    pub fn code_at(&self, now: sso_core::UnixTime) -> String {
        format!("{:06}", super::totp::code_of(&self.0, now.as_secs() / 30))
    }

    /// The secret in groups of four letters and digits, for typing it into an authenticator.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        base32::encode_in_groups(&self.0)
    }

    /// The secret as an `otpauth` address, as authenticators scan it.
    #[must_use]
    pub fn to_uri(
        &self,
        domain: &DomainName,
        administrator: &AdministratorName,
    ) -> Zeroizing<String> {
        let issuer = escape(&format!("SSO Connect {domain}"));
        let account = escape(administrator.as_str());
        let secret = base32::encode(&self.0);
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
            *secret
        ))
    }

    /// The address as a QR code for a terminal: light blocks on a dark ground, with a quiet zone.
    /// `None` if the names are too long for one.
    #[must_use]
    pub fn to_qr_code(
        &self,
        domain: &DomainName,
        administrator: &AdministratorName,
    ) -> Option<Zeroizing<String>> {
        let code = QrCode::new(self.to_uri(domain, administrator).as_bytes()).ok()?;
        let picture = code
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Dark)
            .light_color(Dense1x2::Light)
            .build();
        Some(Zeroizing::new(picture))
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// Escapes everything but letters, digits, hyphens and dots.
fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'-' | b'.' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authenticator_can_scan_it() {
        let (domain, alice) = names();
        let uri = TotpSecret(*b"12345678901234567890").to_uri(&domain, &alice);
        insta::assert_snapshot!(*uri, @"otpauth://totp/SSO%20Connect%20example:alice%2Ba%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=SSO%20Connect%20example&algorithm=SHA1&digits=6&period=30");
        let picture = TotpSecret([7; 20]).to_qr_code(&domain, &alice).unwrap();
        let lines: Vec<_> = picture.lines().collect();
        let width = lines[0].chars().count();
        assert!(width < 80, "{width} columns do not fit into a terminal");
        assert!(lines.iter().all(|line| line.chars().count() == width));
    }

    #[test]
    fn it_can_be_typed() {
        let text = TotpSecret(*b"12345678901234567890").to_text();
        assert_eq!(*text, "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ");
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", TotpSecret([7; 20])), "TotpSecret(…)");
    }

    fn names() -> (DomainName, AdministratorName) {
        let alice = AdministratorName::parse("alice+a@example.com").unwrap();
        (DomainName::parse("example").unwrap(), alice)
    }
}
