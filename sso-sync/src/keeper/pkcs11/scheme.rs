//! How a key on a token signs and decrypts.

use std::ffi::c_ulong;

use aws_lc_rs::digest::{SHA256, SHA384, digest};
use cryptoki::error::Error;
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use cryptoki::types::Ulong;
use rustls::SignatureScheme;
use sso_core::saml::encryption::{Hash, Oaep};
use sso_core::signature::SignatureAlgorithm;

/// How a message is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    EcdsaP256Sha256,
    EcdsaP384Sha384,
    RsaPkcs1Sha256,
    RsaPkcs1Sha384,
    RsaPkcs1Sha512,
    RsaPssSha256,
    RsaPssSha384,
    RsaPssSha512,
}

impl Scheme {
    /// How SAML messages are signed.
    pub(super) const fn of_saml(algorithm: SignatureAlgorithm) -> Option<Self> {
        match algorithm {
            SignatureAlgorithm::EcdsaSha256 => Some(Self::EcdsaP256Sha256),
            SignatureAlgorithm::EcdsaSha384 => Some(Self::EcdsaP384Sha384),
            SignatureAlgorithm::RsaSha256 => Some(Self::RsaPkcs1Sha256),
            SignatureAlgorithm::RsaSha384 => Some(Self::RsaPkcs1Sha384),
            SignatureAlgorithm::RsaSha512 => Some(Self::RsaPkcs1Sha512),
            _ => None,
        }
    }

    /// The schemes of TLS for a key that signs SAML messages with `algorithm`, the best first.
    pub(super) const fn of_tls(
        algorithm: SignatureAlgorithm,
    ) -> &'static [(SignatureScheme, Self)] {
        match algorithm {
            SignatureAlgorithm::EcdsaSha256 => P256,
            SignatureAlgorithm::EcdsaSha384 => P384,
            _ => RSA,
        }
    }

    /// Signs; an ECDSA signature is `r` and `s` one behind the other.
    pub(super) fn sign(
        self,
        session: &Session,
        key: ObjectHandle,
        message: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let sign = |mechanism, message: &[u8]| session.sign(&mechanism, key, message);
        match self {
            // Not every token has ECDSA with a hash.
            Self::EcdsaP256Sha256 => sign(Mechanism::Ecdsa, digest(&SHA256, message).as_ref()),
            Self::EcdsaP384Sha384 => sign(Mechanism::Ecdsa, digest(&SHA384, message).as_ref()),
            Self::RsaPkcs1Sha256 => sign(Mechanism::Sha256RsaPkcs, message),
            Self::RsaPkcs1Sha384 => sign(Mechanism::Sha384RsaPkcs, message),
            Self::RsaPkcs1Sha512 => sign(Mechanism::Sha512RsaPkcs, message),
            Self::RsaPssSha256 => sign(Mechanism::Sha256RsaPkcsPss(PSS_SHA256.into()), message),
            Self::RsaPssSha384 => sign(Mechanism::Sha384RsaPkcsPss(PSS_SHA384.into()), message),
            Self::RsaPssSha512 => sign(Mechanism::Sha512RsaPkcsPss(PSS_SHA512.into()), message),
        }
    }
}

/// The mechanism that opens what was encrypted by `oaep`; nothing if it is newer than this.
pub(super) fn oaep(oaep: Oaep) -> Option<Mechanism<'static>> {
    let digest = match oaep.digest {
        Hash::Sha1 => MechanismType::SHA1,
        Hash::Sha256 => MechanismType::SHA256,
        _ => return None,
    };
    let mask = match oaep.mask {
        Hash::Sha1 => PkcsMgfType::MGF1_SHA1,
        Hash::Sha256 => PkcsMgfType::MGF1_SHA256,
        _ => return None,
    };
    let source = PkcsOaepSource::empty();
    Some(Mechanism::RsaPkcsOaep(PkcsOaepParams::new(
        digest, mask, source,
    )))
}

/// Parameters of PSS as TLS 1.3 wants them: one hash, and a salt of its length in bytes.
#[derive(Clone, Copy)]
struct Pss {
    hash: MechanismType,
    mask: PkcsMgfType,
    salt: c_ulong,
}

impl From<Pss> for PkcsPssParams {
    fn from(pss: Pss) -> Self {
        Self {
            hash_alg: pss.hash,
            mgf: pss.mask,
            s_len: Ulong::from(pss.salt),
        }
    }
}

const PSS_SHA256: Pss = Pss {
    hash: MechanismType::SHA256,
    mask: PkcsMgfType::MGF1_SHA256,
    salt: 32,
};

const PSS_SHA384: Pss = Pss {
    hash: MechanismType::SHA384,
    mask: PkcsMgfType::MGF1_SHA384,
    salt: 48,
};

const PSS_SHA512: Pss = Pss {
    hash: MechanismType::SHA512,
    mask: PkcsMgfType::MGF1_SHA512,
    salt: 64,
};

const P256: &[(SignatureScheme, Scheme)] = &[(
    SignatureScheme::ECDSA_NISTP256_SHA256,
    Scheme::EcdsaP256Sha256,
)];

const P384: &[(SignatureScheme, Scheme)] = &[(
    SignatureScheme::ECDSA_NISTP384_SHA384,
    Scheme::EcdsaP384Sha384,
)];

const RSA: &[(SignatureScheme, Scheme)] = &[
    (SignatureScheme::RSA_PSS_SHA256, Scheme::RsaPssSha256),
    (SignatureScheme::RSA_PSS_SHA384, Scheme::RsaPssSha384),
    (SignatureScheme::RSA_PSS_SHA512, Scheme::RsaPssSha512),
    (SignatureScheme::RSA_PKCS1_SHA256, Scheme::RsaPkcs1Sha256),
    (SignatureScheme::RSA_PKCS1_SHA384, Scheme::RsaPkcs1Sha384),
    (SignatureScheme::RSA_PKCS1_SHA512, Scheme::RsaPkcs1Sha512),
];
