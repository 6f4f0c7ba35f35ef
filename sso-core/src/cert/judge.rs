//! Is a certificate fit for what it shall be used for?

use std::fmt;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use x509_parser::prelude::X509Certificate;

use super::describe::KeyKind;
use super::{CertificateError, Chain, Coverage, Description, Issuer, Validity, covers, parse};
use crate::UnixTime;

/// What a certificate and its key are for. Each use has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the three keys that there are")]
pub enum Purpose {
    /// Identity providers encrypt assertions to it. They trust the key as such.
    SamlDecryption,
    /// It signs our requests. Identity providers trust the key as such.
    SamlSigning,
    /// Browsers meet it at the public address.
    Tls,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SamlDecryption => "SAML decryption",
            Self::SamlSigning => "SAML signing",
            Self::Tls => "TLS",
        })
    }
}

/// From when on it is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "now or not yet")]
pub enum When {
    /// It waits to be used; only what does not mend itself is refused.
    Later,
    /// At once.
    Now,
}

/// Something about a certificate that an administrator should know. `Display` says it to people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub objection: Objection,
}

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing in between")]
pub enum Severity {
    /// It works, but not for everybody, or not for long.
    Warning,
    /// It would not work, or would be unsafe.
    Refusal,
}

/// What can be wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Objection {
    /// It is the certificate of an authority.
    Authority,
    /// The certificate of an authority in the chain has expired, or is about to.
    AuthorityEnds {
        /// Its name.
        name: String,
        /// Its last moment.
        until: UnixTime,
    },
    /// It is about to expire.
    EndsSoon {
        /// Its last moment.
        until: UnixTime,
    },
    /// It has expired.
    Expired {
        /// Its last moment.
        until: UnixTime,
    },
    /// The purposes in it are others (`extendedKeyUsage`).
    ForSomethingElse,
    /// Who signed it was not there.
    IssuerMissing(Issuer),
    /// The uses of the key in it are others (`keyUsage`).
    KeyUsage {
        /// What is missing, e.g. `digitalSignature`.
        missing: &'static str,
    },
    /// It is not for the host name.
    NotCovered {
        /// The host name.
        host: String,
        /// What it is for.
        names: Vec<String>,
    },
    /// It is not valid yet.
    NotYetValid {
        /// Its first moment.
        from: UnixTime,
    },
    /// It signed itself.
    SelfSigned,
    /// The key is of a kind that is not used for this.
    UnusualKey {
        /// What it is.
        found: KeyKind,
        /// What is used.
        expected: &'static str,
    },
    /// The key is too short.
    WeakKey {
        /// What it is.
        found: KeyKind,
    },
    /// The signature of an authority under it can be forged.
    WeakSignature {
        /// Whose certificate.
        name: String,
    },
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authority => {
                f.write_str("it is the certificate of an authority, not of a server")
            }
            Self::AuthorityEnds { name, until } => {
                write!(
                    f,
                    "the certificate of {name}, in its chain, ends on {until}"
                )
            }
            Self::EndsSoon { until } => write!(f, "it expires on {until}"),
            Self::Expired { until } => write!(f, "it has expired on {until}"),
            Self::ForSomethingElse => {
                f.write_str("its extendedKeyUsage allows other purposes, and not serverAuth")
            }
            Self::IssuerMissing(issuer) => issuer_missing(f, issuer),
            Self::KeyUsage { missing } => write!(f, "its keyUsage does not allow {missing}"),
            Self::NotCovered { host, names } if names.is_empty() => {
                write!(
                    f,
                    "it has no subject alternative names, so it is not for {host}"
                )
            }
            Self::NotCovered { host, names } => {
                write!(f, "it is for {}, not for {host}", names.join(", "))
            }
            Self::NotYetValid { from } => write!(f, "it is valid from {from} only"),
            Self::SelfSigned => {
                f.write_str("it signed itself: browsers warn unless they were told to trust it")
            }
            Self::UnusualKey { found, expected } => write!(f, "its key is {found}, not {expected}"),
            Self::WeakKey { found } => {
                write!(f, "its key is weak: {found}, and 2048 are the least")
            }
            Self::WeakSignature { name } => {
                write!(
                    f,
                    "the certificate of {name} is signed with SHA-1 or MD5, which can be forged"
                )
            }
        }
    }
}

