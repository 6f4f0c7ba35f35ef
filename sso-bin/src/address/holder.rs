//! Who has a port.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// A program that listens on a port. `Display` says who and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// Where it listens.
    pub listens: SocketAddr,
    /// Its name and the number of its process; `None` if this user may not know.
    pub process: Option<(String, u32)>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.process {
            Some((name, id)) => write!(f, "{name} (process {id})")?,
            None => f.write_str("a process of another user")?,
        }
        write!(f, ", which listens on {}", self.listens)
    }
}

/// Everybody who listens on `port` of any address; nobody where the system does not tell.
pub(super) fn of(port: u16) -> Vec<Holder> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let mut sockets = listening(&read("/proc/net/tcp"), port);
    sockets.extend(listening(&read("/proc/net/tcp6"), port));
    if sockets.is_empty() {
        return Vec::new();
    }
    let owners = owners();
    let held = sockets.into_iter().map(|(listens, inode)| Holder {
        listens,
        process: owners.get(&inode).cloned(),
    });
    held.collect()
}

/// The listening sockets of a table of the kernel that have `port`, each with its inode.
fn listening(table: &str, port: u16) -> Vec<(SocketAddr, u64)> {
    let lines = table.lines().skip(1);
    let sockets = lines.filter_map(|line| {
        let columns: Vec<_> = line.split_whitespace().collect();
        let (address, state) = (columns.get(1)?, columns.get(3)?);
        let inode = columns.get(9)?.parse().ok()?;
        (*state == LISTEN).then_some((socket(address)?, inode))
    });
    sockets
        .filter(|(address, _)| address.port() == port)
        .collect()
}

/// `0100007F:1F90`: words of 32 bits in the order of this machine, then the port.
fn socket(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        let word = u32::from_str_radix(address.get(at * 8..at * 8 + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    let ip = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Whose sockets are whose, by inode, as far as this user may look.
fn owners() -> BTreeMap<u64, (String, u32)> {
    let mut owners = BTreeMap::new();
    for (id, folder) in numbered(Path::new("/proc")) {
        let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
        for (_, link) in numbered(&folder.join("fd")) {
            if let Some(inode) = fs::read_link(link).ok().and_then(|to| inode(&to)) {
                owners.insert(inode, (name.trim().to_owned(), id));
            }
        }
    }
    owners
}

fn numbered(folder: &Path) -> impl Iterator<Item = (u32, std::path::PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
}

/// Of `socket:[4711]`.
fn inode(link: &Path) -> Option<u64> {
    let number = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
    number.parse().ok()
}

/// `TCP_LISTEN` in the tables of the kernel.
const LISTEN: &str = "0A";

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn the_listening_sockets_of_a_table_are_read() {
        let table = "  sl  local_address rem_address   st\n   \
             0: 0100007F:1F90 00000000:0000 0A 0:0 00:0 0 0 0 4711 1\n   \
             1: 0100007F:1F90 0100007F:0001 01 0:0 00:0 0 0 0 4712 1\n   \
             2: 00000000000000000000000001000000:1F90 0:0 0A 0:0 00:0 0 0 0 4713 1\n";
        let read: Vec<_> = listening(table, 8080)
            .into_iter()
            .map(|it| format!("{it:?}"))
            .collect();
        assert_eq!(read, ["(127.0.0.1:8080, 4711)", "([::1]:8080, 4713)"]);
        assert_eq!(listening(table, 8081), []);
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in ["", ":", "0:0", "0100007F", "0100007G:1F90", "01:1F90"] {
            assert_eq!(socket(text), None, "{text}");
        }
    }
}
