//! AES-256-GCM-SIV over padded CBOR.
//!
//! RFC 8452: should two random nonces ever collide, it shows only whether two plaintexts were
//! equal.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use minicbor::{Decode, Decoder, Encode};
use zeroize::Zeroizing;

use super::SealError;
use crate::cbor;

/// The only suite of sealed content so far.
pub(super) const SUITE: u64 = 1;

/// A key that seals and opens.
#[derive(Debug)]
pub(super) struct AeadKey(LessSafeKey);

impl AeadKey {
    pub(super) fn new(key: &[u8; 32]) -> Result<Self, SealError> {
        Ok(Self(LessSafeKey::new(UnboundKey::new(
            &AES_256_GCM_SIV,
            key,
        )?)))
    }

    /// Seals `plain` for the place that `context` describes, with zero bytes up to a multiple of
    /// `block`.
    pub(super) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        context: &[u8],
        plain: &[u8],
        block: usize,
    ) -> Result<Vec<u8>, SealError> {
        #[cfg(feature = "testkit")]
        crate::testkit::tap::saw(plain);
        let length = plain.len().next_multiple_of(block);
        let mut text = Vec::with_capacity(length + self.0.algorithm().tag_len());
        text.extend_from_slice(plain);
        text.resize(length, 0);
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(nonce, Aad::from(context), &mut text)?;
        Ok(text)
    }

    /// Opens what was sealed for the same place; the zero bytes are still there.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut text = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self
            .0
            .open_in_place(nonce, Aad::from(context), &mut text)
            .map_err(|_| SealError::Closed)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

/// The first CBOR item, if nothing but zero bytes follows.
pub(super) fn unpad(padded: &[u8]) -> Result<&[u8], SealError> {
    let mut decoder = Decoder::new(padded);
    decoder.skip().map_err(|_| SealError::Malformed)?;
    let (item, rest) = padded
        .split_at_checked(decoder.position())
        .ok_or(SealError::Malformed)?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(SealError::Malformed);
    }
    Ok(item)
}

/// Something sealed that says how.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Sealed {
    #[n(0)]
    suite: u64,
    #[cbor(n(1), with = "minicbor::bytes")]
    nonce: [u8; NONCE_LEN],
    #[cbor(n(2), with = "minicbor::bytes")]
    ciphertext: Vec<u8>,
}

impl Sealed {
    pub(crate) fn seal(
        key: &[u8; 32],
        nonce: [u8; NONCE_LEN],
        context: &[u8],
        plain: &[u8],
        block: usize,
    ) -> Result<Vec<u8>, SealError> {
        Ok(cbor::encode(&Self {
            suite: SUITE,
            nonce,
            ciphertext: AeadKey::new(key)?.seal(nonce, context, plain, block)?,
        }))
    }

    pub(crate) fn open(
        key: &[u8; 32],
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let sealed: Self = cbor::decode(sealed)?;
        if sealed.suite != SUITE {
            return Err(SealError::Newer);
        }
        AeadKey::new(key)?.open(sealed.nonce, context, &sealed.ciphertext)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let sealed = Sealed::seal(&KEY, [1; 12], b"here", b"secret", 1).unwrap();
        assert_eq!(*Sealed::open(&KEY, b"here", &sealed).unwrap(), b"secret");
        let elsewhere = Sealed::open(&KEY, b"there", &sealed);
        assert_eq!(elsewhere.unwrap_err(), SealError::Closed);
        let with_another = Sealed::open(&[8; 32], b"here", &sealed);
        assert_eq!(with_another.unwrap_err(), SealError::Closed);
    }

    #[test]
    fn no_changed_or_missing_byte_opens() {
        let sealed = Sealed::seal(&KEY, [1; 12], b"here", b"secret", 1).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(Sealed::open(&KEY, b"here", &changed).is_err(), "byte {at}");
            assert!(Sealed::open(&KEY, b"here", &sealed[..at]).is_err());
        }
    }

    #[test]
    fn another_suite_is_newer() {
        let mut sealed = Sealed::seal(&KEY, [1; 12], b"here", b"secret", 1).unwrap();
        assert_eq!(sealed[1], 1);
        sealed[1] = 2;
        let opened = Sealed::open(&KEY, b"here", &sealed);
        assert_eq!(opened.unwrap_err(), SealError::Newer);
    }

    #[test]
    fn lengths_are_hidden_in_blocks() {
        let key = AeadKey::new(&KEY).unwrap();
        let length = |plain: &[u8]| key.seal([1; 12], b"", plain, 64).unwrap().len();
        assert_eq!(length(&[1; 1]), 64 + 16);
        assert_eq!(length(&[1; 64]), 64 + 16);
        assert_eq!(length(&[1; 65]), 128 + 16);
    }

    #[test]
    fn only_zero_bytes_may_follow() {
        assert_eq!(unpad(&[0x17, 0, 0]), Ok([0x17].as_slice()));
        assert_eq!(unpad(&[0x17]), Ok([0x17].as_slice()));
        assert_eq!(unpad(&[0x17, 0, 1]), Err(SealError::Malformed));
        assert_eq!(unpad(&[]), Err(SealError::Malformed));
    }

    const KEY: [u8; 32] = [7; 32];
}
