//! Public keys of identity providers.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{ParsedPublicKey, VerificationAlgorithm};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION,
};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::{PublicKey, RSAPublicKey};
use x509_parser::x509::SubjectPublicKeyInfo;

use super::algorithm::{Family, Hash, Method, SignatureAlgorithm};
use crate::random;

/// A public key that signatures are verified with: RSA of 2048 to 8192 bits, P-256 or P-384.
///
/// Two are equal if they are the same key, whatever certificate they came in. Of a certificate
/// nothing but the key is used: SAML metadata and configuration say whose it is, and a
/// certificate that is self-signed or expired serves as well (IIP-MD12).
#[derive(Clone)]
pub struct VerifyingKey(Arc<Inner>);

struct Inner {
    kind: Kind,
    fingerprint: String,
    /// DER of the `SubjectPublicKeyInfo`.
    spki: Vec<u8>,
    /// Parsed for the usual hash functions, since parsing takes about as long as verifying.
    parsed: Vec<(Hash, ParsedPublicKey)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Rsa { bits: usize },
}

impl VerifyingKey {
    /// The key of an X.509 certificate in DER.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] if there is no such certificate, or its key is not acceptable.
    pub fn from_certificate_der(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| KeyError::Malformed)?;
        if !rest.is_empty() {
            return Err(KeyError::Malformed);
        }
        Self::new(certificate.public_key())
    }

    /// A `SubjectPublicKeyInfo` in DER (RFC 5280, 4.1).
    ///
    /// # Errors
    ///
    /// A [`KeyError`] if it is none, or the key is not acceptable.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let (rest, spki) = SubjectPublicKeyInfo::from_der(der).map_err(|_| KeyError::Malformed)?;
        if !rest.is_empty() {
            return Err(KeyError::Malformed);
        }
        Self::new(&spki)
    }

    fn new(spki: &SubjectPublicKeyInfo<'_>) -> Result<Self, KeyError> {
        let kind = Kind::of(spki)?;
        let parsed = [Hash::Sha256, Hash::Sha384, Hash::Sha512]
            .into_iter()
            .map(|hash| {
                let algorithm = kind.algorithm(hash).ok_or(KeyError::Malformed)?;
                let key =
                    ParsedPublicKey::new(algorithm, spki.raw).map_err(|_| KeyError::Malformed)?;
                Ok((hash, key))
            });
        Ok(Self(Arc::new(Inner {
            kind,
            fingerprint: random::to_hex(Hash::Sha256.digest(spki.raw).as_ref()),
            spki: spki.raw.to_vec(),
            parsed: parsed.collect::<Result<_, _>>()?,
        })))
    }

    /// SHA-256 of the `SubjectPublicKeyInfo`, in lower-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    /// DER of the `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn as_spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// How we sign with the private half: RSA and P-256 with SHA-256, P-384 with SHA-384.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match self.0.kind {
            Kind::P256 => SignatureAlgorithm::EcdsaSha256,
            Kind::P384 => SignatureAlgorithm::EcdsaSha384,
            Kind::Rsa { .. } => SignatureAlgorithm::RsaSha256,
        }
    }

    /// Whether `method` is for this kind of key.
    pub(super) fn suits(&self, method: Method) -> bool {
        self.0.kind.family() == method.family && self.0.kind.algorithm(method.hash).is_some()
    }

    /// Whether `signature` is this key's for `octets`, by a method that [`suits`](Self::suits).
    pub(super) fn verifies(&self, method: Method, octets: &[u8], signature: &[u8]) -> bool {
        let Some(signature) = self.0.kind.encode(signature) else {
            return false;
        };
        match self.0.parsed.iter().find(|(hash, _)| *hash == method.hash) {
            Some((_, key)) => key.verify_sig(octets, &signature).is_ok(),
            None => self.0.kind.algorithm(method.hash).is_some_and(|algorithm| {
                let key = aws::UnparsedPublicKey::new(algorithm, &self.0.spki);
                key.verify(octets, &signature).is_ok()
            }),
        }
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.spki == other.0.spki
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({self}, {})", self.0.fingerprint)
    }
}

