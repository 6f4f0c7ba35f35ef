//! Certificates and keys as administrators have them: PEM, DER, PKCS#12 and JKS, encrypted or not.
//!
//! Nothing here opens a file or asks anybody: bytes come in, and what is missing is an error.

mod enclosed;
mod jks;
mod old_pem;
mod pem_file;
mod pkcs12;
#[cfg(test)]
mod tests;

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

use super::{CertificateError, Chain, Description, KnownKey, Validity, key, parse, public_key};

/// Certificates and keys that were found in files; [`pair`](Self::pair) finds out what belongs
/// together.
///
/// `Debug` shows no key, and keys are wiped when the value is dropped.
#[derive(Default)]
pub struct Material {
    certificates: Vec<CertificateDer<'static>>,
    keys: Vec<PrivateKeyDer<'static>>,
}

impl Material {
    /// Reads a file, whichever of the known forms it has.
    ///
    /// `password` opens what is encrypted; some files have none, others an empty one.
    ///
    /// # Errors
    ///
    /// [`ImportError::PasswordNeeded`] or [`ImportError::WrongPassword`], to ask and try again;
    /// otherwise what is wrong with the file.
    pub fn read(file: &[u8], password: Option<&str>) -> Result<Self, ImportError> {
        if file.len() > LARGEST_FILE {
            return Err(ImportError::TooLarge { bytes: file.len() });
        }
        let material = match file {
            [0xfe, 0xed, 0xfe, 0xed, rest @ ..] => jks::read(rest, password)?,
            [0xce, 0xce, 0xce, 0xce, ..] => {
                return Err(unsupported("a keystore of the kind JCEKS"));
            }
            [0x30, ..] => Self::of_der(file, password)?,
            _ => pem_file::read(file, password)?,
        };
        match material.certificates.len() + material.keys.len() {
            0 => Err(ImportError::Empty),
            1..=MOST_ENTRIES => Ok(material),
            _ => Err(ImportError::TooMany),
        }
    }

    /// What is in two files together, e.g. a certificate and its key.
    #[must_use]
    pub fn join(mut self, mut other: Self) -> Self {
        self.certificates.append(&mut other.certificates);
        self.keys.append(&mut other.keys);
        self
    }

    /// Whether there is a private key in it.
    #[must_use]
    pub const fn has_key(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether there is a certificate in it.
    #[must_use]
    pub const fn has_certificate(&self) -> bool {
        !self.certificates.is_empty()
    }

    /// Finds the certificate that belongs to the key, and puts the authorities behind it in order. If
    /// several belong to it, the one that is valid longest is meant.
    ///
    /// # Errors
    ///
    /// An [`ImportError`] if one of them is missing, if they do not belong together, or if it is not
    /// clear which are meant.
    pub fn pair(mut self) -> Result<Candidate, ImportError> {
        if self.certificates.is_empty() {
            return Err(ImportError::NoCertificate);
        }
        if self.keys.is_empty() {
            return Err(ImportError::NoPrivateKey);
        }
        self.certificates
            .iter()
            .try_for_each(|it| parse(it).map(drop))?;
        let known: Vec<KnownKey> = self.keys.iter().filter_map(KnownKey::read).collect();
        let mut pairs = Vec::new();
        for key in distinct(&known) {
            pairs.extend(self.certificate_of(key)?.map(|index| (index, key)));
        }
        let (index, key) = match pairs.as_slice() {
            [] if known.is_empty() => return Err(self.key_of_no_use()?),
            [] => return Err(ImportError::NotAPair),
            [pair] => *pair,
            _ => return Err(ImportError::SeveralPairs),
        };
        let key = to_pkcs8(key).ok_or(ImportError::NotAPair)?;
        let first = self.certificates.remove(index);
        let others = std::mem::take(&mut self.certificates);
        let chain = Chain::of(first, others)?;
        Ok(Candidate { chain, key })
    }

    fn certificate_of(&self, key: &KnownKey) -> Result<Option<usize>, CertificateError> {
        let public = key.public();
        let mut found = None;
        for (index, certificate) in self.certificates.iter().enumerate() {
            let until = Validity::of(certificate)?.until;
            let is_better = found.is_none_or(|(_, best)| best < until);
            if public_key(certificate)? == public && is_better {
                found = Some((index, until));
            }
        }
        Ok(found.map(|(index, _)| index))
    }

    /// The certificate says what kind of key it is.
    fn key_of_no_use(&self) -> Result<ImportError, CertificateError> {
        let kind = self.certificates.first().map(Description::of).transpose()?;
        let found = kind.map_or_else(String::new, |it| it.key.to_string());
        Ok(ImportError::KeyOfNoUse { found })
    }

    fn of_der(file: &[u8], password: Option<&str>) -> Result<Self, ImportError> {
        let certificate = CertificateDer::from(file.to_vec());
        if parse(&certificate).is_ok() {
            return Ok(Self::of_certificate(certificate));
        }
        if pkcs12::is_archive(file) {
            return pkcs12::read(file, password);
        }
        if pkcs12::is_encrypted_key(file) {
            return pkcs12::read_key(file, password).map(Self::of_key);
        }
        let keys = [
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(file.to_vec())),
            PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(file.to_vec())),
        ];
        let known = keys.into_iter().find(|key| KnownKey::read(key).is_some());
        known.map(Self::of_key).ok_or(ImportError::UnknownForm)
    }

    fn of_key(key: PrivateKeyDer<'static>) -> Self {
        Self {
            keys: vec![key],
            ..Self::default()
        }
    }

    fn of_certificate(certificate: CertificateDer<'static>) -> Self {
        Self {
            certificates: vec![certificate],
            ..Self::default()
        }
    }
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (certificates, keys) = (self.certificates.len(), self.keys.len());
        write!(f, "Material({certificates} certificates, {keys} keys, …)")
    }
}

