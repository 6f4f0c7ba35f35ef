//! The way to hubs.

use std::env;
use std::fmt;
use std::sync::Arc;

use sso_core::Clock;
use sso_sync::administration::Office;
use sso_sync::link::{HttpLink, HttpLinkError, HttpLinkSettings, Link, ProxySettings};
use url::Url;
use zeroize::Zeroizing;

use super::{HubAddress, Proxy};
use crate::failure::{Failure, deeper_cause};
use crate::version;

/// The way to hubs, so that tests have hubs in memory.
pub trait Hubs: fmt::Debug + Send + Sync + 'static {
    /// A link to the hub at `address`; nobody is asked yet.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if the settings of the way make no sense.
    fn link(&self, address: &HubAddress) -> Result<Arc<dyn Link>, Failure>;

    /// A place from which an administrator works with the hub at `address`.
    ///
    /// # Errors
    ///
    /// Those of [`link`](Self::link).
    fn office(&self, address: &HubAddress, clock: Arc<dyn Clock>) -> Result<Office, Failure> {
        Ok(Office::new(self.link(address)?, clock, version::program()))
    }
}

/// Hubs on the network.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct RealHubs;

impl Hubs for RealHubs {
    fn link(&self, address: &HubAddress) -> Result<Arc<dyn Link>, Failure> {
        let settings = settings(address)?;
        let link = HttpLink::new(&settings).map_err(|error| unusable(&error))?;
        Ok(Arc::new(link))
    }
}

fn settings(address: &HubAddress) -> Result<HttpLinkSettings, Failure> {
    let settings = HttpLinkSettings::new(address.shown());
    let settings = match &address.ca {
        Some(ca) => settings.also_trusting(ca.clone()),
        None => settings,
    };
    match &address.proxy {
        Proxy::None => Ok(settings),
        Proxy::Url(url) => Ok(settings.through(proxy(url)?)),
        Proxy::Environment => through_environment(settings),
    }
}

/// As other programs on this machine do.
fn through_environment(settings: HttpLinkSettings) -> Result<HttpLinkSettings, Failure> {
    let Some(url) = either("HTTPS_PROXY", "https_proxy") else {
        return Ok(settings);
    };
    let settings = settings.through(proxy(&Zeroizing::new(url))?);
    match either("NO_PROXY", "no_proxy") {
        Some(list) => settings
            .but_directly_to(&list)
            .map_err(|error| unusable(&error)),
        None => Ok(settings),
    }
}

fn either(one: &str, other: &str) -> Option<String> {
    let value = env::var(one).or_else(|_| env::var(other)).ok();
    value.filter(|value| !value.trim().is_empty())
}

/// A URL of a proxy, whose password goes another way than its address.
fn proxy(text: &str) -> Result<ProxySettings, Failure> {
    let unreadable = || {
        Failure::refused(
            "the proxy is no address",
            "write it like http://proxy.example.com:3128, with user:password@ before the host if \
             it asks for them",
        )
    };
    let mut url = Url::parse(text).map_err(|_| unreadable())?;
    let password = url.password().map(|it| Zeroizing::new(it.to_owned()));
    url.set_password(None).map_err(|()| unreadable())?;
    let settings = ProxySettings::parse(url.as_str()).map_err(|error| unusable(&error))?;
    Ok(match password {
        Some(password) => settings.with_password(decoded(&password)),
        None => settings,
    })
}

/// The password that its escaped form in a URL stands for.
fn decoded(escaped: &str) -> Zeroizing<String> {
    let pairs = format!("password={}", escaped.replace('+', "%2B"));
    let pairs = Zeroizing::new(pairs);
    let mut pairs = url::form_urlencoded::parse(pairs.as_bytes());
    let value = pairs.next().map(|(_, value)| value.into_owned());
    Zeroizing::new(value.unwrap_or_default())
}

fn unusable(error: &HttpLinkError) -> Failure {
    let cause = deeper_cause(error).map(|cause| format!(" ({cause})"));
    let cause = cause.unwrap_or_default();
    Failure::refused(
        format!("{error}{cause}"),
        "on a server of the domain: sso-connect domain move-hub URL; otherwise give --hub to this \
         command; both take --hub-ca and --proxy",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_a_proxy_is_read_as_it_is_meant() {
        assert_eq!(*decoded("a%40b+c%26d"), "a@b+c&d");
        assert!(proxy("http://user:a%40b@proxy.example.com:3128").is_ok());
        assert!(proxy("socks5h://proxy.example.com").is_ok());
        let refused = proxy("ftp://user:PRIVATE@proxy.example.com").unwrap_err();
        assert!(!refused.to_string().contains("PRIVATE"), "{refused}");
        assert!(proxy("no proxy").is_err());
    }
}
