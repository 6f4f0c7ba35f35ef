//! Where a hub is, and how it is reached.

use std::fmt;
use std::path::PathBuf;

use url::Url;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Where a hub is, and how it is reached. `Debug` shows no password of a proxy.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HubAddress {
    /// Scheme, host and port.
    pub url: Url,
    /// Authorities that are trusted besides those of this machine.
    pub ca: Option<PathBuf>,
    /// The proxy on the way.
    pub proxy: Proxy,
}

/// The proxy on the way to a hub.
#[derive(Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "one, none, or what the machine says"
)]
pub enum Proxy {
    /// What `HTTPS_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    /// None.
    None,
    /// This one; the URL may have a user name and a password.
    Url(Zeroizing<String>),
}

impl HubAddress {
    /// Reads what was typed. Without a scheme, `https://` is meant.
    ///
    /// # Errors
    ///
    /// A [`Failure`] with an example.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let full = match text.contains("://") {
            true => text.to_owned(),
            false => format!("https://{text}"),
        };
        let url = Url::parse(&full).ok().filter(is_hub);
        let url = url.ok_or_else(|| {
            Failure::refused(
                format!("{text} is no address of a hub"),
                "give https://HOST or https://HOST:PORT, as whoever runs the hub told you",
            )
        })?;
        Ok(Self {
            url,
            ca: None,
            proxy: Proxy::default(),
        })
    }

    /// The address, as people write it.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}

impl Proxy {
    /// Reads what was typed.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "none" => Self::None,
            url => Self::Url(Zeroizing::new(url.to_owned())),
        }
    }

    /// The same as [`parse`](Self::parse) reads; nothing for what the environment says.
    #[must_use]
    pub fn to_text(&self) -> Option<Zeroizing<String>> {
        match self {
            Self::Environment => None,
            Self::None => Some(Zeroizing::new("none".into())),
            Self::Url(url) => Some(url.clone()),
        }
    }
}

impl fmt::Debug for HubAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HubAddress({}, {:?})", self.shown(), self.proxy)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::None => "None",
            Self::Url(_) => "Url(…)",
        })
    }
}

/// TLS, and nothing but host and port.
fn is_hub(url: &Url) -> bool {
    let nothing_else = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    url.scheme() == "https" && url.host().is_some() && nothing_else && nobody
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_host_and_port_behind_tls() {
        let shown = |text: &str| HubAddress::parse(text).ok().map(|it| it.shown().to_owned());
        let full = Some("https://hub.example.com:8444".to_owned());
        assert_eq!(shown("https://hub.example.com:8444"), full);
        assert_eq!(shown(" hub.example.com:8444/ "), full);
        assert_eq!(
            shown("hub.example.com"),
            Some("https://hub.example.com".into())
        );
        for odd in [
            "",
            "http://hub.example.com",
            "https://",
            "https://hub.example.com/x",
            "https://hub.example.com/?x",
            "https://alice@hub.example.com",
        ] {
            assert_eq!(shown(odd), None, "{odd}");
        }
    }

    #[test]
    fn the_password_of_a_proxy_is_not_shown() {
        let mut address = HubAddress::parse("hub.example.com").unwrap();
        address.proxy = Proxy::parse("http://user:PRIVATE@proxy.example.com");
        assert!(!format!("{address:?}").contains("PRIVATE"));
    }
}