/// A private key and the chain of its certificate: what may become the one in use.
///
/// `Debug` shows no key, and the key is wiped when the value is dropped.
pub struct Candidate {
    chain: Chain,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Candidate {
    /// The certificate, the authorities behind it, and what was left over.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The certificate and its authorities as PEM, in order and without the root.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.chain.to_pem()
    }

    /// The private key as PEM (PKCS#8), not encrypted. Every call deserves a look.
    #[must_use]
    pub fn key_pem(&self) -> Zeroizing<String> {
        key::pem("PRIVATE KEY", self.key.secret_pkcs8_der())
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Candidate({} certificates, …)",
            self.chain.certificates.len()
        )
    }
}

/// Why files do not give a key and its certificate.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// There is nothing in it.
    #[error("there is neither a certificate nor a private key in it")]
    Empty,
    /// Nobody would accept the key.
    #[error(
        "the private key is of no use ({found}): RSA from 2048 bits, ECDSA on P-256, P-384 or \
         P-521, or Ed25519 are"
    )]
    KeyOfNoUse {
        /// What the certificate says of it.
        found: String,
    },
    /// It is cut off, or damaged.
    #[error("it is damaged: {reason}")]
    Malformed {
        /// What is wrong; nothing of the file is quoted.
        reason: String,
    },
    /// No certificate.
    #[error("there is no certificate with it")]
    NoCertificate,
    /// No private key.
    #[error("there is no private key with it")]
    NoPrivateKey,
    /// They do not belong together.
    #[error("the private key belongs to none of the certificates")]
    NotAPair,
    /// It is encrypted.
    #[error("it is encrypted, and needs a passphrase")]
    PasswordNeeded,
    /// More than one key has its certificate in it.
    #[error("there are several private keys with their certificates in it, and one is expected")]
    SeveralPairs,
    /// To open it would take too much time or memory.
    #[error(
        "opening it would take too much time or memory: it asks for more than 1000000 rounds of \
         key derivation, or for scrypt with more than 32 MiB or 16 lanes, or has more than {} \
         encrypted keys",
        pkcs12::MOST_DERIVATIONS
    )]
    TooCostly,
    /// It is larger than any file of this kind.
    #[error("it has {bytes} bytes, and {LARGEST_FILE} are the most")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// More certificates or keys than anybody needs.
    #[error("there are more than {MOST_ENTRIES} certificates and keys in it")]
    TooMany,
    /// None of the forms that are known.
    #[error("it is neither PEM, nor DER, nor PKCS#12, nor JKS")]
    UnknownForm,
    /// A form or cipher that is not read.
    #[error("{what} cannot be read; convert it to PKCS#12 or PEM first, with keytool or openssl")]
    Unsupported {
        /// What it is.
        what: String,
    },
    /// The password does not open it.
    #[error("the passphrase is wrong")]
    WrongPassword,
}

impl ImportError {
    fn malformed(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Malformed { reason }
    }
}

fn unsupported(what: impl Into<String>) -> ImportError {
    let what = what.into();
    ImportError::Unsupported { what }
}

/// The same key in two files is one key.
fn distinct(keys: &[KnownKey]) -> Vec<&KnownKey> {
    let mut seen = Vec::new();
    let is_new = |key: &&KnownKey| {
        let public = key.public();
        let is_new = !seen.contains(&public);
        seen.push(public);
        is_new
    };
    keys.iter().filter(is_new).collect()
}

/// The same key as PKCS#8, which everybody reads; `None` only if memory runs out.
fn to_pkcs8(key: &KnownKey) -> Option<PrivatePkcs8KeyDer<'static>> {
    let der = match key {
        KnownKey::Ecdsa(key) => key.to_pkcs8v1().ok()?.as_ref().to_vec(),
        KnownKey::Ed25519(key) => key.to_pkcs8v1().ok()?.as_ref().to_vec(),
        KnownKey::Rsa(key) => {
            let der: Pkcs8V1Der<'_> = key.as_der().ok()?;
            der.as_ref().to_vec()
        }
    };
    Some(PrivatePkcs8KeyDer::from(der))
}

/// A keystore with all roots of a Java runtime has this much.
const LARGEST_FILE: usize = 256 * 1024;

const MOST_ENTRIES: usize = 200;