impl fmt::Display for VerifyingKey {
    /// The kind of key, for example `RSA 2048`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind {
            Kind::P256 => formatter.write_str("P-256"),
            Kind::P384 => formatter.write_str("P-384"),
            Kind::Rsa { bits } => write!(formatter, "RSA {bits}"),
        }
    }
}

impl Kind {
    fn of(spki: &SubjectPublicKeyInfo<'_>) -> Result<Self, KeyError> {
        let algorithm = &spki.algorithm;
        if algorithm.algorithm == OID_PKCS1_RSAENCRYPTION {
            return match spki.parsed() {
                Ok(PublicKey::RSA(key)) => Self::of_rsa(&key),
                _ => Err(KeyError::Malformed),
            };
        }
        if algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY {
            return Err(KeyError::Unsupported {
                algorithm: algorithm.algorithm.to_id_string(),
            });
        }
        let curve = algorithm
            .parameters
            .as_ref()
            .and_then(|it| it.as_oid().ok());
        match curve {
            Some(curve) if curve == OID_EC_P256 => Ok(Self::P256),
            Some(curve) if curve == OID_NIST_EC_P384 => Ok(Self::P384),
            Some(curve) => Err(KeyError::Unsupported {
                algorithm: curve.to_id_string(),
            }),
            None => Err(KeyError::Malformed),
        }
    }

    fn of_rsa(key: &RSAPublicKey<'_>) -> Result<Self, KeyError> {
        let bits = bit_length(key.modulus);
        if bits < MIN_RSA_BITS {
            return Err(KeyError::TooShort { bits });
        }
        if bits > MAX_RSA_BITS {
            return Err(KeyError::TooLong { bits });
        }
        match key.try_exponent() {
            Ok(exponent) if exponent >= 3 && exponent % 2 == 1 => Ok(Self::Rsa { bits }),
            _ => Err(KeyError::Exponent),
        }
    }

    const fn family(self) -> Family {
        match self {
            Self::P256 | Self::P384 => Family::Ecdsa,
            Self::Rsa { .. } => Family::Rsa,
        }
    }

    fn algorithm(self, hash: Hash) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (self, hash) {
            (Self::P256, Hash::Sha1) => &aws::ECDSA_P256_SHA1_ASN1,
            (Self::P256, Hash::Sha256) => &aws::ECDSA_P256_SHA256_ASN1,
            (Self::P256, Hash::Sha384) => &aws::ECDSA_P256_SHA384_ASN1,
            (Self::P256, Hash::Sha512) => &aws::ECDSA_P256_SHA512_ASN1,
            (Self::P384, Hash::Sha1) => return None,
            (Self::P384, Hash::Sha256) => &aws::ECDSA_P384_SHA256_ASN1,
            (Self::P384, Hash::Sha384) => &aws::ECDSA_P384_SHA384_ASN1,
            (Self::P384, Hash::Sha512) => &aws::ECDSA_P384_SHA512_ASN1,
            (Self::Rsa { .. }, Hash::Sha1) => &aws::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            (Self::Rsa { .. }, Hash::Sha256) => &aws::RSA_PKCS1_2048_8192_SHA256,
            (Self::Rsa { .. }, Hash::Sha384) => &aws::RSA_PKCS1_2048_8192_SHA384,
            (Self::Rsa { .. }, Hash::Sha512) => &aws::RSA_PKCS1_2048_8192_SHA512,
        })
    }

    /// A signature as it stands in XML, in the encoding of [`algorithm`](Self::algorithm).
    ///
    /// XML has `r` and `s` of ECDSA one behind the other, each as long as the order of the curve
    /// (XML Signature 1.1, 6.4.3). `None` if the length is wrong.
    fn encode(self, signature: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::P256 => ecdsa_der(signature, 32).map(Cow::Owned),
            Self::P384 => ecdsa_der(signature, 48).map(Cow::Owned),
            Self::Rsa { .. } => Some(Cow::Borrowed(signature)),
        }
    }
}

