//! Where the server listens, and what is wrong if it cannot.

mod here;
mod holder;

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

pub(crate) use here::addresses_of_this_machine;
pub use holder::Holder;

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

/// Looks whether `ip` belongs to this machine now, and takes nothing.
///
/// # Errors
///
/// [`AddressError::NotHere`] with the addresses that the machine has; nothing else.
pub fn expect_here(ip: IpAddr) -> Result<(), AddressError> {
    match bind(SocketAddr::new(ip, 0)) {
        Err(error @ AddressError::NotHere { .. }) => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The addresses that this machine has, as far as its system tells.
#[must_use]
pub fn of_this_machine() -> BTreeSet<IpAddr> {
    addresses_of_this_machine()
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
    #[error("{address} is in use by {}", holders(by))]
    InUse {
        /// The address asked for.
        address: SocketAddr,
        /// Who has the port, as far as this user may know.
        by: Vec<Holder>,
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
            io::ErrorKind::AddrInUse => Self::InUse {
                address,
                by: holder::of(address.port()),
            },
            io::ErrorKind::AddrNotAvailable => Self::NotHere {
                address,
                here: addresses_of_this_machine(),
            },
            io::ErrorKind::PermissionDenied => Self::Reserved { address },
            _ => Self::Io { address, source },
        }
    }

    /// The address that was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        match self {
            Self::InUse { address, .. }
            | Self::Io { address, .. }
            | Self::NotHere { address, .. }
            | Self::Reserved { address } => *address,
        }
    }

    /// The command that mends it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::InUse { address, .. } => format!(
                "end the other program (`ss -ltnp 'sport = :{0}'` names it), or take another port: \
                 sso-connect local set private_port PORT; or give another one with --listen",
                address.port()
            ),
            Self::Io { .. } => {
                "sso-connect local set private_ip IP, sso-connect local set private_port PORT"
                    .into()
            }
            Self::NotHere { here, .. } => format!(
                "sso-connect local unset private_ip, to listen on all addresses; or give the machine \
                 the address; or set one of its own: sso-connect local set private_ip {}",
                here.iter()
                    .find(|ip| !ip.is_loopback())
                    .map_or_else(|| "IP".into(), ToString::to_string)
            ),
            Self::Reserved { address } => format!(
                "allow it: AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, or setcap \
                 cap_net_bind_service=+ep \"$(command -v sso-connect)\"; or take a port from {} on: \
                 sso-connect local set private_port 8443 (instead of {})",
                here::first_free_port(),
                address.port()
            ),
        }
    }
}

fn holders(by: &[Holder]) -> String {
    match by {
        [] => "another process".into(),
        by => by
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = other.local_addr().unwrap();
        let refused = bind(address).unwrap_err();
        let me = std::process::id();
        let said = refused.to_string();
        assert!(
            said.starts_with(&format!("{address} is in use by ")),
            "{said}"
        );
        assert!(
            said.contains(&format!("(process {me}), which listens on {address}")),
            "{said}"
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
    fn an_address_that_is_here_is_expected_and_another_is_told() {
        assert!(expect_here("127.0.0.1".parse().unwrap()).is_ok());
        assert!(expect_here("::".parse().unwrap()).is_ok());
        assert!(expect_here("192.0.2.1".parse().unwrap()).is_err());
    }

    #[test]
    fn every_cause_comes_with_the_command_that_mends_it() {
        let address: SocketAddr = "192.0.2.1:443".parse().unwrap();
        let here = BTreeSet::from(["127.0.0.1".parse().unwrap(), "10.1.2.3".parse().unwrap()]);
        let all = [
            AddressError::InUse {
                address,
                by: Vec::new(),
            },
            AddressError::NotHere { address, here },
            AddressError::Reserved { address },
        ];
        let told = all.map(|it| format!("{it}; {}", it.fix()));
        assert!(told[0].contains("in use by another process; end the other program (`ss -ltnp"));
        assert!(told[1].contains("has 10.1.2.3, 127.0.0.1; sso-connect local unset private_ip"));
        assert!(told[1].ends_with("sso-connect local set private_ip 10.1.2.3"));
        assert!(told[2].contains("AmbientCapabilities=CAP_NET_BIND_SERVICE"));
        assert!(told[2].contains("sso-connect local set private_port 8443"));
    }
}