fn issuer_missing(f: &mut fmt::Formatter<'_>, issuer: &Issuer) -> fmt::Result {
    write!(
        f,
        "the certificate of {} is not with it: add it, unless it is a root that all clients know",
        issuer.name
    )?;
    match issuer.urls.as_slice() {
        [] => Ok(()),
        urls => write!(f, " (it should be at {})", urls.join(", ")),
    }
}

/// Everything that speaks against using `chain` for `purpose`; the worst first.
///
/// `hosts` are the names that browsers use, for TLS; `now` decides what has expired. What must not
/// be used is a [`Severity::Refusal`].
///
/// # Errors
///
/// [`CertificateError`] if a certificate cannot be read.
pub fn judge(
    chain: &Chain,
    purpose: Purpose,
    hosts: &[&str],
    when: When,
    now: UnixTime,
) -> Result<Vec<Finding>, CertificateError> {
    let Some(first) = chain.certificates.first() else {
        return Ok(Vec::new());
    };
    let parsed = parse(first)?;
    let judge = Judge { purpose, when, now };
    let mut findings = judge.of_key(KeyKind::of(&parsed));
    findings.extend(judge.of_time(Validity::of(first)?));
    findings.extend(judge.of_usage(&parsed)?);
    if purpose == Purpose::Tls {
        findings.extend(judge.of_names(first, hosts)?);
        findings.extend(judge.of_chain(chain)?);
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(findings)
}

struct Judge {
    purpose: Purpose,
    when: When,
    now: UnixTime,
}

impl Judge {
    fn of_key(&self, found: KeyKind) -> Vec<Finding> {
        let expected = match self.purpose {
            Purpose::SamlDecryption => "RSA",
            Purpose::SamlSigning => "RSA, or ECDSA on P-256, P-384 or P-521",
            Purpose::Tls => "RSA, or ECDSA on P-256 or P-384",
        };
        let severity = match (&found, self.purpose) {
            (KeyKind::Rsa(bits), _) if *bits < LEAST_BITS => {
                return vec![refusal(Objection::WeakKey { found })];
            }
            (KeyKind::Rsa(_), _) => return Vec::new(),
            (KeyKind::Ecdsa(curve), Purpose::SamlSigning | Purpose::Tls) => match curve.as_str() {
                "P-256" | "P-384" => return Vec::new(),
                "P-521" if self.purpose == Purpose::SamlSigning => return Vec::new(),
                "P-521" => Severity::Warning,
                _ => Severity::Refusal,
            },
            (KeyKind::Ed25519, Purpose::Tls) => Severity::Warning,
            _ => Severity::Refusal,
        };
        vec![Finding {
            severity,
            objection: Objection::UnusualKey { found, expected },
        }]
    }

    /// Identity providers that look at the time of a key at all are few, so it is only a warning
    /// for SAML.
    fn of_time(&self, Validity { from, until, .. }: Validity) -> Option<Finding> {
        let is_tls = self.purpose == Purpose::Tls;
        let (severity, objection) = if until < self.now {
            (bad_if(is_tls), Objection::Expired { until })
        } else if self.now < from {
            let bad = is_tls && self.when == When::Now;
            (bad_if(bad), Objection::NotYetValid { from })
        } else if until.since(self.now) < SOON {
            (Severity::Warning, Objection::EndsSoon { until })
        } else {
            return None;
        };
        Some(Finding {
            severity,
            objection,
        })
    }

    fn of_usage(
        &self,
        certificate: &X509Certificate<'_>,
    ) -> Result<Vec<Finding>, CertificateError> {
        let mut findings = Vec::new();
        let is_tls = self.purpose == Purpose::Tls;
        let mut note = |bad: bool, objection| {
            let severity = bad_if(bad);
            findings.push(Finding {
                severity,
                objection,
            });
        };
        if let Some(missing) = self.missing_usage(certificate)? {
            note(is_tls, Objection::KeyUsage { missing });
        }
        if is_tls && !is_for_servers(certificate)? {
            note(true, Objection::ForSomethingElse);
        }
        if certificate.is_ca() {
            // `openssl req -x509` makes such ones, and those who use them trust them as they are.
            let signed_itself = certificate.subject() == certificate.issuer();
            note(is_tls && !signed_itself, Objection::Authority);
        }
        Ok(findings)
    }

    fn missing_usage(
        &self,
        certificate: &X509Certificate<'_>,
    ) -> Result<Option<&'static str>, CertificateError> {
        let usage = certificate.key_usage().map_err(unreadable)?;
        let Some(usage) = usage.map(|it| it.value) else {
            return Ok(None);
        };
        let (is_allowed, name) = match self.purpose {
            Purpose::SamlDecryption => (
                usage.key_encipherment() || usage.data_encipherment(),
                "keyEncipherment",
            ),
            Purpose::SamlSigning => (
                usage.digital_signature() || usage.non_repudiation(),
                "digitalSignature",
            ),
            Purpose::Tls => (usage.digital_signature(), "digitalSignature"),
        };
        Ok((!is_allowed).then_some(name))
    }

    /// One name may still be missing while the service moves from one to another.
    fn of_names(
        &self,
        certificate: &CertificateDer<'_>,
        hosts: &[&str],
    ) -> Result<Vec<Finding>, CertificateError> {
        let mut missing = Vec::new();
        for host in hosts {
            if let Coverage::NotCovered { names } = covers(certificate, host)? {
                let host = (*host).to_owned();
                missing.push(Objection::NotCovered { host, names });
            }
        }
        let covers_none = missing.len() == hosts.len();
        let severity = bad_if(covers_none && self.when == When::Now);
        let findings = missing.into_iter().map(|objection| Finding {
            severity,
            objection,
        });
        Ok(findings.collect())
    }

    fn of_chain(&self, chain: &Chain) -> Result<Vec<Finding>, CertificateError> {
        let mut findings = Vec::new();
        for (index, certificate) in chain.certificates.iter().enumerate() {
            let description = Description::of(certificate)?;
            let name = description.subject;
            if description.is_self_issued {
                findings.push(warning(Objection::SelfSigned));
            } else if has_weak_signature(certificate)? {
                findings.push(refusal(Objection::WeakSignature { name: name.clone() }));
            }
            let until = description.validity.until;
            if index > 0 && (until < self.now || until.since(self.now) < SOON) {
                let severity = bad_if(until < self.now);
                findings.push(Finding {
                    severity,
                    objection: Objection::AuthorityEnds { name, until },
                });
            }
        }
        let next = chain.next.clone().map(Objection::IssuerMissing);
        findings.extend(next.map(warning));
        Ok(findings)
    }
}

