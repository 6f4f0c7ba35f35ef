//! Certificates: making, reading, and the questions that administrators have: which names does it
//! cover, until when, who vouches for it, and is it fit for its use?

mod chain;
mod cover;
mod describe;
mod host_name;
#[cfg(feature = "import")]
mod import;
mod judge;
mod key;
mod pem;
mod self_signed;

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{ASN1Time, FromDer as _, X509Certificate};

pub use chain::{Chain, Issuer};
pub use cover::{Coverage, covering, covers};
pub use describe::{Description, KeyKind};
pub use host_name::{HostName, NotAHostName};
#[cfg(feature = "import")]
pub use import::{Candidate, ImportError, Material};
pub use judge::{Finding, Objection, Purpose, Severity, When, judge};
pub(crate) use key::KnownKey;
pub use pem::{PemError, certificates, private_key};
pub use self_signed::{SelfSigned, SelfSignedError};

use crate::UnixTime;

/// When a certificate is valid; both moments belong to the validity (RFC 5280, 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Validity {
    /// The first moment.
    pub from: UnixTime,
    /// The last moment.
    pub until: UnixTime,
}

impl Validity {
    /// The validity of `certificate`.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if the bytes are no X.509 certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, CertificateError> {
        let validity = parse(certificate)?.validity().clone();
        Ok(Self {
            from: moment(validity.not_before),
            until: moment(validity.not_after),
        })
    }

    /// Whether `now` lies in it.
    #[must_use]
    pub fn contains(&self, now: UnixTime) -> bool {
        self.from <= now && now <= self.until
    }
}

/// The bytes are no X.509 certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate: {reason}")]
#[non_exhaustive]
pub struct CertificateError {
    /// What the parser met.
    pub reason: String,
}

/// The subject of `certificate` as it is encoded, to compare it with that of an [`Issuer`].
///
/// # Errors
///
/// [`CertificateError`] if the bytes are no X.509 certificate.
pub fn subject(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, CertificateError> {
    Ok(parse(certificate)?.subject().as_raw().to_vec())
}

/// The public key of `certificate`, without what says of which kind it is.
///
/// # Errors
///
/// [`CertificateError`] if the bytes are no X.509 certificate.
pub fn public_key(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, CertificateError> {
    let parsed = parse(certificate)?;
    Ok(parsed.public_key().subject_public_key.data.to_vec())
}

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, CertificateError> {
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        Ok(_) => Err(CertificateError {
            reason: "bytes follow the certificate".into(),
        }),
        Err(error) => Err(CertificateError {
            reason: error.to_string(),
        }),
    }
}

fn moment(time: ASN1Time) -> UnixTime {
    UnixTime::from_secs(u64::try_from(time.timestamp()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