/// `SEQUENCE { INTEGER r, INTEGER s }` of two numbers of `length` bytes each.
fn ecdsa_der(signature: &[u8], length: usize) -> Option<Vec<u8>> {
    if signature.len() != 2 * length {
        return None;
    }
    let (r, s) = signature.split_at_checked(length)?;
    let body = [der_integer(r), der_integer(s)].concat();
    // Two numbers of P-384 need less than the 128 bytes from which on lengths are written longer.
    let mut der = vec![
        0x30,
        u8::try_from(body.len())
            .ok()
            .filter(|length| *length < 0x80)?,
    ];
    der.extend(body);
    Some(der)
}

/// A positive number, in as few bytes as possible.
fn der_integer(number: &[u8]) -> Vec<u8> {
    let first = number
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(number.len());
    let digits = number.get(first..).unwrap_or_default();
    let sign: &[u8] = match digits.first() {
        Some(0..0x80) => &[],
        _ => &[0],
    };
    let length = u8::try_from(sign.len() + digits.len()).unwrap_or(u8::MAX);
    [&[0x02, length], sign, digits].concat()
}

fn bit_length(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let first = number.get(zeros).copied().unwrap_or(0);
    (8 * (number.len() - zeros)).saturating_sub(first.leading_zeros() as usize)
}

/// Why a public key is not acceptable.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The public exponent of an RSA key is even, or less than 3.
    #[error("the public exponent of the RSA key is not an odd number from 3 on")]
    Exponent,
    /// There is no key, or it is broken.
    #[error("not a certificate or public key in DER, or a broken one")]
    Malformed,
    /// An RSA key is so long that verifying with it takes too long.
    #[error("the RSA key has {bits} bits, at most {MAX_RSA_BITS} are accepted")]
    TooLong {
        /// The length of the modulus.
        bits: usize,
    },
    /// An RSA key is so short that it can be broken.
    #[error("the RSA key has {bits} bits, at least {MIN_RSA_BITS} are needed")]
    TooShort {
        /// The length of the modulus.
        bits: usize,
    },
    /// A kind of key that we do not verify with.
    #[error("keys of the kind {algorithm} are not supported, only RSA, P-256 and P-384 are")]
    Unsupported {
        /// The object identifier of the kind of key, or of the curve.
        algorithm: String,
    },
}

const MIN_RSA_BITS: usize = 2048;
const MAX_RSA_BITS: usize = 8192;

#[cfg(test)]
mod tests {
    use super::super::test_keys::{P256 as P256_KEY, RSA};
    use super::*;

    /// A `SubjectPublicKeyInfo` of an RSA key whose modulus has `bits` bits.
    fn rsa_spki(bits: usize, exponent: &[u8]) -> Vec<u8> {
        let mut modulus = vec![0xA5; bits.div_ceil(8)];
        modulus[0] = 0xFF >> (8 * modulus.len() - bits);
        let key = der(
            0x30,
            &[der_long_integer(&modulus), der_long_integer(exponent)].concat(),
        );
        let algorithm = der(
            0x30,
            b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00",
        );
        der(
            0x30,
            &[algorithm, der(0x03, &[vec![0], key].concat())].concat(),
        )
    }

