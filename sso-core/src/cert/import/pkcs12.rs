//! PKCS#12 archives, and keys that are encrypted like those in one.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::der_parser::asn1_rs::{FromDer as _, Integer, OctetString, Sequence};

use super::{ImportError, Material, enclosed, unsupported};

/// Whether a DER text begins as an archive does: with version 3.
pub(super) fn is_archive(file: &[u8]) -> bool {
    content(file).is_some_and(|content| content.starts_with(&[0x02, 0x01, 0x03]))
}

/// Whether a DER text begins as an encrypted key does: with the name of a cipher that takes a
/// password.
pub(super) fn is_encrypted_key(file: &[u8]) -> bool {
    let algorithm = content(file).and_then(content);
    algorithm.is_some_and(|it| PASSWORD_CIPHERS.iter().any(|prefix| it.starts_with(prefix)))
}

/// Reads everything in an archive.
pub(super) fn read(file: &[u8], password: Option<&str>) -> Result<Material, ImportError> {
    let archive = open(file, password.unwrap_or_default());
    let archive = archive.map_err(|error| match (ImportError::of(&error), password) {
        (ImportError::WrongPassword, None) => ImportError::PasswordNeeded,
        (error, _) => error,
    })?;
    let certificates = archive.certs.iter();
    let certificates = certificates.map(|it| CertificateDer::from(it.cert.as_der().to_vec()));
    Ok(Material {
        certificates: certificates.collect(),
        keys: archive.keys.iter().map(|it| key(&it.key)).collect(),
    })
}

/// Reads a key that is encrypted by itself (PKCS#8), as an archive with nothing else in it.
pub(super) fn read_key(
    encrypted: &[u8],
    password: Option<&str>,
) -> Result<PrivateKeyDer<'static>, ImportError> {
    let password = password.ok_or(ImportError::PasswordNeeded)?;
    let archive = open(&archive_of(encrypted), password);
    let archive = archive.map_err(|error| match ImportError::of(&error) {
        // There is no checksum, so what a wrong password yields is not recognised as a key.
        ImportError::Malformed { .. } if is_encrypted_key(encrypted) => ImportError::WrongPassword,
        error => error,
    })?;
    let first = archive.keys.first().map(|it| key(&it.key));
    first.ok_or_else(|| ImportError::malformed("it is no encrypted private key"))
}

fn open(file: &[u8], password: &str) -> Result<Pkcs12Archive, Error> {
    check_cost([file])?;
    let enclosed = enclosed::parts(file, password)?;
    check_cost([file].into_iter().chain(enclosed.iter().map(|it| &it[..])))?;
    Pkcs12Archive::from_pkcs12(file, password)
}

/// Whether all that is encrypted in these texts may be opened; the library bounds the rounds of each.
fn check_cost<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Result<(), Error> {
    let mut ciphers = 0;
    for text in texts {
        ciphers += occurrences(text, PASSWORD_CIPHERS);
        if ciphers > MOST_CIPHERS || has_costly_scrypt(text) {
            return Err(Error::InvalidParameters);
        }
    }
    Ok(())
}

fn key(key: &p12_keystore::PrivateKey) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(key.as_der().to_vec()).into()
}

impl ImportError {
    fn of(error: &Error) -> Self {
        match error {
            Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError => Self::WrongPassword,
            // What the library says if there are more rounds than it works through.
            Error::InvalidParameters => Self::TooCostly,
            Error::UnsupportedEncryptionScheme | Error::UnsupportedMacAlgorithm => {
                unsupported("a file that is encrypted in an unusual way")
            }
            Error::UnsupportedCertificateType => unsupported("a certificate that is not X.509"),
            Error::UnsupportedContentType => unsupported("an archive that is signed"),
            _ => Self::malformed("its structure is not that of PKCS#12"),
        }
    }
}

/// The library bounds scrypt at 1 GiB, which is more than a small server has to spare, and does so only
/// for what it opens itself.
fn has_costly_scrypt(file: &[u8]) -> bool {
    let parameters = (0..file.len()).filter_map(|at| file.get(at..)?.strip_prefix(SCRYPT));
    parameters.into_iter().any(|it| match scrypt_cost(it) {
        Some((bytes, lanes)) => bytes > MOST_MEMORY || lanes > MOST_LANES,
        None => true,
    })
}

