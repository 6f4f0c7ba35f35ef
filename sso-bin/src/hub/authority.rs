//! Host and port under which a hub is reached.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// Host and port as servers dial them: `hub.example.com:8444`. In small letters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Authority {
    text: String,
    host_length: usize,
}

impl Authority {
    /// Host and port.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host alone; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.text.get(..self.host_length).unwrap_or_default()
    }

    /// Reads what a client sent. HTTP leaves the port of https away.
    pub(super) fn of_https(text: &str) -> Option<String> {
        let authority: http::uri::Authority = text.parse().ok()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let port = authority.port_u16().unwrap_or(HTTPS);
        Some(format!("{}:{port}", authority.host()).to_ascii_lowercase())
    }
}

impl FromStr for Authority {
    type Err = AuthorityError;

    fn from_str(text: &str) -> Result<Self, AuthorityError> {
        let wrong = || AuthorityError { found: text.into() };
        let authority: http::uri::Authority = text.parse().map_err(|_| wrong())?;
        let port = authority.port_u16().ok_or_else(wrong)?;
        let host = authority.host().to_ascii_lowercase();
        let normal = format!("{host}:{port}");
        if host.is_empty() || port == 0 || !text.eq_ignore_ascii_case(&normal) {
            return Err(wrong());
        }
        Ok(Self {
            host_length: host.len(),
            text: normal,
        })
    }
}

impl TryFrom<String> for Authority {
    type Error = AuthorityError;

    fn try_from(text: String) -> Result<Self, AuthorityError> {
        text.parse()
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text is no host and port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not host and port as in hub.example.com:8444")]
pub struct AuthorityError {
    /// The text.
    pub found: String,
}

const HTTPS: u16 = 443;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_told_apart() {
        for (text, host) in [
            ("hub.example.com:8444", "hub.example.com"),
            ("Hub.Example.COM:443", "hub.example.com"),
            ("192.0.2.1:1", "192.0.2.1"),
            ("[2001:db8::1]:65535", "[2001:db8::1]"),
        ] {
            let authority: Authority = text.parse().unwrap();
            assert_eq!(authority.host(), host);
            assert_eq!(authority.as_str(), text.to_ascii_lowercase());
        }
    }

    #[test]
    fn what_is_not_host_and_port_is_named() {
        for text in [
            "",
            "hub.example.com",
            "hub.example.com:",
            "hub.example.com:0",
            "hub.example.com:65536",
            "hub.example.com:08444",
            "https://hub.example.com:8444",
            "user@hub.example.com:8444",
            "hub.example.com:8444/",
            ":8444",
            "2001:db8::1",
        ] {
            let refused = text.parse::<Authority>().unwrap_err();
            assert!(refused.to_string().contains(text), "{refused}");
        }
    }

    #[test]
    fn a_client_may_leave_the_port_of_https_away() {
        let read = Authority::of_https;
        assert_eq!(read("Hub.example.com").unwrap(), "hub.example.com:443");
        assert_eq!(read("hub.example.com:443").unwrap(), "hub.example.com:443");
        assert_eq!(read("[::1]").unwrap(), "[::1]:443");
        for odd in ["", "a b", "a@hub.example.com", "hub/"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