const fn refusal(objection: Objection) -> Finding {
    Finding {
        severity: Severity::Refusal,
        objection,
    }
}

const fn warning(objection: Objection) -> Finding {
    Finding {
        severity: Severity::Warning,
        objection,
    }
}

const fn bad_if(bad: bool) -> Severity {
    match bad {
        true => Severity::Refusal,
        false => Severity::Warning,
    }
}

fn is_for_servers(certificate: &X509Certificate<'_>) -> Result<bool, CertificateError> {
    let usage = certificate.extended_key_usage().map_err(unreadable)?;
    Ok(usage.is_none_or(|usage| usage.value.server_auth || usage.value.any))
}

fn has_weak_signature(certificate: &CertificateDer<'_>) -> Result<bool, CertificateError> {
    let algorithm = parse(certificate)?
        .signature_algorithm
        .algorithm
        .to_id_string();
    Ok(FORGEABLE.contains(&algorithm.as_str()))
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn unreadable(error: x509_parser::error::X509Error) -> CertificateError {
    CertificateError {
        reason: error.to_string(),
    }
}

/// What an RSA key must have at least (NIST SP 800-131A; browsers refuse less).
const LEAST_BITS: usize = 2048;

/// When an administrator should hear of the end of a certificate.
const SOON: Duration = Duration::from_hours(14 * 24);

/// Signatures with MD5 or SHA-1: RSA (two names of the same), DSA and ECDSA.
const FORGEABLE: &[&str] = &[
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.3.14.3.2.29",
    "1.2.840.10040.4.3",
    "1.2.840.10045.4.1",
];
