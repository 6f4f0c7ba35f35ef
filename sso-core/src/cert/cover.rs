//! Does a certificate cover a host name?

use std::net::IpAddr;

use rustls_pki_types::CertificateDer;
use url::Host;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::{CertificateError, HostName, parse};

/// Tells whether clients accept `certificate` at `host`, a DNS name or an IP address without port.
///
/// The same as [`covering`] for those who have no [`HostName`] yet.
///
/// # Errors
///
/// [`CertificateError`] if the bytes are no X.509 certificate.
pub fn covers(certificate: &CertificateDer<'_>, host: &str) -> Result<Coverage, CertificateError> {
    match HostName::parse(host) {
        Ok(host) => Ok(match covering(certificate, &host)? {
            Ok(_) => Coverage::Covered,
            Err(names) => Coverage::NotCovered { names },
        }),
        Err(_) => parse(certificate).map(|_| Coverage::NotAHostName),
    }
}

/// The name in `certificate` by which clients accept it at `host` (RFC 9525, 6.3); if there is none,
/// all the names that it has, which may be none at all.
///
/// Only subject alternative names count. `*` stands for exactly one whole label at the left; IP
/// addresses are compared with IP addresses only. The subject's common name is not looked at:
/// browsers do not either.
///
/// # Errors
///
/// [`CertificateError`] if the bytes are no X.509 certificate.
pub fn covering(
    certificate: &CertificateDer<'_>,
    host: &HostName,
) -> Result<Result<String, Vec<String>>, CertificateError> {
    let names = alternative_names(&parse(certificate)?)?;
    Ok(match names.iter().find(|name| matches(name, host.host())) {
        Some(name) => Ok(name.to_text()),
        None => Err(names.iter().map(Name::to_text).collect()),
    })
}

/// The answer of [`covers`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth answer")]
pub enum Coverage {
    /// Clients accept it there.
    Covered,
    /// What was asked for is neither a DNS name nor an IP address.
    NotAHostName,
    /// Clients refuse it there.
    NotCovered {
        /// The names that it does cover; empty if it has no alternative names at all.
        names: Vec<String>,
    },
}

/// The DNS names and IP addresses that `certificate` is for.
pub(super) fn names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, CertificateError> {
    let names = alternative_names(certificate)?;
    Ok(names.iter().map(Name::to_text).collect())
}

/// A subject alternative name that servers are known by.
enum Name {
    Dns(String),
    Ip(IpAddr),
}

