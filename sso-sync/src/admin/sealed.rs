//! Sealing, deriving and writing down what is signed: the few primitives that this module uses.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::SHA256;
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use minicbor::bytes::ByteSlice;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::random::{self, Randomness};
use super::wire;

/// The cryptography library refused its work: out of memory, or broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptography library refused its work; restarting the program may help")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct CryptographyFailed;

impl From<Unspecified> for CryptographyFailed {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

/// A 256-bit key, wiped when dropped.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// The key for one purpose: HKDF-SHA-256 without salt, `label` as info.
pub(super) fn derive(secret: &[u8], label: &str) -> Result<Key, CryptographyFailed> {
    let mut key = Zeroizing::new([0; 32]);
    // All our secrets are uniformly random, so they need no salt (RFC 5869, 3.1).
    let extracted = Salt::new(HKDF_SHA256, &[]).extract(secret);
    extracted
        .expand(&[label.as_bytes()], Length(32))?
        .fill(key.as_mut_slice())?;
    Ok(key)
}

/// Seals with AES-256-GCM-SIV (RFC 8452), as the protocol's *sealed content*: an array of suite,
/// nonce and ciphertext with tag.
pub(super) fn seal(
    key: &Key,
    associated: &[u8],
    plaintext: &[u8],
    randomness: &mut dyn Randomness,
) -> Result<Vec<u8>, CryptographyFailed> {
    let nonce: [u8; NONCE_LEN] = random::bytes(randomness);
    // Encrypted in place and large enough, so that no copy of the plaintext stays behind.
    let mut ciphertext = Vec::with_capacity(plaintext.len() + TAG_LENGTH);
    ciphertext.extend_from_slice(plaintext);
    cipher(key)?.seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(associated),
        &mut ciphertext,
    )?;
    let sealed = Sealed {
        suite: SUITE,
        nonce,
        ciphertext,
    };
    wire::to_bytes(&sealed).ok_or(CryptographyFailed)
}

/// Opens what [`seal`] made for the same `associated` data.
pub(super) fn open(
    key: &Key,
    associated: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Closed> {
    let sealed: Sealed = wire::from_bytes(sealed).ok_or(Closed::Foreign)?;
    if sealed.suite != SUITE {
        return Err(Closed::Newer);
    }
    let mut buffer = Zeroizing::new(sealed.ciphertext);
    let length = cipher(key)
        .and_then(|cipher| {
            let nonce = Nonce::assume_unique_for_key(sealed.nonce);
            let plaintext = cipher.open_in_place(nonce, Aad::from(associated), &mut buffer)?;
            Ok(plaintext.len())
        })
        .map_err(|_| Closed::Foreign)?;
    buffer.truncate(length);
    Ok(buffer)
}

/// Why something does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// It was changed, belongs elsewhere, or another key sealed it.
    Foreign,
    /// It names a suite that this program does not know.
    Newer,
}

/// What is signed or bound: the label, a zero byte, and the parts as a CBOR array of byte strings.
pub(super) fn transcript(label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let parts: Vec<&ByteSlice> = parts.iter().map(|part| (*part).into()).collect();
    let mut bytes = [label.as_bytes(), &[0]].concat();
    // Writing to memory cannot fail.
    let _ = minicbor::encode(parts, &mut bytes);
    bytes
}

/// The first `N` bytes of SHA-256.
pub(super) fn digest<const N: usize>(bytes: &[u8]) -> [u8; N] {
    first(aws_lc_rs::digest::digest(&SHA256, bytes).as_ref())
}

/// The first `N` bytes of HMAC-SHA-256.
pub(super) fn tag<const N: usize>(key: &[u8; 32], bytes: &[u8]) -> [u8; N] {
    first(hmac::sign(&hmac::Key::new(HMAC_SHA256, key), bytes).as_ref())
}

/// The first `N` of enough bytes.
pub(super) fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    taken
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = *from);
    taken
}

#[derive(Encode, Decode)]
struct Sealed {
    #[n(0)]
    suite: u64,
    #[cbor(n(1), with = "minicbor::bytes")]
    nonce: [u8; NONCE_LEN],
    #[cbor(n(2), with = "minicbor::bytes")]
    ciphertext: Vec<u8>,
}

fn cipher(key: &Key) -> Result<LessSafeKey, Unspecified> {
    UnboundKey::new(&AES_256_GCM_SIV, key.as_slice()).map(LessSafeKey::new)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// AES-256-GCM-SIV with keys from HKDF-SHA-256.
pub(super) const SUITE: u64 = 1;

const TAG_LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::random::SystemRandomness;

    #[test]
    fn opens_what_it_sealed_in_its_own_place_only() {
        let key = derive(b"secret", "a").unwrap();
        let sealed = seal(&key, b"here", b"text", &mut SystemRandomness).unwrap();
        assert_eq!(open(&key, b"here", &sealed).unwrap().as_slice(), b"text");
        assert!(open(&key, b"there", &sealed).is_err());
        assert!(open(&derive(b"secret", "b").unwrap(), b"here", &sealed).is_err());
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let key = derive(b"secret", "a").unwrap();
        let sealed = seal(&key, b"", b"text", &mut SystemRandomness).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&key, b"", &changed).is_err(), "bit {bit}");
        }
        for end in 0..sealed.len() {
            assert!(open(&key, b"", &sealed[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn transcripts_differ_where_their_parts_are_cut() {
        let written = transcript("l", &[b"ab", b""]);
        assert_eq!(written, b"l\0\x82\x42ab\x40");
        assert_ne!(written, transcript("l", &[b"a", b"b"]));
        assert_ne!(written, transcript("la", &[b"b", b""]));
    }
}