/// `128 · N · r`, or `128 · p · r` if that is more, and `p`, which only takes time, from the parameters
/// of RFC 7914, 7.1.
fn scrypt_cost(parameters: &[u8]) -> Option<(u64, u64)> {
    let (_, sequence) = Sequence::from_der(parameters).ok()?;
    let (rest, _salt) = OctetString::from_der(sequence.content.as_ref()).ok()?;
    let (rest, cost) = Integer::from_der(rest).ok()?;
    let (rest, block) = Integer::from_der(rest).ok()?;
    let (_, lanes) = Integer::from_der(rest).ok()?;
    let lanes = lanes.as_u64().ok()?;
    let blocks = cost.as_u64().ok()?.max(lanes);
    let memory = 128_u64
        .checked_mul(blocks)?
        .checked_mul(block.as_u64().ok()?)?;
    Some((memory, lanes))
}

fn occurrences(file: &[u8], wanted: &[&[u8]]) -> usize {
    let places = (0..file.len()).filter_map(|at| file.get(at..));
    places
        .filter(|place| wanted.iter().any(|it| place.starts_with(it)))
        .count()
}

/// What is in the outermost sequence.
fn content(der: &[u8]) -> Option<&[u8]> {
    let rest = der.strip_prefix(&[0x30])?;
    let (first, rest) = rest.split_first()?;
    match first {
        0x00..=0x80 => Some(rest),
        long => rest.get(usize::from(long & 0x7f)..),
    }
}

/// An archive (RFC 7292) with one encrypted key in it and no checksum.
fn archive_of(encrypted_key: &[u8]) -> Vec<u8> {
    archive_with(&content_info(&sequence(&[&key_bag(encrypted_key)])))
}

pub(super) fn archive_with(part: &[u8]) -> Vec<u8> {
    let version: &[u8] = &[0x02, 0x01, 0x03];
    sequence(&[version, &content_info(&sequence(&[part]))])
}

pub(super) fn key_bag(encrypted_key: &[u8]) -> Vec<u8> {
    sequence(&[SHROUDED_KEY_BAG, &explicit(encrypted_key)])
}

fn content_info(data: &[u8]) -> Vec<u8> {
    sequence(&[DATA, &explicit(&tagged(0x04, data))])
}

pub(super) fn explicit(content: &[u8]) -> Vec<u8> {
    tagged(0xa0, content)
}

pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

pub(super) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let digits = length.iter().position(|byte| *byte != 0);
    let digits = length
        .get(digits.unwrap_or(length.len() - 1)..)
        .unwrap_or_default();
    let mut der = vec![tag];
    match digits {
        [short @ 0..=0x7f] => der.push(*short),
        // Eight bytes at the most.
        long => der.push(0x80 | u8::try_from(long.len()).unwrap_or(8)),
    }
    if content.len() > 0x7f {
        der.extend_from_slice(digits);
    }
    der.extend_from_slice(content);
    der
}

/// `id-data`, with tag and length.
pub(super) const DATA: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01,
];

/// `pkcs8ShroudedKeyBag`
const SHROUDED_KEY_BAG: &[u8] = &[
    0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02,
];

/// `PBES2` and its predecessors of PKCS#5, and the beginning of those of PKCS#12.
const PASSWORD_CIPHERS: &[&[u8]] = &[
    &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05],
    &[
        0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01,
    ],
];

/// `id-scrypt`
pub(super) const SCRYPT: &[u8] = &[
    0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b,
];

/// What the library works through for one key.
pub(super) const MOST_ROUNDS: u32 = 1_000_000;

/// So many keys may be derived for one file.
pub(super) const MOST_DERIVATIONS: usize = 8;

/// PBES2 names two ciphers for each.
const MOST_CIPHERS: usize = 2 * MOST_DERIVATIONS;

/// What `openssl` allows.
const MOST_MEMORY: u64 = 32 * 1024 * 1024;

/// How often scrypt may be gone through for one key, as the library has it.
const MOST_LANES: u64 = 16;
