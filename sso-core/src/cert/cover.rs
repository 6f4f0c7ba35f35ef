//! Does a certificate cover a host name?

use std::net::IpAddr;

use rustls_pki_types::CertificateDer;
use url::Host;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::{CertificateError, parse};

/// Tells whether clients accept `certificate` at `host` (RFC 9525, 6.3).
///
/// `host` is a DNS name or an IP address, without port; names with letters beyond ASCII are compared
/// in their ASCII form. Only subject alternative names count; `*` stands for exactly one whole
/// label at the left. The subject's common name is not looked at: browsers do not either.
///
/// # Errors
///
/// [`CertificateError`] if the bytes are no X.509 certificate.
pub fn covers(certificate: &CertificateDer<'_>, host: &str) -> Result<Coverage, CertificateError> {
    let names = alternative_names(&parse(certificate)?)?;
    let Some(host) = parse_host(host) else {
        return Ok(Coverage::NotAHostName);
    };
    if names.iter().any(|name| matches(name, &host)) {
        Ok(Coverage::Covered)
    } else {
        Ok(Coverage::NotCovered {
            names: names.into_iter().map(Name::into_text).collect(),
        })
    }
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

/// A subject alternative name that servers are known by.
enum Name {
    Dns(String),
    Ip(IpAddr),
}

impl Name {
    fn into_text(self) -> String {
        match self {
            Self::Dns(name) => name,
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

fn parse_host(host: &str) -> Option<Host> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(match address {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        });
    }
    let host = Host::parse(host.strip_suffix('.').unwrap_or(host)).ok()?;
    match &host {
        Host::Domain(name) if name.contains('*') => None,
        Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => Some(host),
    }
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
