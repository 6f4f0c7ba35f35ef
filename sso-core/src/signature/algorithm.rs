//! Which algorithms we accept, and what they are called.

use std::fmt;

use aws_lc_rs::digest;

/// The algorithms that a verification accepts.
///
/// Always: RSA (PKCS #1 v1.5) and ECDSA with SHA-256, SHA-384 or SHA-512. Everything else is
/// refused by name, and only SHA-1 can be allowed, behind [`dangerous`](Self::dangerous).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Algorithms {
    sha1: Sha1,
}

impl Algorithms {
    /// SHA-256 or better.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Exceptions that weaken security, each for a provider that has nothing better.
    #[must_use]
    pub const fn dangerous(self) -> DangerousAlgorithms {
        DangerousAlgorithms(self)
    }

    /// Whether nothing weak is allowed.
    #[must_use]
    pub fn are_strong(&self) -> bool {
        self.sha1 == Sha1::Refused
    }

    /// The method called `uri`, if it is accepted.
    pub(super) fn method(&self, uri: &str) -> Option<Method> {
        METHODS
            .iter()
            .find(|(name, _)| *name == uri)
            .map(|(_, method)| *method)
            .filter(|it| self.allow(it.hash))
    }

    /// The digest called `uri`, if it is accepted.
    pub(super) fn hash(&self, uri: &str) -> Option<Hash> {
        Hash::ALL
            .into_iter()
            .find(|hash| hash.uri() == uri)
            .filter(|hash| self.allow(*hash))
    }

    fn allow(&self, hash: Hash) -> bool {
        hash != Hash::Sha1 || self.sha1 == Sha1::Allowed
    }
}

/// See [`Algorithms::dangerous`].
#[derive(Clone, Debug)]
pub struct DangerousAlgorithms(Algorithms);

impl DangerousAlgorithms {
    /// Accepts SHA-1 too. Collisions of SHA-1 can be bought: whoever can make the provider sign a
    /// message of their choice may get a second one signed along with it.
    #[must_use]
    pub const fn allow_sha1(self) -> Algorithms {
        let mut algorithms = self.0;
        algorithms.sha1 = Sha1::Allowed;
        algorithms
    }
}

/// An algorithm that we sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// ECDSA with SHA-256, on P-256.
    EcdsaSha256,
    /// ECDSA with SHA-384, on P-384.
    EcdsaSha384,
    /// RSA (PKCS #1 v1.5) with SHA-256.
    RsaSha256,
    /// RSA (PKCS #1 v1.5) with SHA-384.
    RsaSha384,
    /// RSA (PKCS #1 v1.5) with SHA-512.
    RsaSha512,
}

impl SignatureAlgorithm {
    /// The identifier (RFC 9231).
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::EcdsaSha256 => ECDSA_SHA256,
            Self::EcdsaSha384 => ECDSA_SHA384,
            Self::RsaSha256 => RSA_SHA256,
            Self::RsaSha384 => RSA_SHA384,
            Self::RsaSha512 => RSA_SHA512,
        }
    }

    /// The digest that goes with it.
    pub(super) const fn hash(self) -> Hash {
        match self {
            Self::EcdsaSha256 | Self::RsaSha256 => Hash::Sha256,
            Self::EcdsaSha384 | Self::RsaSha384 => Hash::Sha384,
            Self::RsaSha512 => Hash::Sha512,
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.uri())
    }
}

/// Whether the signature method `uri` is for a kind of key that nobody can configure.
pub(super) fn is_for_other_keys(uri: &str) -> bool {
    OTHER_KEYS.contains(&uri)
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) family: Family,
    pub(super) hash: Hash,
}

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Ecdsa,
    Rsa,
}

/// A cryptographic hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [Self; 4] = [Self::Sha256, Self::Sha384, Self::Sha512, Self::Sha1];

    /// The identifier as a `DigestMethod` (RFC 9231).
    pub(super) const fn uri(self) -> &'static str {
        match self {
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }

    /// The digest of `octets`.
    pub(super) fn digest(self, octets: &[u8]) -> digest::Digest {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, octets)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sha1 {
    Allowed,
    #[default]
    Refused,
}

const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
const ECDSA_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const RSA_SHA384: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384";
const RSA_SHA512: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512";

/// Every signature method that can be accepted, the usual one first.
const METHODS: [(&str, Method); 8] = [
    (
        RSA_SHA256,
        Method {
            family: Family::Rsa,
            hash: Hash::Sha256,
        },
    ),
    (
        RSA_SHA384,
        Method {
            family: Family::Rsa,
            hash: Hash::Sha384,
        },
    ),
    (
        RSA_SHA512,
        Method {
            family: Family::Rsa,
            hash: Hash::Sha512,
        },
    ),
    (
        ECDSA_SHA256,
        Method {
            family: Family::Ecdsa,
            hash: Hash::Sha256,
        },
    ),
    (
        ECDSA_SHA384,
        Method {
            family: Family::Ecdsa,
            hash: Hash::Sha384,
        },
    ),
    (
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
        Method {
            family: Family::Ecdsa,
            hash: Hash::Sha512,
        },
    ),
    (
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        Method {
            family: Family::Rsa,
            hash: Hash::Sha1,
        },
    ),
    (
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        Method {
            family: Family::Ecdsa,
            hash: Hash::Sha1,
        },
    ),
];

/// Methods for keys that are never configured: a shared secret, above all one that an attacker
/// hopes to be the public key (row KEY-03), and DSA.
const OTHER_KEYS: [&str; 9] = [
    "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-md5",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-ripemd160",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha224",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512",
    "http://www.w3.org/2009/xmldsig11#dsa-sha256",
];