impl Name {
    fn to_text(&self) -> String {
        match self {
            Self::Dns(name) => name.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Result<Vec<Name>, CertificateError> {
    let extension = certificate
        .subject_alternative_name()
        .map_err(|error| CertificateError {
            reason: error.to_string(),
        })?;
    let names = extension.map(|extension| extension.value.general_names.as_slice());
    Ok(names
        .unwrap_or_default()
        .iter()
        .filter_map(server_name)
        .collect())
}

fn server_name(name: &GeneralName<'_>) -> Option<Name> {
    match name {
        GeneralName::DNSName(name) => Some(Name::Dns(name.to_ascii_lowercase())),
        GeneralName::IPAddress(octets) => ip_address(octets).map(Name::Ip),
        _ => None,
    }
}

fn ip_address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .ok()
}

fn matches(name: &Name, host: &Host) -> bool {
    match (name, host) {
        (Name::Dns(pattern), Host::Domain(host)) => dns_matches(pattern, host),
        (Name::Ip(address), Host::Ipv4(host)) => *address == IpAddr::V4(*host),
        (Name::Ip(address), Host::Ipv6(host)) => *address == IpAddr::V6(*host),
        (Name::Dns(_), Host::Ipv4(_) | Host::Ipv6(_)) | (Name::Ip(_), Host::Domain(_)) => false,
    }
}

fn dns_matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        // `*.com` would be a certificate for half the world.
        Some(parent) if parent.contains('.') => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
        Some(_) => false,
        None => pattern == host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnixTime;
    use crate::cert::SelfSigned;

    #[test]
    fn a_name_covers_itself_in_any_case() {
        for host in ["sso.example.com", "SSO.Example.COM", "sso.example.com."] {
            assert_eq!(
                answer(&["sso.example.com"], host),
                Coverage::Covered,
                "{host}"
            );
        }
    }

    #[test]
    fn a_wildcard_covers_one_label() {
        assert_eq!(
            answer(&["*.example.com"], "sso.example.com"),
            Coverage::Covered
        );
        for host in [
            "example.com",
            "a.sso.example.com",
            "sso.example.org",
            "xexample.com",
        ] {
            let names = vec!["*.example.com".into()];
            assert_eq!(
                answer(&["*.example.com"], host),
                Coverage::NotCovered { names },
                "{host}"
            );
        }
    }

    #[test]
    fn a_wildcard_for_a_top_level_domain_covers_nothing() {
        let names = vec!["*.com".into()];
        assert_eq!(
            answer(&["*.com"], "example.com"),
            Coverage::NotCovered { names }
        );
    }

    #[test]
    fn a_wildcard_inside_a_label_covers_nothing() {
        let names = vec!["s*.example.com".into()];
        assert_eq!(
            answer(&["s*.example.com"], "sso.example.com"),
            Coverage::NotCovered { names }
        );
    }

    #[test]
    fn a_wildcard_stands_for_a_label_in_any_letters_and_never_for_two_or_none() {
        for host in ["bücher.example.com", "xn--bcher-kva.example.com"] {
            assert_eq!(answer(&["*.example.com"], host), Coverage::Covered);
        }
        for pattern in [
            "*",
            "*.*.com",
            "a.*.com",
            "*a.example.com",
            "xn--*.example.com",
        ] {
            let names = vec![pattern.to_owned()];
            let refused = Coverage::NotCovered { names };
            assert_eq!(answer(&[pattern], "aa.example.com"), refused, "{pattern}");
        }
    }

    #[test]
    fn the_name_that_covers_is_told() {
        let names = ["a.example.com", "*.example.com"];
        let made = SelfSigned::for_tls(&names, UnixTime::from_secs(1_800_014_400)).unwrap();
        let by = |host| covering(made.certificate(), &HostName::parse(host).unwrap()).unwrap();
        assert_eq!(by("a.example.com"), Ok("a.example.com".into()));
        assert_eq!(by("b.example.com"), Ok("*.example.com".into()));
        assert_eq!(by("example.com"), Err(names.map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_common_name_covers_nothing() {
        let made = SelfSigned::for_saml("sso.example.com", UnixTime::from_secs(1_800_014_400));
        let answer = covers(made.unwrap().certificate(), "sso.example.com").unwrap();
        assert_eq!(answer, Coverage::NotCovered { names: Vec::new() });
    }

    #[test]
    fn letters_beyond_ascii_are_compared_in_ascii() {
        assert_eq!(
            answer(&["xn--bcher-kva.example"], "bücher.example"),
            Coverage::Covered
        );
    }

    #[test]
    fn addresses_are_covered_by_addresses_only() {
        assert_eq!(
            answer(&["127.0.0.1", "::1"], "127.0.0.1"),
            Coverage::Covered
        );
        assert_eq!(answer(&["127.0.0.1", "::1"], "::1"), Coverage::Covered);
        assert_eq!(answer(&["127.0.0.1", "::1"], "[0:0::1]"), Coverage::Covered);
        let names = vec!["localhost".into()];
        assert_eq!(
            answer(&["localhost"], "127.0.0.1"),
            Coverage::NotCovered { names }
        );
    }

    #[test]
    fn what_is_no_host_name_is_said_to_be_none() {
        for host in [
            "",
            "a b",
            "https://sso.example.com",
            "sso.example.com:8443",
            "*.example.com",
        ] {
            assert_eq!(
                answer(&["sso.example.com"], host),
                Coverage::NotAHostName,
                "{host}"
            );
        }
    }

    fn answer(names: &[&str], host: &str) -> Coverage {
        let made = SelfSigned::for_tls(names, UnixTime::from_secs(1_800_014_400)).unwrap();
        covers(made.certificate(), host).unwrap()
    }
}
