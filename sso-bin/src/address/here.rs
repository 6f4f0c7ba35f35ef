//! What the kernel tells about this machine.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

/// The first port that needs no privilege.
pub(super) fn first_free_port() -> u16 {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    let set = text.ok().and_then(|text| text.trim().parse().ok());
    set.unwrap_or(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

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