    fn der_long_integer(number: &[u8]) -> Vec<u8> {
        let sign: &[u8] = if number[0] < 0x80 { &[] } else { &[0] };
        der(0x02, &[sign, number].concat())
    }

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        let header = if content.len() < 0x80 {
            vec![tag, low]
        } else if high == 0 {
            vec![tag, 0x81, low]
        } else {
            vec![tag, 0x82, high, low]
        };
        [&header, content].concat()
    }

    #[test]
    fn rsa_keys_have_2048_to_8192_bits() {
        let parse = |bits| VerifyingKey::from_spki_der(&rsa_spki(bits, &[1, 0, 1]));
        assert_eq!(parse(512).unwrap_err(), KeyError::TooShort { bits: 512 });
        assert_eq!(parse(2047).unwrap_err(), KeyError::TooShort { bits: 2047 });
        assert_eq!(parse(2048).unwrap().to_string(), "RSA 2048");
        assert_eq!(parse(3072).unwrap().to_string(), "RSA 3072");
        assert_eq!(parse(8192).unwrap().to_string(), "RSA 8192");
        assert_eq!(parse(8193).unwrap_err(), KeyError::TooLong { bits: 8193 });
    }

    #[test]
    fn the_public_exponent_is_odd_and_at_least_three() {
        let parse =
            |exponent: &[u8]| VerifyingKey::from_spki_der(&rsa_spki(2048, exponent)).map(drop);
        for exponent in [[0].as_slice(), &[1], &[2], &[4], &[1, 0, 0], &[1; 9]] {
            assert_eq!(
                parse(exponent).unwrap_err(),
                KeyError::Exponent,
                "{exponent:?}"
            );
        }
        assert_eq!(parse(&[3]), Ok(()));
        assert_eq!(parse(&[1, 0, 1]), Ok(()));
    }

    #[test]
    fn other_kinds_of_keys_are_refused_by_name() {
        let refused = |algorithm| {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            VerifyingKey::from_spki_der(&rcgen::PublicKeyData::subject_public_key_info(&key))
                .unwrap_err()
                .to_string()
        };
        insta::assert_snapshot!(refused(&rcgen::PKCS_ED25519), @"keys of the kind 1.3.101.112 are not supported, only RSA, P-256 and P-384 are");
        insta::assert_snapshot!(refused(&rcgen::PKCS_ECDSA_P521_SHA512), @"keys of the kind 1.3.132.0.35 are not supported, only RSA, P-256 and P-384 are");
    }

    #[test]
    fn broken_keys_and_certificates_are_refused() {
        let certificate = RSA.certificate.to_vec();
        for der in [
            &[],
            b"garbage".as_slice(),
            &certificate[..certificate.len() - 1],
            &[&*certificate, &[0]].concat(),
        ] {
            assert_eq!(
                VerifyingKey::from_certificate_der(der).unwrap_err(),
                KeyError::Malformed
            );
        }
        assert_eq!(
            VerifyingKey::from_spki_der(&certificate).unwrap_err(),
            KeyError::Malformed
        );
        let mut off_curve = P256_KEY.verifying_key().as_spki_der().to_vec();
        *off_curve.last_mut().unwrap() ^= 1;
        assert_eq!(
            VerifyingKey::from_spki_der(&off_curve).unwrap_err(),
            KeyError::Malformed
        );
    }

    #[test]
    fn a_key_is_the_same_whatever_it_comes_in() {
        let key = RSA.verifying_key();
        let same = VerifyingKey::from_spki_der(key.as_spki_der()).unwrap();
        assert_eq!(key, same);
        assert_eq!(key.fingerprint(), same.fingerprint());
        assert_eq!(key.fingerprint().len(), 64);
        assert_ne!(key, P256_KEY.verifying_key());
    }

    #[test]
    fn numbers_of_ecdsa_are_written_as_short_as_der_wants_them() {
        assert_eq!(der_integer(&[0, 0]), [2, 1, 0]);
        assert_eq!(der_integer(&[0, 0x7F]), [2, 1, 0x7F]);
        assert_eq!(der_integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(ecdsa_der(&[0; 63], 32), None);
        assert_eq!(ecdsa_der(&[0xFF; 96], 48).unwrap().len(), 2 + 2 * (2 + 49));
    }
}
