//! Digests, each for one purpose.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};

use crate::cbor::byte_string;

/// SHA-256 of something, for one purpose: what was hashed for another never has the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Stands where there is nothing to be hashed yet.
    pub const ZERO: Self = Self([0; 32]);

    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 over `label`, a zero byte and `parts` one after the other. Parts whose boundaries
    /// matter have a fixed length.
    pub(crate) fn of<'a>(label: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(label.as_bytes());
        context.update(&[0]);
        for part in parts {
            context.update(part);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        Self(digest)
    }
}

byte_string!(Digest);

impl fmt::Display for Digest {
    /// 64 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_purpose_is_part_of_it() {
        let of = |label| Digest::of(label, [b"same".as_slice()]);
        assert_ne!(of("one"), of("two"));
        assert_eq!(of("one"), of("one"));
    }

    #[test]
    fn it_is_sha_256_over_label_zero_and_parts() {
        let expected = aws_lc_rs::digest::digest(&SHA256, b"label\0ab");
        let parts: [&[u8]; 2] = [b"a", b"b"];
        assert_eq!(Digest::of("label", parts).0, expected.as_ref());
    }
}
