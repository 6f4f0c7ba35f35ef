//! What an archive encloses in parts that are encrypted as a whole.
//!
//! In there may be keys that are encrypted once more, each with a key derivation of its own. They are
//! not seen before the part is open, and the library that reads archives opens all at once.

use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _};
use cms::cert::x509::spki::AlgorithmIdentifierOwned;
use cms::content_info::ContentInfo;
use cms::encrypted_data::EncryptedData;
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _};
use pkcs5::pbes2;
use pkcs12::kdf::{Pkcs12KeyType, derive_key_utf8};
use pkcs12::pbe_params::Pkcs12PbeParams;
use pkcs12::{AuthenticatedSafe, pfx::Pfx};
use sha1::Sha1;
use zeroize::Zeroizing;

use super::pkcs12::MOST_ROUNDS;

/// What is in each encrypted part; keys in there stay encrypted.
///
/// A part that does not open is left out: the library opens it in the same way, and says what is
/// wrong.
///
/// # Errors
///
/// If the file is no archive (RFC 7292).
pub(super) fn parts(file: &[u8], password: &str) -> Result<Vec<Zeroizing<Vec<u8>>>, der::Error> {
    let archive = Pfx::from_der(file)?;
    let content = OctetString::from_der(&archive.auth_safe.content.to_der()?)?;
    let parts = AuthenticatedSafe::from_der(content.as_bytes())?;
    let opened = parts.iter().filter_map(|part| open(part, password));
    Ok(opened.map(Zeroizing::new).collect())
}

fn open(part: &ContentInfo, password: &str) -> Option<Vec<u8>> {
    if part.content_type != ENCRYPTED_DATA {
        return None;
    }
    let part = EncryptedData::from_der(&part.content.to_der().ok()?).ok()?;
    let content = part.enc_content_info;
    let encrypted = content.encrypted_content?;
    decrypt(&content.content_enc_alg, encrypted.as_bytes(), password)
}

fn decrypt(algorithm: &AlgorithmIdentifierOwned, data: &[u8], password: &str) -> Option<Vec<u8>> {
    let parameters = algorithm.parameters.as_ref()?.to_der().ok()?;
    match algorithm.oid {
        PBES2 => of_pkcs5(&parameters, data, password),
        SHA1_3DES => of_pkcs12::<des::TdesEde3>(24, &parameters, data, password),
        SHA1_RC2 => of_pkcs12::<rc2::Rc2>(5, &parameters, data, password),
        _ => None,
    }
}

fn of_pkcs5(parameters: &[u8], data: &[u8], password: &str) -> Option<Vec<u8>> {
    let parameters = pbes2::Parameters::from_der(parameters).ok()?;
    // What scrypt costs has been looked at.
    let rounds = parameters.kdf.pbkdf2().map_or(0, |it| it.iteration_count);
    if rounds > MOST_ROUNDS {
        return None;
    }
    parameters.decrypt(password.as_bytes(), data).ok()
}

/// The ciphers that PKCS#12 itself brought, with keys of so many bytes.
fn of_pkcs12<C: BlockCipherDecrypt + KeyInit>(
    key_bytes: usize,
    parameters: &[u8],
    data: &[u8],
    password: &str,
) -> Option<Vec<u8>> {
    let parameters = Pkcs12PbeParams::from_der(parameters).ok()?;
    let (salt, rounds) = (parameters.salt.as_bytes(), parameters.iterations);
    if i64::from(rounds) > i64::from(MOST_ROUNDS) {
        return None;
    }
    let derive = |what, bytes| derive_key_utf8::<Sha1>(password, salt, what, rounds, bytes);
    let key = Zeroizing::new(derive(Pkcs12KeyType::EncryptionKey, key_bytes).ok()?);
    let iv = derive(Pkcs12KeyType::Iv, IV_BYTES).ok()?;
    let cipher = Decryptor::<C>::new_from_slices(&key, &iv).ok()?;
    cipher.decrypt_padded_vec::<Pkcs7>(data).ok()
}

const IV_BYTES: usize = 8;

const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const SHA1_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const SHA1_RC2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");
