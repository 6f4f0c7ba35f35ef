//! Opening a content with its key.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

use super::Cipher;
use super::envelope::{BLOCK, GCM_NONCE};

/// Decrypts `octets`; `None` if `key` is not theirs.
pub(super) fn open(cipher: Cipher, key: &[u8], octets: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    match cipher {
        Cipher::Aes128Cbc | Cipher::Aes256Cbc => open_cbc(cipher, key, octets),
        Cipher::Aes128Gcm | Cipher::Aes256Gcm => open_gcm(cipher, key, octets),
    }
}

/// Nonce, ciphertext, tag (XML Encryption 1.1, 5.2.4).
fn open_gcm(cipher: Cipher, key: &[u8], octets: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let algorithm = match cipher.key_length() {
        16 => &AES_128_GCM,
        _ => &AES_256_GCM,
    };
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let (nonce, sealed) = octets.split_at_checked(GCM_NONCE)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let length = key
        .open_in_place(nonce, Aad::empty(), &mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}

/// Initialization vector and blocks (XML Encryption 1.1, 5.2.2).
fn open_cbc(cipher: Cipher, key: &[u8], octets: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let algorithm = match cipher.key_length() {
        16 => &AES_128,
        _ => &AES_256,
    };
    let key = DecryptingKey::cbc(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
    let (vector, blocks) = octets.split_first_chunk::<BLOCK>()?;
    let vector = DecryptionContext::Iv128(FixedLength::from(*vector));
    let mut buffer = Zeroizing::new(blocks.to_vec());
    key.decrypt(&mut buffer, vector).ok()?;
    let length = unpadded_length(&buffer)?;
    buffer.truncate(length);
    Some(buffer)
}

/// Only the last byte of the padding means something: how long the padding is. The others are
/// arbitrary, so there is nothing to compare and little to measure.
fn unpadded_length(padded: &[u8]) -> Option<usize> {
    let padding = usize::from(*padded.last()?);
    match (1..=BLOCK).contains(&padding) {
        true => padded.len().checked_sub(padding),
        false => None,
    }
}
