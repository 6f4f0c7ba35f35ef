//! The name of a host, in the form that is compared and in the one that people read.

use std::fmt;
use std::net::IpAddr;

use url::Host;

/// A DNS name or an IP address.
///
/// `Display` shows the ASCII form, and behind it the one that people read if that is another:
/// `xn--bcher-kva.example (bücher.example)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostName(Host);

impl HostName {
    /// Reads a name without scheme and port, in any case and any letters; IPv6 addresses also in
    /// brackets. A dot at the end is left out.
    ///
    /// # Errors
    ///
    /// [`NotAHostName`] for everything else, patterns with `*` included.
    pub fn parse(text: &str) -> Result<Self, NotAHostName> {
        let refused = || NotAHostName { found: text.into() };
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(match address {
                IpAddr::V4(address) => Host::Ipv4(address),
                IpAddr::V6(address) => Host::Ipv6(address),
            }));
        }
        let host = Host::parse(text.strip_suffix('.').unwrap_or(text)).map_err(|_| refused())?;
        match &host {
            Host::Domain(name) if !is_dns_name(name) => Err(refused()),
            Host::Domain(_) | Host::Ipv4(_) | Host::Ipv6(_) => Ok(Self(host)),
        }
    }

    /// As it is compared and looked up: lower-case A-labels (RFC 5890), addresses without
    /// brackets.
    #[must_use]
    pub fn ascii(&self) -> String {
        match &self.0 {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        }
    }

    /// As people read it: the same with U-labels, where they are valid.
    #[must_use]
    pub fn unicode(&self) -> String {
        match &self.0 {
            Host::Domain(name) => match idna::domain_to_unicode(name) {
                (text, Ok(())) => text,
                (_, Err(_)) => name.clone(),
            },
            Host::Ipv4(_) | Host::Ipv6(_) => self.ascii(),
        }
    }

    /// The address, if it is one.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match &self.0 {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(*address)),
            Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        }
    }

    /// As it stands in a URL: IPv6 addresses in brackets.
    #[must_use]
    pub fn in_url(&self) -> String {
        self.0.to_string()
    }

    pub(super) const fn host(&self) -> &Host {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ascii, unicode) = (self.ascii(), self.unicode());
        match ascii == unicode {
            true => f.write_str(&ascii),
            false => write!(f, "{ascii} ({unicode})"),
        }
    }
}

/// The text is no host name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a host, or an IP address (without https:// and without port): {found:?}")]
#[non_exhaustive]
pub struct NotAHostName {
    /// The text.
    pub found: String,
}

/// What fits into DNS (RFC 1035, 2.3.4), and into no pattern.
fn is_dns_name(name: &str) -> bool {
    let fits = |label: &str| (1..=MAX_LABEL).contains(&label.len());
    name.len() <= MAX_NAME && name.split('.').all(fits) && !name.contains('*')
}

const MAX_LABEL: usize = 63;
const MAX_NAME: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_name_are_told() {
        for text in ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example."] {
            let name = HostName::parse(text).unwrap();
            assert_eq!(name.ascii(), "xn--bcher-kva.example", "{text}");
            assert_eq!(name.unicode(), "bücher.example", "{text}");
            assert_eq!(name.to_string(), "xn--bcher-kva.example (bücher.example)");
        }
        assert_eq!(
            HostName::parse("A.example").unwrap().to_string(),
            "a.example"
        );
    }

    #[test]
    fn an_address_is_told_from_a_name() {
        let v6 = HostName::parse("[0:0::1]").unwrap();
        assert_eq!((v6.ascii(), v6.in_url()), ("::1".into(), "[::1]".into()));
        assert_eq!(
            HostName::parse("192.0.2.1").unwrap().address(),
            "192.0.2.1".parse().ok()
        );
        assert_eq!(HostName::parse("a.example").unwrap().address(), None);
    }

    #[test]
    fn a_label_has_at_most_63_bytes_and_a_name_253() {
        let label = "a".repeat(63);
        assert!(HostName::parse(&format!("{label}.example")).is_ok());
        assert!(HostName::parse(&format!("a{label}.example")).is_err());
        let most = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert!(HostName::parse(&most).is_ok());
        assert!(HostName::parse(&format!("{most}a")).is_err());
    }

    #[test]
    fn what_is_no_host_name_is_refused() {
        for text in [
            "",
            ".",
            "a b",
            "https://a.example",
            "a.example:443",
            "*.example",
            "a..b",
        ] {
            assert!(HostName::parse(text).is_err(), "{text}");
        }
    }
}
