//! Where the server listens, and what is wrong if it cannot.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// Takes the address for this process.
///
/// `[::]` means all addresses, and is tried as `0.0.0.0` on a machine without IPv6.
///
/// # Errors
///
/// An [`AddressError`] that says why not.
pub fn bind(address: SocketAddr) -> Result<TcpListener, AddressError> {
    match TcpListener::bind(address) {
        Ok(listener) => Ok(listener),
        Err(source) if is_without_ipv6(address, &source) => bind(SocketAddr::new(
            Ipv4Addr::UNSPECIFIED.into(),
            address.port(),
        )),
        Err(source) => Err(AddressError::new(address, source)),
    }
}

fn is_without_ipv6(address: SocketAddr, error: &io::Error) -> bool {
    let other = matches!(
        error.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
    );
    address.ip() == Ipv6Addr::UNSPECIFIED && !other
}

/// Why the server cannot listen.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Another process has the port.
    #[error("{address} is in use by another process")]
    InUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// Something else.
    #[error("cannot listen on {address}: {source}")]
    Io {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// No interface of this machine has the address.
    #[error("{} is no address of this machine, which has {}", address.ip(), list(here))]
    NotHere {
        /// The address asked for.
        address: SocketAddr,
        /// The addresses that this machine has, as far as known.
        here: BTreeSet<IpAddr>,
    },
    /// Ports below 1024 need a privilege.
    #[error("{address}: this user may not use port {}", address.port())]
    Reserved {
        /// The address asked for.
        address: SocketAddr,
    },
}

impl AddressError {
    fn new(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { address },
            io::ErrorKind::AddrNotAvailable => Self::NotHere {
                address,
                here: addresses_of_this_machine(),
            },
            io::ErrorKind::PermissionDenied => Self::Reserved { address },
            _ => Self::Io { address, source },
        }
    }

    /// The command, or the line in `local.toml`, that mends it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::InUse { address } => format!(
                "`ss -ltnp 'sport = :{0}'` names the other process; or set another `private_port` \
                 in local.toml, or give another port with --listen",
                address.port()
            ),
            Self::Io { .. } => "set `private_ip` and `private_port` in local.toml".into(),
            Self::NotHere { .. } => {
                "set `private_ip` in local.toml to one of them, or remove the line to listen on \
                 all of them"
                    .into()
            }
            Self::Reserved { .. } => {
                "set `private_port` in local.toml to 1024 or more; or allow it: setcap \
                 cap_net_bind_service=+ep \"$(command -v sso-connect)\""
                    .into()
            }
        }
    }
}

fn list(addresses: &BTreeSet<IpAddr>) -> String {
    match addresses.len() {
        0 => "others".into(),
        _ => addresses
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// What Linux tells about the addresses of this machine; elsewhere nothing.
pub(crate) fn addresses_of_this_machine() -> BTreeSet<IpAddr> {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let mut addresses: BTreeSet<_> = ipv4_addresses(&read("/proc/net/fib_trie")).collect();
    addresses.extend(ipv6_addresses(&read("/proc/net/if_inet6")));
    addresses
}

/// The local host routes of the kernel's routing table: `|-- ADDRESS`, then `/32 host LOCAL`.
fn ipv4_addresses(fib_trie: &str) -> impl Iterator<Item = IpAddr> {
    fib_trie
        .lines()
        .zip(fib_trie.lines().skip(1))
        .filter(|(_, route)| route.contains("/32 host LOCAL"))
        .filter_map(|(leaf, _)| leaf.trim().strip_prefix("|-- ")?.parse::<Ipv4Addr>().ok())
        .map(IpAddr::V4)
}

/// The interfaces' addresses: 32 hexadecimal digits at the start of a line.
fn ipv6_addresses(if_inet6: &str) -> impl Iterator<Item = IpAddr> {
    if_inet6
        .lines()
        .filter_map(|line| u128::from_str_radix(line.split_whitespace().next()?, 16).ok())
        .map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = other.local_addr().unwrap();
        let refused = bind(address).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("{address} is in use by another process")
        );
        assert!(
            refused.fix().contains(&format!(":{}", address.port())),
            "{}",
            refused.fix()
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_address_of_another_machine_is_answered_with_the_addresses_of_this_one() {
        let refused = bind("192.0.2.1:0".parse().unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with("192.0.2.1 is no address of this machine"),
            "{refused}"
        );
        assert!(refused.contains("127.0.0.1"), "{refused}");
    }

    #[test]
    fn the_tables_of_the_kernel_are_read() {
        let fib_trie = "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.1.2.3\n        /32 host LOCAL\n     \
                        |-- 10.1.2.255\n        /32 link BROADCAST\n";
        let found: Vec<_> = ipv4_addresses(fib_trie).collect();
        assert_eq!(found, ["10.1.2.3".parse::<IpAddr>().unwrap()]);

        let if_inet6 = "00000000000000000000000000000001 01 80 10 80       lo\n";
        let found: Vec<_> = ipv6_addresses(if_inet6).collect();
        assert_eq!(found, ["::1".parse::<IpAddr>().unwrap()]);
    }
}
