//! systemd, by the protocol of `sd_notify(3)`: datagrams of `NAME=value` lines to a socket that it
//! names in the environment.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::{News, Supervisor};

/// systemd, or whoever speaks like it.
#[derive(Debug)]
pub struct Systemd {
    address: SocketAddr,
    socket: UnixDatagram,
    patience: Option<Duration>,
}

impl Systemd {
    /// The one that started this process with `Type=notify`: `NOTIFY_SOCKET`, and with
    /// `WatchdogSec=` also `WATCHDOG_USEC` and `WATCHDOG_PID`. `None` if there is none, or if it
    /// cannot be reached.
    #[must_use]
    pub fn of_process() -> Option<Self> {
        let socket = env::var_os("NOTIFY_SOCKET").filter(|it| !it.is_empty())?;
        let says = |name: &str| env::var(name).ok();
        let patience = patience(says("WATCHDOG_USEC"), says("WATCHDOG_PID"));
        match Self::at(&socket, patience) {
            Ok(systemd) => Some(systemd),
            Err(error) => {
                tracing::warn!(%error, ?socket, "systemd is told nothing: NOTIFY_SOCKET");
                None
            }
        }
    }

    /// Tells everything to the datagram socket of this name, a path or, with a leading `@`, an
    /// abstract one. It is to be told that the program lives at least once in `patience`.
    ///
    /// # Errors
    ///
    /// If the name is none, or there can be no socket.
    pub fn at(name: &OsStr, patience: Option<Duration>) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        // A supervisor that is stuck takes nobody along.
        socket.set_nonblocking(true)?;
        Ok(Self {
            address: address(name)?,
            socket,
            patience,
        })
    }
}

impl Supervisor for Systemd {
    fn tell(&self, news: &[News<'_>]) {
        let text: String = news.iter().map(line).collect();
        if let Err(error) = self.socket.send_to_addr(text.as_bytes(), &self.address) {
            tracing::debug!(%error, "systemd was not told");
        }
    }

    fn pace(&self) -> Option<Duration> {
        Some(self.patience.map_or(QUIET_PACE, |patience| patience / 3))
    }
}

/// What the protocol calls it.
fn line(news: &News<'_>) -> String {
    match news {
        News::Alive => "WATCHDOG=1\n".into(),
        News::Ready => "READY=1\n".into(),
        News::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_usec()),
        News::Status(text) => format!("STATUS={}\n", one_line(text)),
        News::Stopping(most) => {
            let extension = (*most + RESERVE).as_micros();
            format!("STOPPING=1\nEXTEND_TIMEOUT_USEC={extension}\n")
        }
    }
}

/// A line break would begin another message.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        let space = if line.is_empty() { "" } else { " " };
        if line.len() + word.len() >= LONGEST_STATUS {
            break;
        }
        let _ = write!(line, "{space}{word}");
    }
    line
}

/// By which systemd tells an answer from one to an earlier reload. Nothing else depends on it.
fn monotonic_usec() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

/// Nothing if the watchdog is off, or watches another process.
fn patience(usec: Option<String>, pid: Option<String>) -> Option<Duration> {
    let is_ours = pid.is_none_or(|pid| pid == process::id().to_string());
    let usec = usec?.parse().ok().filter(|usec| *usec > 0)?;
    is_ours.then(|| Duration::from_micros(usec))
}

#[cfg(target_os = "linux")]
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt as _;

    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(name),
    }
}

#[cfg(not(target_os = "linux"))]
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    SocketAddr::from_pathname(name)
}

/// Between two looks at the status, if nobody waits for a sign of life.
const QUIET_PACE: Duration = Duration::from_secs(10);

/// On top of what a stop takes, before the process is killed.
const RESERVE: Duration = Duration::from_secs(10);

/// In bytes; the rest stands in the log.
const LONGEST_STATUS: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_news_has_its_line() {
        assert_eq!(line(&News::Alive), "WATCHDOG=1\n");
        assert_eq!(line(&News::Ready), "READY=1\n");
        assert_eq!(line(&News::Status("Running")), "STATUS=Running\n");
        let stopping = News::Stopping(Duration::from_secs(5));
        assert_eq!(
            line(&stopping),
            "STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\n"
        );
        let reloading = line(&News::Reloading);
        let stamp = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
        assert!(stamp.unwrap().trim_end().parse::<u64>().unwrap() > 0);
    }

    #[test]
    fn a_status_never_says_anything_else() {
        let status = line(&News::Status("bad\nREADY=1"));
        assert_eq!(status, "STATUS=bad READY=1\n");
        let long = "é".repeat(150) + " " + &"word ".repeat(200);
        assert!(one_line(&long).len() <= LONGEST_STATUS);
        assert!(one_line(&long).ends_with("word"));
    }

    #[test]
    fn a_watchdog_counts_if_it_is_for_this_process() {
        let some = |text: &str| Some(text.to_owned());
        let second = Some(Duration::from_secs(1));
        assert_eq!(patience(some("1000000"), None), second);
        let own = process::id().to_string();
        assert_eq!(patience(some("1000000"), Some(own)), second);
        assert_eq!(patience(some("1000000"), some("1")), None);
        for off in [None, some(""), some("0"), some("-1")] {
            assert_eq!(patience(off, None), None);
        }
    }

    #[test]
    fn what_is_no_name_of_a_socket_is_refused() {
        let long = "/x".repeat(200);
        assert!(Systemd::at(OsStr::new(&long), None).is_err());
        assert!(Systemd::at(OsStr::new("@abstract"), None).is_ok());
    }
}
