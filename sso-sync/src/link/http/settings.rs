//! How a hub is reached, as an administrator writes it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use http::uri::{Authority, Scheme};
use http::{HeaderValue, Uri};

use super::exempt::Exempt;
use super::{HttpLinkError, ProxySettings};

/// How a hub is reached.
#[derive(Clone, Debug)]
pub struct HttpLinkSettings {
    address: String,
    pub(super) authorities: Option<PathBuf>,
    pub(super) pinned: Option<PathBuf>,
    pub(super) proxy: Option<ProxySettings>,
    pub(super) exempt: Vec<Exempt>,
    pub(super) connect: Duration,
    pub(super) idle: Duration,
    plain: bool,
}

impl HttpLinkSettings {
    /// The hub at this address: `https://hub.example.com`, with a port if it is not 443. Who has
    /// a certificate from an authority that this system trusts is believed to be it.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            authorities: None,
            pinned: None,
            proxy: None,
            exempt: Vec::new(),
            connect: CONNECT,
            idle: IDLE,
            plain: false,
        }
    }

    /// Trusts the authorities in this PEM file beside those of the system: that of one's own
    /// company, or of a proxy that inspects TLS. Default: none.
    #[must_use]
    pub fn also_trusting(mut self, authorities: impl Into<PathBuf>) -> Self {
        self.authorities = Some(authorities.into());
        self
    }

    /// Trusts the certificate in this PEM file, and nothing else: no authority, and neither name
    /// nor validity are looked at. Default: none.
    #[must_use]
    pub fn pinning(mut self, certificate: impl Into<PathBuf>) -> Self {
        self.pinned = Some(certificate.into());
        self
    }

    /// Goes through a proxy. Default: none, whatever the environment says.
    #[must_use]
    pub fn through(mut self, proxy: ProxySettings) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Goes without the proxy to these, separated by commas: hosts (`hub.example.com`, and what is
    /// below it), domains (`.example.com`), networks (`10.0.0.0/8`), or `*` for all. Default: none.
    ///
    /// # Errors
    ///
    /// [`HttpLinkError::Exempt`].
    pub fn but_directly_to(mut self, list: &str) -> Result<Self, HttpLinkError> {
        self.exempt = Exempt::list(list)?;
        Ok(self)
    }

    /// How long a connection may take to come about, each to proxy and hub. Default: 10 seconds.
    #[must_use]
    pub const fn connecting_within(mut self, connect: Duration) -> Self {
        self.connect = connect;
        self
    }

    /// How long an answer that has begun may stand still, and an unused connection is kept.
    /// Default: 60 seconds.
    #[must_use]
    pub const fn idle_for(mut self, idle: Duration) -> Self {
        self.idle = idle;
        self
    }

    /// Lets the address of the hub begin with `http://` if it is 127.0.0.1 or `[::1]`: everybody
    /// on this machine who can read what is sent there can read along.
    #[must_use]
    pub const fn dangerously_without_tls(mut self) -> Self {
        self.plain = true;
        self
    }

    /// The hub that is meant.
    ///
    /// # Errors
    ///
    /// [`HttpLinkError::Address`].
    pub(super) fn hub(&self) -> Result<Hub, HttpLinkError> {
        self.parse().map_err(|why| HttpLinkError::Address {
            address: without_user(&self.address).into(),
            why,
        })
    }

    fn parse(&self) -> Result<Hub, &'static str> {
        let address: Uri = self.address.parse().map_err(|_| {
            "it is not written as an address; names with other letters than a to z are written in \
             their form with xn--"
        })?;
        let parts = address.into_parts();
        let scheme = parts.scheme.ok_or("it has no https:// at the beginning")?;
        let given = parts.authority.ok_or("it has no host")?;
        if given.as_str().contains('@') {
            return Err("a hub has no user in its address");
        }
        if parts
            .path_and_query
            .is_some_and(|path| path.as_str() != "/")
        {
            return Err("a hub has nothing after its host and port");
        }
        self.check_scheme(&scheme, given.host())?;
        let default = if scheme == Scheme::HTTPS { 443 } else { 80 };
        let port = given.port_u16().unwrap_or(default);
        let authority = format!("{}:{port}", given.host().to_ascii_lowercase());
        let authority = authority.parse().map_err(|_| "it has no host")?;
        Ok(Hub { scheme, authority })
    }

    fn check_scheme(&self, scheme: &Scheme, host: &str) -> Result<(), &'static str> {
        match scheme.as_str() {
            "https" => Ok(()),
            "http" if self.plain && is_loopback(host) => Ok(()),
            "http" if self.plain => Err("without TLS, a hub is reached on 127.0.0.1 or [::1] only"),
            _ => Err("it has no https:// at the beginning"),
        }
    }
}

/// A hub, by its address.
#[derive(Clone, Debug)]
pub(super) struct Hub {
    pub(super) scheme: Scheme,
    /// With the port.
    pub(super) authority: Authority,
}

impl Hub {
    pub(super) fn header(&self) -> Result<HeaderValue, HttpLinkError> {
        let value = HeaderValue::from_str(self.authority.as_str());
        value.map_err(|_| HttpLinkError::Address {
            address: self.authority.as_str().into(),
            why: "it has no host",
        })
    }

    /// Without the brackets of IPv6.
    pub(super) fn host(&self) -> &str {
        bare(self.authority.host())
    }

    pub(super) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(443)
    }
}

/// A host without the brackets that IPv6 has in addresses.
pub(super) fn bare(host: &str) -> &str {
    let inner = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inner.unwrap_or(host)
}

fn is_loopback(host: &str) -> bool {
    let address: Option<IpAddr> = bare(host).parse().ok();
    address.is_some_and(|address| address.is_loopback())
}

/// Nobody's password comes into a message.
fn without_user(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, host)| host)
}

const CONNECT: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_is_named_by_host_and_port_as_they_are_dialled() {
        for (address, authority) in [
            ("https://hub.example.com", "hub.example.com:443"),
            ("https://HUB.example.com/", "hub.example.com:443"),
            ("https://hub.example.com:8443", "hub.example.com:8443"),
            ("https://[::1]:8443", "[::1]:8443"),
        ] {
            let hub = HttpLinkSettings::new(address).hub().unwrap();
            assert_eq!(hub.authority.as_str(), authority);
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_with_the_reason() {
        for (address, why) in [
            ("hub.example.com", "no https://"),
            ("http://hub.example.com", "no https://"),
            ("ftp://hub.example.com", "no https://"),
            ("https://hub.example.com/hub", "nothing after"),
            ("https://bücher.example", "xn--"),
            ("https://a b", "not written as an address"),
        ] {
            let error = HttpLinkSettings::new(address).hub().unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn a_password_in_the_address_of_the_hub_is_not_repeated() {
        let settings = HttpLinkSettings::new("https://me:secret@hub.example.com");
        let error = settings.hub().unwrap_err().to_string();
        assert!(error.contains("no user") && !error.contains("secret"));
    }

    #[test]
    fn plain_http_stays_on_this_machine_and_is_asked_for() {
        let plain = |address| HttpLinkSettings::new(address).dangerously_without_tls();
        assert!(plain("http://127.0.0.1:8080").hub().is_ok());
        assert!(plain("http://[::1]:8080").hub().is_ok());
        assert!(plain("http://192.0.2.1").hub().is_err());
        assert!(plain("http://localhost").hub().is_err());
        assert!(HttpLinkSettings::new("http://127.0.0.1").hub().is_err());
    }
}
