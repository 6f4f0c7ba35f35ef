//! Ranges of addresses, and who is behind a proxy.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;

/// The name of this machine without its domain; `server` if it has none.
#[must_use]
pub fn host_name() -> String {
    let full = std::fs::read_to_string("/etc/hostname").ok();
    let full = full.or_else(|| std::env::var("COMPUTERNAME").ok());
    let full = full.unwrap_or_default();
    match full.trim().split('.').next() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "server".into(),
    }
}

/// A range of addresses: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether `address` lies in it. An IPv4 address that IPv6 carries counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                let different = ours.to_bits() ^ theirs.to_bits();
                different
                    .checked_shr(32 - u32::from(self.prefix))
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                let different = ours.to_bits() ^ theirs.to_bits();
                different
                    .checked_shr(128 - u32::from(self.prefix))
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError { found: text.into() };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix
            .map_or(Ok(longest), str::parse)
            .map_err(|_| wrong())?;
        if prefix > longest {
            Err(wrong())
        } else {
            Ok(Self { address, prefix })
        }
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The text is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} is neither an address nor a range of addresses as 10.0.0.0/8")]
pub struct NetworkError {
    /// The text.
    pub found: String,
}

/// Who speaks: `peer`, or, if that is a proxy of ours, the last one in `forwarded_for` (the values
/// of `X-Forwarded-For`) that is none. Earlier entries are what a stranger claims.
#[must_use]
pub fn client(peer: IpAddr, forwarded_for: &str, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    let mut hops = forwarded_for
        .rsplit(',')
        .map(|hop| hop.trim().parse::<IpAddr>());
    while is_proxy(client)
        && let Some(Ok(hop)) = hops.next()
    {
        client = hop.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_where_its_prefix_says() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.7", "::ffff:192.0.2.7", "::192.0.2.7"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "2001:db8::1", "127.0.0.1"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(
                network.contains(inside.parse().unwrap()),
                "{network} {inside}"
            );
            assert!(
                !network.contains(outside.parse().unwrap()),
                "{network} {outside}"
            );
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "proxy",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let seen = |peer: &str, forwarded_for| {
            client(peer.parse().unwrap(), forwarded_for, &proxies).to_string()
        };
        assert_eq!(seen("192.0.2.1", "198.51.100.9"), "192.0.2.1");
        assert_eq!(seen("10.0.0.1", "198.51.100.9"), "198.51.100.9");
        assert_eq!(
            seen("10.0.0.1", "203.0.113.5, 198.51.100.9, 10.0.0.2"),
            "198.51.100.9"
        );
        assert_eq!(seen("::ffff:10.0.0.1", "198.51.100.9"), "198.51.100.9");
        assert_eq!(seen("10.0.0.1", ""), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", "nonsense\r\n"), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", "10.0.0.3"), "10.0.0.3");
    }
}
