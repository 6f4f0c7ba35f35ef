//! A proxy, as an administrator writes it.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::HttpLinkError;
use super::settings::bare;

/// A proxy between this machine and the hub.
#[derive(Clone)]
pub struct ProxySettings {
    pub(super) kind: Kind,
    pub(super) host: String,
    pub(super) port: u16,
    user: Option<String>,
    password: Arc<Zeroizing<String>>,
}

/// What is spoken with a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// HTTP, which is asked to `CONNECT`.
    Http,
    /// The same over TLS.
    Https,
    /// SOCKS version 5; the proxy looks up names.
    Socks5,
}

impl ProxySettings {
    /// Reads an address: `http://user@host:port` or `https://user@host:port` for a proxy that
    /// knows `CONNECT`, `socks5h://user@host:port` for SOCKS 5. The user may be left out, and so
    /// may the port: it is 80, 443 or 1080 then.
    ///
    /// # Errors
    ///
    /// [`HttpLinkError::PasswordInAddress`] or [`HttpLinkError::Proxy`].
    pub fn parse(address: &str) -> Result<Self, HttpLinkError> {
        // Before anything else, so that no other message shows it.
        if has_password(address) {
            return Err(HttpLinkError::PasswordInAddress);
        }
        Self::read(address).map_err(HttpLinkError::Proxy)
    }

    /// The user that the proxy is told; without one, it is told nothing.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The password of the user. Default: an empty one.
    #[must_use]
    pub fn with_password(mut self, password: Zeroizing<String>) -> Self {
        self.password = Arc::new(password);
        self
    }

    fn read(address: &str) -> Result<Self, &'static str> {
        let address: Uri = address.parse().map_err(|_| "it is not written as one")?;
        let kind = match address.scheme_str() {
            Some("http") => Kind::Http,
            Some("https") => Kind::Https,
            Some("socks5h") => Kind::Socks5,
            Some("socks5") => return Err("with socks5h, the proxy looks up the name of the hub"),
            _ => return Err("it begins with none of http://, https:// and socks5h://"),
        };
        if address.path().trim_matches('/') != "" || address.query().is_some() {
            return Err("a proxy has nothing after its host and port");
        }
        let authority = address.authority().ok_or("it has no host")?;
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| user);
        let user = user.map(|user| percent_decode_str(user).decode_utf8());
        let user = user.transpose().map_err(|_| "its user is not UTF-8")?;
        Ok(Self {
            kind,
            host: bare(authority.host()).into(),
            port: authority.port_u16().unwrap_or(kind.port()),
            user: user.map(Into::into),
            password: Arc::default(),
        })
    }

    /// User and password, if there is a user.
    pub(super) fn credentials(&self) -> Option<(&str, &str)> {
        let user = self.user.as_deref()?;
        Some((user, &self.password))
    }

    /// The value of `proxy-authorization`.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.credentials()?;
        let both = Zeroizing::new(format!("{user}:{password}"));
        let encoded = Zeroizing::new(format!("Basic {}", STANDARD.encode(both.as_bytes())));
        let mut value = HeaderValue::from_str(&encoded).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Host and port, as they stand in an address.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            return format!("[{}]:{}", self.host, self.port);
        }
        format!("{}:{}", self.host, self.port)
    }
}

impl Kind {
    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 => 1080,
        }
    }

    const fn scheme(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5h",
        }
    }
}

impl fmt::Display for ProxySettings {
    /// The address, without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.kind.scheme(), self.authority())
    }
}

impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxySettings({self}, …)")
    }
}

fn has_password(address: &str) -> bool {
    let user = address.rsplit_once('@').map_or("", |(before, _)| before);
    let user = user.split_once("://").map_or(user, |(_, user)| user);
    user.contains(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_spoken_with_whom() {
        for (address, kind, shown) in [
            ("http://proxy:3128", Kind::Http, "http://proxy:3128"),
            ("https://proxy", Kind::Https, "https://proxy:443"),
            ("socks5h://[::1]", Kind::Socks5, "socks5h://[::1]:1080"),
        ] {
            let proxy = ProxySettings::parse(address).unwrap();
            assert_eq!((proxy.kind, proxy.to_string().as_str()), (kind, shown));
            assert_eq!(proxy.authorization(), None);
        }
    }

    #[test]
    fn the_user_is_in_the_address_and_the_password_is_not() {
        let proxy = ProxySettings::parse("http://EXAMPLE%5Cme@proxy:3128").unwrap();
        let proxy = proxy.with_password(Zeroizing::new("secret".into()));
        assert_eq!(proxy.credentials(), Some(("EXAMPLE\\me", "secret")));
        let expected = format!("Basic {}", STANDARD.encode("EXAMPLE\\me:secret"));
        assert_eq!(proxy.authorization().unwrap(), expected);
        assert_eq!(format!("{proxy:?}"), "ProxySettings(http://proxy:3128, …)");
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for address in [
            "http://me:secret@proxy:3128",
            "me:secret@proxy",
            "http://me:sec@ret@proxy",
        ] {
            let error = ProxySettings::parse(address).unwrap_err();
            assert!(matches!(error, HttpLinkError::PasswordInAddress));
            assert!(!error.to_string().contains("sec@") && !error.to_string().contains("secret"));
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_the_reason() {
        for (address, why) in [
            ("proxy:3128", "begins with none"),
            ("ftp://proxy", "begins with none"),
            ("socks5://proxy", "socks5h"),
            ("http://proxy:3128/path", "nothing after"),
            ("http://a b", "not written as one"),
        ] {
            let error = ProxySettings::parse(address).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
