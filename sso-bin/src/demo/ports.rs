//! Three neighbouring ports of this machine.

use std::io;
use std::net::{SocketAddr, TcpListener};

use crate::address;
use crate::failure::Failure;

/// Where the three parts of the demonstration listen, and what browsers call them.
///
/// SSO Connect and the application are at `localhost`, the identity provider at the bare IP
/// address. For a browser these are two sites, as a company's services and its identity provider
/// are, so cookies have to prove themselves here too.
#[derive(Debug)]
pub(super) struct Ports {
    pub(super) service: TcpListener,
    pub(super) application: TcpListener,
    pub(super) identity_provider: TcpListener,
}

impl Ports {
    /// Takes `first` for SSO Connect, the next port for the application and the one after it for
    /// the identity provider; three free ports if `first` is port 0.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if others could connect, or a port is taken.
    pub(super) fn take(first: SocketAddr) -> Result<Self, Failure> {
        if !first.ip().is_loopback() {
            let what = format!("{first} is no loopback address: others could connect");
            return Err(Failure::refused(
                what,
                "sso-connect demo --listen 127.0.0.1:8443",
            ));
        }
        Ok(Self {
            service: listen(first, 0)?,
            application: listen(first, 1)?,
            identity_provider: listen(first, 2)?,
        })
    }

    /// Base URL of SSO Connect.
    pub(super) fn service_url(&self) -> io::Result<String> {
        Ok(format!(
            "https://localhost:{}",
            self.service.local_addr()?.port()
        ))
    }

    /// Base URL of the application.
    pub(super) fn application_url(&self) -> io::Result<String> {
        Ok(format!(
            "https://localhost:{}",
            self.application.local_addr()?.port()
        ))
    }

    /// Base URL of the identity provider.
    pub(super) fn identity_provider_url(&self) -> io::Result<String> {
        Ok(format!("https://{}", self.identity_provider.local_addr()?))
    }
}

/// Listens `offset` ports behind `first`.
fn listen(first: SocketAddr, offset: u16) -> Result<TcpListener, Failure> {
    let port = match first.port() {
        0 => Some(0),
        port => port.checked_add(offset),
    };
    let port = port.ok_or_else(|| {
        let what = format!("there are not three ports from {} on", first.port());
        Failure::refused(what, "sso-connect demo --listen 127.0.0.1:8443")
    })?;
    Ok(address::bind(SocketAddr::new(first.ip(), port))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_can_connect() {
        let refused = Ports::take("0.0.0.0:0".parse().unwrap()).unwrap_err();
        insta::assert_snapshot!(refused, @"0.0.0.0:0 is no loopback address: others could connect");
    }

    #[test]
    fn a_taken_port_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let refused = Ports::take(address).unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("{address} is in use by ")),
            "{refused}"
        );
    }

    #[test]
    fn the_last_port_has_no_neighbours() {
        let refused = listen("127.0.0.1:65535".parse().unwrap(), 1).unwrap_err();
        insta::assert_snapshot!(refused, @"there are not three ports from 65535 on");
    }

    #[test]
    fn the_identity_provider_is_another_site() {
        let ports = Ports::take("127.0.0.1:0".parse().unwrap()).unwrap();
        assert!(
            ports
                .service_url()
                .unwrap()
                .starts_with("https://localhost:")
        );
        assert!(
            ports
                .application_url()
                .unwrap()
                .starts_with("https://localhost:")
        );
        assert!(
            ports
                .identity_provider_url()
                .unwrap()
                .starts_with("https://127.0.0.1:")
        );
    }
}
