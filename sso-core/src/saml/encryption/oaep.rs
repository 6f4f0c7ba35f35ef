//! RSAES-OAEP (RFC 8017, 7.1).
//!
//! One library does it where the digest and the mask use one hash function. The identifier
//! `rsa-oaep-mgf1p` fixes the mask to SHA-1 whatever the digest, so that the other pairs occur
//! too; a second library does those. Both are written to take the same time whether the padding
//! is right or wrong.

use aws_lc_rs::digest;
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey,
};
use rsa::oaep::DecryptingKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::traits::RandomizedDecryptor as _;
use sha2::Sha256;
use sha2::digest::consts::U20;
use sha2::digest::{
    FixedOutput, FixedOutputReset, HashMarker, Output, OutputSizeUser, Reset, Update,
};
use zeroize::Zeroizing;

use super::{Hash, Oaep};

/// The algorithm if both hash functions are the same.
pub(super) const fn of_one_hash(oaep: Oaep) -> Option<&'static OaepAlgorithm> {
    match (oaep.digest, oaep.mask) {
        (Hash::Sha1, Hash::Sha1) => Some(&OAEP_SHA1_MGF1SHA1),
        (Hash::Sha256, Hash::Sha256) => Some(&OAEP_SHA256_MGF1SHA256),
        (Hash::Sha1, Hash::Sha256) | (Hash::Sha256, Hash::Sha1) => None,
    }
}

/// Decrypts `octets` with one hash function.
pub(super) fn unwrap(
    key: &OaepPrivateDecryptingKey,
    algorithm: &'static OaepAlgorithm,
    octets: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(vec![0; key.min_output_size()]);
    let length = key
        .decrypt(algorithm, octets, &mut buffer, None)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}

/// Decrypts `octets` with any two hash functions.
pub(super) fn unwrap_mixed(
    key: &rsa::PrivateKey,
    oaep: Oaep,
    octets: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let key = key.clone();
    let plaintext = match (oaep.digest, oaep.mask) {
        (Hash::Sha1, Hash::Sha1) => {
            DecryptingKey::<Sha1, Sha1>::new(key).decrypt_with_rng(&mut Random, octets)
        }
        (Hash::Sha1, Hash::Sha256) => {
            DecryptingKey::<Sha1, Sha256>::new(key).decrypt_with_rng(&mut Random, octets)
        }
        (Hash::Sha256, Hash::Sha1) => {
            DecryptingKey::<Sha256, Sha1>::new(key).decrypt_with_rng(&mut Random, octets)
        }
        (Hash::Sha256, Hash::Sha256) => {
            DecryptingKey::<Sha256, Sha256>::new(key).decrypt_with_rng(&mut Random, octets)
        }
    };
    plaintext.ok().map(Zeroizing::new)
}

/// The random numbers of the system, for blinding.
pub(super) struct Random;

impl TryRng for Random {
    type Error = aws_lc_rs::error::Unspecified;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        SystemRandom::new().fill(bytes)
    }
}

impl TryCryptoRng for Random {}

/// SHA-1 of one library for the other.
#[derive(Clone)]
pub(super) struct Sha1(digest::Context);

impl Default for Sha1 {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY))
    }
}

impl HashMarker for Sha1 {}

impl OutputSizeUser for Sha1 {
    type OutputSize = U20;
}

impl Update for Sha1 {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

impl FixedOutput for Sha1 {
    fn finalize_into(self, out: &mut Output<Self>) {
        out.copy_from_slice(self.0.finish().as_ref());
    }
}

impl Reset for Sha1 {
    fn reset(&mut self) {
        *self = Self::default();
    }
}

impl FixedOutputReset for Sha1 {
    fn finalize_into_reset(&mut self, out: &mut Output<Self>) {
        std::mem::take(self).finalize_into(out);
    }
}
