//! What is reached without a proxy.

use std::net::IpAddr;

use ipnet::IpNet;

use super::HttpLinkError;
use super::settings::bare;

/// A host or some of them that are reached without a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exempt {
    Everything,
    /// A host and what is below it.
    Host(String),
    Network(IpNet),
}

impl Exempt {
    /// Reads a list, separated by commas.
    ///
    /// # Errors
    ///
    /// [`HttpLinkError::Exempt`].
    pub(super) fn list(list: &str) -> Result<Vec<Self>, HttpLinkError> {
        let items = list.split(',').map(str::trim);
        let items = items.filter(|item| !item.is_empty());
        let parse =
            |item: &str| Self::parse(item).ok_or_else(|| HttpLinkError::Exempt(item.into()));
        items.map(parse).collect()
    }

    /// Whether this host is meant.
    pub(super) fn is_met_by(&self, host: &str) -> bool {
        let address: Option<IpAddr> = host.parse().ok();
        match (self, address) {
            (Self::Everything, _) => true,
            (Self::Network(network), Some(address)) => network.contains(&address),
            (Self::Host(suffix), None) => {
                let above = host.strip_suffix(suffix.as_str());
                above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }
            _ => false,
        }
    }

    fn parse(item: &str) -> Option<Self> {
        if item == "*" {
            return Some(Self::Everything);
        }
        if let Ok(network) = item.parse::<IpNet>() {
            return Some(Self::Network(network));
        }
        if let Ok(address) = bare(item).parse::<IpAddr>() {
            return Some(Self::Network(address.into()));
        }
        let host = item.strip_prefix('.').unwrap_or(item);
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let good = !host.is_empty() && host.bytes().all(good);
        good.then(|| Self::Host(host.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_what_is_below_it_is_exempt_and_what_only_ends_alike_is_not() {
        for list in ["example.com", ".Example.com", " a.test , example.com,"] {
            assert!(is_met(list, "example.com"));
            assert!(is_met(list, "hub.example.com"));
            assert!(!is_met(list, "hubexample.com"));
            assert!(!is_met(list, "example.com.test"));
        }
    }

    #[test]
    fn a_network_is_exempt_from_its_first_address_to_its_last() {
        assert!(is_met("10.1.0.0/16", "10.1.0.0"));
        assert!(is_met("10.1.0.0/16", "10.1.255.255"));
        assert!(!is_met("10.1.0.0/16", "10.2.0.0"));
        assert!(is_met("[::1], 192.0.2.1", "::1"));
        assert!(is_met("::1, 192.0.2.1", "192.0.2.1"));
        assert!(!is_met("192.0.2.1", "192.0.2.2"));
        // Nobody looks up names for that.
        assert!(!is_met("0.0.0.0/0", "hub.example.com"));
    }

    #[test]
    fn everything_is_exempt_by_a_star_and_nothing_by_an_empty_list() {
        assert!(is_met("*", "hub.example.com"));
        assert!(!is_met("", "hub.example.com"));
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for list in ["*.example.com", "http://example.com", "10.0.0.0/33", "a b"] {
            let refused = Exempt::list(list);
            assert!(matches!(refused, Err(HttpLinkError::Exempt(_))), "{list}");
        }
    }

    fn is_met(list: &str, host: &str) -> bool {
        let list = Exempt::list(list).unwrap();
        list.iter().any(|it| it.is_met_by(host))
    }
}
