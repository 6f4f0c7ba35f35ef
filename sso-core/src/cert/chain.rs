//! A certificate and the authorities behind it, in order.

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::X509Certificate;

use super::{CertificateError, Description, parse};

/// A certificate, and behind it those of the authorities that vouch for it, each for the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chain {
    /// The certificate itself first. The root is left out: whoever checks must have it.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The root, if it was among the others. A certificate that signed itself is no root: it stays
    /// where it is.
    pub root: Option<CertificateDer<'static>>,
    /// What has nothing to do with it.
    pub unused: Vec<CertificateDer<'static>>,
    /// Who signed the last one, if that is neither in the chain nor the root that was left out.
    pub next: Option<Issuer>,
}

/// An authority whose certificate was not there: a root that clients know, or a certificate that is
/// missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Issuer {
    /// Its name, e.g. `C=US, O=Let's Encrypt, CN=R11`.
    pub name: String,
    /// The name as it is encoded, to look for it among the roots of a machine.
    pub encoded: Vec<u8>,
    /// Where its certificate can be had, by the word of the certificate that it signed.
    pub urls: Vec<String>,
}

impl Chain {
    /// Finds the chain of `first` among `others`, in whatever order they are; duplicates vanish.
    /// Signatures decide, not names alone.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if one of them is no X.509 certificate.
    pub fn of(
        first: CertificateDer<'static>,
        others: Vec<CertificateDer<'static>>,
    ) -> Result<Self, CertificateError> {
        others.iter().try_for_each(|it| parse(it).map(drop))?;
        let mut unused: Vec<CertificateDer<'static>> = Vec::new();
        for other in others {
            if other != first && !unused.contains(&other) {
                unused.push(other);
            }
        }
        let mut certificates = vec![first];
        let mut root = None;
        let next = loop {
            let Some(last) = certificates.last() else {
                break None;
            };
            if signed_itself(last)? {
                break None;
            }
            let issuer = unused.iter().position(|other| is_signed_by(last, other));
            let Some(issuer) = issuer.map(|index| unused.remove(index)) else {
                break Some(Issuer::of(last)?);
            };
            if signed_itself(&issuer)? {
                root = Some(issuer);
                break None;
            }
            certificates.push(issuer);
        };
        Ok(Self {
            certificates,
            root,
            unused,
            next,
        })
    }

    /// The chain as PEM, without the root.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let sections = self.certificates.iter();
        let sections = sections.map(|it| super::key::pem("CERTIFICATE", it).as_str().to_owned());
        sections.collect()
    }
}

impl Issuer {
    fn of(certificate: &CertificateDer<'_>) -> Result<Self, CertificateError> {
        let description = Description::of(certificate)?;
        Ok(Self {
            name: description.issuer,
            encoded: parse(certificate)?.issuer().as_raw().to_vec(),
            urls: description.issuer_urls,
        })
    }
}

fn signed_itself(certificate: &CertificateDer<'_>) -> Result<bool, CertificateError> {
    let parsed = parse(certificate)?;
    Ok(parsed.subject().as_raw() == parsed.issuer().as_raw())
}

fn is_signed_by(certificate: &CertificateDer<'_>, issuer: &CertificateDer<'_>) -> bool {
    let (Ok(certificate), Ok(issuer)) = (parse(certificate), parse(issuer)) else {
        return false;
    };
    certificate.issuer().as_raw() == issuer.subject().as_raw()
        && has_signature_of(&certificate, &issuer)
}

/// A signature of a kind that cannot be checked here is believed: clients decide, and a chain is no
/// proof.
fn has_signature_of(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    use x509_parser::error::X509Error::SignatureUnsupportedAlgorithm;
    let verified = certificate.verify_signature(Some(issuer.public_key()));
    matches!(verified, Ok(()) | Err(SignatureUnsupportedAlgorithm))
}
