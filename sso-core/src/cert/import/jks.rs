//! JKS, the old keystore of Java.
//!
//! A keystore is a list of entries and a SHA-1 of password and list; keys in it are hidden by a key
//! stream of SHA-1. It is read here, since the crate for it brings second versions of half a dozen
//! others for what takes a page.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::der_parser::asn1_rs::{FromDer as _, OctetString, Sequence};
use zeroize::Zeroizing;

use super::{ImportError, MOST_ENTRIES, Material};

/// Reads what follows the four bytes that all such files begin with.
pub(super) fn read(file: &[u8], password: Option<&str>) -> Result<Material, ImportError> {
    let mut reader = Reader(file);
    let version = reader.number()?;
    let entries = reader.number()?;
    if !matches!(version, 1 | 2) {
        return Err(super::unsupported("a keystore of this version"));
    }
    let mut found = Vec::new();
    for _ in 0..entries {
        if found.len() > MOST_ENTRIES {
            return Err(ImportError::TooMany);
        }
        found.push(reader.entry(version)?);
    }
    let listed = file.len() - reader.0.len();
    let password = match (password, found.iter().any(Entry::has_key)) {
        (None, true) => return Err(ImportError::PasswordNeeded),
        (None, false) => None,
        (Some(password), _) => Some(Password::of(password)),
    };
    if let Some(password) = &password {
        let list = file.get(..listed).unwrap_or_default();
        password.check(list, reader.0)?;
    }
    let mut material = Material::default();
    for entry in found {
        material.certificates.extend(entry.certificates);
        if let (Some(key), Some(password)) = (entry.key, &password) {
            material.keys.push(password.reveal(key)?);
        }
    }
    Ok(material)
}

struct Entry<'a> {
    key: Option<&'a [u8]>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Entry<'_> {
    const fn has_key(&self) -> bool {
        self.key.is_some()
    }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn entry(&mut self, version: u32) -> Result<Entry<'a>, ImportError> {
        let tag = self.number()?;
        self.text()?;
        self.bytes(TIME_BYTES)?;
        match tag {
            KEY => {
                let length = self.number()?;
                let key = Some(self.bytes(length)?);
                let count = self.number()?;
                let certificates = (0..count).map(|_| self.certificate(version));
                let certificates = certificates.collect::<Result<_, _>>()?;
                Ok(Entry { key, certificates })
            }
            CERTIFICATE => Ok(Entry {
                key: None,
                certificates: vec![self.certificate(version)?],
            }),
            _ => Err(ImportError::malformed(
                "an entry of the keystore is of no kind",
            )),
        }
    }

    fn certificate(&mut self, version: u32) -> Result<CertificateDer<'static>, ImportError> {
        if version == 2 {
            self.text()?;
        }
        let length = self.number()?;
        Ok(CertificateDer::from(self.bytes(length)?.to_vec()))
    }

    fn number(&mut self) -> Result<u32, ImportError> {
        let bytes = self.bytes(4)?.iter();
        Ok(bytes.fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn text(&mut self) -> Result<&'a [u8], ImportError> {
        let length = self.bytes(2)?.iter();
        let length = length.fold(0, |number, byte| number << 8 | u32::from(*byte));
        self.bytes(length)
    }

    fn bytes(&mut self, count: u32) -> Result<&'a [u8], ImportError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let cut = || ImportError::malformed("the keystore is cut off");
        let (bytes, rest) = self.0.split_at_checked(count).ok_or_else(cut)?;
        self.0 = rest;
        Ok(bytes)
    }
}

/// A password as Java takes it: two bytes a letter.
struct Password(Zeroizing<Vec<u8>>);

impl Password {
    fn of(password: &str) -> Self {
        Self(Zeroizing::new(
            password.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ))
    }

    /// The digest at the end of the file tells whether the password is right.
    fn check(&self, list: &[u8], digest: &[u8]) -> Result<(), ImportError> {
        let found = sha1(&[&self.0, WHITENER, &MAGIC, list]);
        match (digest.len() == DIGEST_BYTES, found.as_slice() == digest) {
            (true, true) => Ok(()),
            (true, false) => Err(ImportError::WrongPassword),
            (false, _) => Err(ImportError::malformed("the keystore is cut off")),
        }
    }

    /// The key behind the key stream.
    fn reveal(&self, protected: &[u8]) -> Result<PrivateKeyDer<'static>, ImportError> {
        let malformed = || ImportError::malformed("a key in the keystore is damaged");
        let hidden = hidden(protected).ok_or_else(malformed)?;
        let (salt, rest) = hidden
            .split_at_checked(DIGEST_BYTES)
            .ok_or_else(malformed)?;
        let end = rest.len().checked_sub(DIGEST_BYTES).ok_or_else(malformed)?;
        let (hidden, digest) = rest.split_at_checked(end).ok_or_else(malformed)?;
        let mut key = Zeroizing::new(Vec::with_capacity(hidden.len()));
        let mut stream = salt.to_vec();
        for part in hidden.chunks(DIGEST_BYTES) {
            stream = sha1(&[&self.0, &stream]).to_vec();
            key.extend(part.iter().zip(&stream).map(|(byte, mask)| byte ^ mask));
        }
        match sha1(&[&self.0, &key]).as_slice() == digest {
            true => Ok(PrivatePkcs8KeyDer::from(key.to_vec()).into()),
            // A key may have another password than the keystore.
            false => Err(ImportError::WrongPassword),
        }
    }
}

/// The bytes in `EncryptedPrivateKeyInfo`; there is one algorithm only.
fn hidden(protected: &[u8]) -> Option<Vec<u8>> {
    let (_, info) = Sequence::from_der(protected).ok()?;
    let (rest, _algorithm) = Sequence::from_der(info.content.as_ref()).ok()?;
    let (_, hidden) = OctetString::from_der(rest).ok()?;
    Some(hidden.as_ref().to_vec())
}

fn sha1(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    parts.iter().for_each(|part| context.update(part));
    Zeroizing::new(context.finish().as_ref().to_vec())
}

const KEY: u32 = 1;
const CERTIFICATE: u32 = 2;
const TIME_BYTES: u32 = 8;
const DIGEST_BYTES: usize = 20;
const MAGIC: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
/// What Java mixes in, whyever.
const WHITENER: &[u8] = b"Mighty Aphrodite";
