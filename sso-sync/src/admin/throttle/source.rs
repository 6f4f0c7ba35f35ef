//! Where a try comes from.

use std::net::{IpAddr, Ipv6Addr};

use minicbor::{Decode, Encode};

use crate::admin::sealed;

/// The network that a try comes from: an IPv4 address up to its third byte, an IPv6 address up to
/// its seventh, as much as one customer of a provider has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source([u8; 8]);

impl Source {
    /// The network of an address; an IPv4 address in IPv6 clothes counts as IPv4.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self([4, a, b, c, 0, 0, 0, 0])
            }
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        let [a, b, c, d, e, f, g, ..] = address.octets();
        Self([6, a, b, c, d, e, f, g])
    }

    /// The name under which a hub keeps it.
    pub(in crate::admin) fn digest(self, key: &[u8; 32]) -> SourceDigest {
        SourceDigest(sealed::tag(key, &self.0))
    }
}

/// A source as a hub keeps it: a keyed digest, so that a copy of the hub's storage lists no
/// addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct SourceDigest(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl SourceDigest {
    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_source_and_others_are_not() {
        let source = |address: &str| Source::of(address.parse().unwrap());
        assert_eq!(source("192.0.2.1"), source("192.0.2.254"));
        assert_ne!(source("192.0.2.1"), source("192.0.3.1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        assert_eq!(source("2001:db8:0:ff00::1"), source("2001:db8:0:ffff:8::2"));
        assert_ne!(source("2001:db8:0:ff00::1"), source("2001:db8:0:fe00::1"));
    }

    #[test]
    fn a_digest_depends_on_the_key() {
        let source = Source::of("192.0.2.1".parse().unwrap());
        assert_eq!(source.digest(&[1; 32]), source.digest(&[1; 32]));
        assert_ne!(source.digest(&[1; 32]), source.digest(&[2; 32]));
    }
}
