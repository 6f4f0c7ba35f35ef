//! Keys that OpenSSL encrypted in its old way, with the cipher in a header (RFC 1421).

use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _};
use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use super::{ImportError, unsupported};

/// Decrypts a section whose header says `CIPHER,IV`.
pub(super) fn decrypt(
    header: &str,
    encrypted: &[u8],
    password: &str,
) -> Result<Zeroizing<Vec<u8>>, ImportError> {
    let (cipher, iv) = header
        .split_once(',')
        .ok_or_else(|| ImportError::malformed("the line DEK-Info is malformed"))?;
    let iv = hex(iv).ok_or_else(|| ImportError::malformed("the line DEK-Info is malformed"))?;
    let plain = match cipher {
        "AES-128-CBC" => with::<aes::Aes128>(16, &iv, encrypted, password),
        "AES-192-CBC" => with::<aes::Aes192>(24, &iv, encrypted, password),
        "AES-256-CBC" => with::<aes::Aes256>(32, &iv, encrypted, password),
        "DES-EDE3-CBC" => with::<des::TdesEde3>(24, &iv, encrypted, password),
        _ => {
            return Err(unsupported(
                "a key that is encrypted with an unusual cipher",
            ));
        }
    };
    // There is no checksum, but every key begins as a sequence.
    plain
        .filter(|plain| plain.first() == Some(&0x30))
        .ok_or(ImportError::WrongPassword)
}

fn with<C: BlockCipherDecrypt + KeyInit>(
    key_bytes: usize,
    iv: &[u8],
    encrypted: &[u8],
    password: &str,
) -> Option<Zeroizing<Vec<u8>>> {
    let key = derive(password, iv.get(..SALT_BYTES)?, key_bytes);
    let cipher = Decryptor::<C>::new_from_slices(&key, iv).ok()?;
    let plain = cipher.decrypt_padded_vec::<Pkcs7>(encrypted).ok()?;
    Some(Zeroizing::new(plain))
}

/// `EVP_BytesToKey` with MD5 and one round, which is what these files have.
fn derive(password: &str, salt: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::new());
    let mut last = Zeroizing::new(Vec::new());
    while key.len() < length {
        let digest = Md5::new()
            .chain_update(last.as_slice())
            .chain_update(password)
            .chain_update(salt)
            .finalize();
        last = Zeroizing::new(digest.to_vec());
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().as_bytes();
    let pairs = text.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    pairs.collect()
}

const SALT_BYTES: usize = 8;
