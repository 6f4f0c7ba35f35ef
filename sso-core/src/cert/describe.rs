//! What a certificate is, for people.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use rustls_pki_types::CertificateDer;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::{OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS, Oid};
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::{CertificateError, Validity, cover, parse};
use crate::excerpt::excerpt;

/// What a certificate says, in a form that people read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// Whom it names, e.g. `CN=sso.example.com`.
    pub subject: String,
    /// Who signed it; the same as the subject if it signed itself.
    pub issuer: String,
    /// The DNS names and IP addresses that it is for.
    pub names: Vec<String>,
    /// When it is valid.
    pub validity: Validity,
    /// Its public key.
    pub key: KeyKind,
    /// The SHA-256 of the whole certificate, in hexadecimal digits.
    pub sha256: String,
    /// Whether it names itself as its issuer.
    pub is_self_issued: bool,
    /// Where it says that the certificate of its issuer is (RFC 5280, 4.2.2.1). Nobody fetches it.
    pub issuer_urls: Vec<String>,
}

impl Description {
    /// Reads `certificate`.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if the bytes are no X.509 certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, CertificateError> {
        let parsed = parse(certificate)?;
        Ok(Self {
            subject: name(&parsed.subject().to_string()),
            issuer: name(&parsed.issuer().to_string()),
            names: cover::names(&parsed)?.iter().map(|it| name(it)).collect(),
            validity: Validity::of(certificate)?,
            key: KeyKind::of(&parsed),
            sha256: sha256(certificate),
            is_self_issued: parsed.subject().as_raw() == parsed.issuer().as_raw(),
            issuer_urls: issuer_urls(&parsed),
        })
    }
}

/// The kind of a public key. `Display` says it to people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// ECDSA on a curve, by its usual name or its object identifier.
    Ecdsa(String),
    /// Ed25519.
    Ed25519,
    /// Something else, by its object identifier.
    Other(String),
    /// RSA with so many bits.
    Rsa(usize),
}

impl KeyKind {
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Self {
        let key = certificate.public_key();
        let algorithm = key.algorithm.algorithm.to_id_string();
        match key.parsed() {
            Ok(PublicKey::RSA(key)) => Self::Rsa(bits(key.modulus)),
            Ok(PublicKey::EC(_)) => {
                let curve = key.algorithm.parameters.as_ref();
                let curve = curve.and_then(|it| it.as_oid().ok());
                Self::Ecdsa(
                    curve.map_or_else(|| "explicit parameters".into(), |it| curve_name(&it)),
                )
            }
            _ if algorithm == ED25519 => Self::Ed25519,
            _ => Self::Other(algorithm),
        }
    }
}

impl std::fmt::Display for KeyKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ecdsa(curve) => write!(f, "ECDSA {curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other(algorithm) => write!(f, "a key of the kind {algorithm}"),
            Self::Rsa(bits) => write!(f, "RSA with {bits} bits"),
        }
    }
}

/// Names come from strangers and are shown in a terminal.
fn name(text: &str) -> String {
    let visible = |it: char| if it.is_control() { ' ' } else { it };
    excerpt(text).chars().map(visible).collect()
}

/// A DER integer may begin with a zero that only says that it is positive.
fn bits(modulus: &[u8]) -> usize {
    let digits = modulus.iter().position(|byte| *byte != 0);
    let digits = modulus.get(digits.unwrap_or(0)..).unwrap_or_default();
    let unused = digits.first().map_or(0, |byte| byte.leading_zeros());
    digits.len() * 8 - usize::try_from(unused).unwrap_or(0)
}

fn curve_name(curve: &Oid<'_>) -> String {
    match curve.to_id_string().as_str() {
        "1.2.840.10045.3.1.7" => "P-256".into(),
        "1.3.132.0.34" => "P-384".into(),
        "1.3.132.0.35" => "P-521".into(),
        "1.3.132.0.10" => "secp256k1".into(),
        other => other.into(),
    }
}

fn sha256(certificate: &CertificateDer<'_>) -> String {
    let digest = digest(&SHA256, certificate);
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn issuer_urls(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extensions = certificate.extensions().iter();
    let descriptions = extensions.filter_map(|it| match it.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => Some(&access.accessdescs),
        _ => None,
    });
    descriptions
        .flatten()
        .filter(|it| it.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS)
        .filter_map(|it| match it.access_location {
            GeneralName::URI(url) => Some(name(url)),
            _ => None,
        })
        .collect()
}

const ED25519: &str = "1.3.101.112";
