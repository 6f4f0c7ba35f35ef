//! Through a SOCKS proxy (RFC 1928), with user and password (RFC 1929).

use std::io;
use std::net::IpAddr;

use sso_core::BoxError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use super::dial::Pipe;
use super::proxy::ProxySettings;
use super::settings::Hub;
use crate::link::LinkError;

/// Asks a proxy for a connection to the hub; the proxy looks up its name.
///
/// # Errors
///
/// What the proxy says about it.
pub(super) async fn open(
    mut pipe: Pipe,
    proxy: &ProxySettings,
    hub: &Hub,
) -> Result<Pipe, LinkError> {
    let opened = negotiate(&mut pipe, proxy, hub).await;
    match opened {
        Ok(()) => Ok(pipe),
        Err(no) => Err(no.say(proxy, hub)),
    }
}

/// Why a proxy gives no connection.
enum No {
    Authentication(&'static str),
    Broken(BoxError),
    /// The code of the reply.
    Reply(u8),
}

impl No {
    fn say(self, proxy: &ProxySettings, hub: &Hub) -> LinkError {
        let (proxy, hub) = (proxy.to_string(), hub.authority.as_str().into());
        match self {
            Self::Authentication(answer) => {
                let answer = answer.into();
                LinkError::ProxyAuthentication { proxy, answer }
            }
            Self::Broken(source) => LinkError::ProxyUnreachable { proxy, source },
            Self::Reply(NOT_ALLOWED) => LinkError::ProxyRefused {
                proxy,
                hub,
                answer: reply(NOT_ALLOWED).into(),
            },
            Self::Reply(code) => {
                let why = reply(code);
                let source = format!("the proxy {proxy} has tried: {why} (SOCKS reply {code})");
                let source = source.into();
                LinkError::Unreachable { hub, source }
            }
        }
    }
}

impl From<io::Error> for No {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.into())
    }
}

async fn negotiate(pipe: &mut Pipe, proxy: &ProxySettings, hub: &Hub) -> Result<(), No> {
    let credentials = proxy.credentials();
    let method = if credentials.is_some() {
        PASSWORD
    } else {
        OPEN
    };
    pipe.write_all(&[VERSION, 1, method]).await?;
    match (read(pipe).await?, credentials) {
        ([VERSION, chosen], Some((user, password))) if chosen == method => {
            authenticate(pipe, user, password).await?;
        }
        ([VERSION, chosen], None) if chosen == method => {}
        ([VERSION, NONE_OF_THESE], None) => return Err(No::Authentication(WANTS_A_USER)),
        ([VERSION, _], _) => return Err(No::Authentication(WANTS_NO_PASSWORD)),
        _ => return Err(No::Broken(NO_SOCKS.into())),
    }
    let address = address(hub).ok_or_else(|| No::Broken("the name is too long".into()))?;
    pipe.write_all(&address).await?;
    connected(pipe).await
}

async fn authenticate(pipe: &mut Pipe, user: &str, password: &str) -> Result<(), No> {
    let (Ok(user_length), Ok(length)) = (u8::try_from(user.len()), u8::try_from(password.len()))
    else {
        return Err(No::Authentication(
            "user and password have 255 bytes at most",
        ));
    };
    let parts = [
        &[1, user_length],
        user.as_bytes(),
        &[length],
        password.as_bytes(),
    ];
    let message = Zeroizing::new(parts.concat());
    pipe.write_all(&message).await?;
    match read(pipe).await? {
        [_, 0] => Ok(()),
        _ => Err(No::Authentication("it refuses them")),
    }
}

/// A request to connect to the hub; `None` if its name does not fit.
fn address(hub: &Hub) -> Option<Vec<u8>> {
    let mut request = vec![VERSION, CONNECT, 0];
    match hub.host().parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(V4);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(V6);
            request.extend(address.octets());
        }
        Err(_) => {
            request.extend([NAME, u8::try_from(hub.host().len()).ok()?]);
            request.extend(hub.host().as_bytes());
        }
    }
    request.extend(hub.port().to_be_bytes());
    Some(request)
}

/// Reads the answer to its end: what follows belongs to the hub.
async fn connected(pipe: &mut Pipe) -> Result<(), No> {
    let [version, code, _, kind] = read(pipe).await?;
    if version != VERSION {
        return Err(No::Broken(NO_SOCKS.into()));
    }
    if code != SUCCEEDED {
        return Err(No::Reply(code));
    }
    let length = match kind {
        V4 => 4,
        V6 => 16,
        NAME => usize::from(pipe.read_u8().await?),
        _ => return Err(No::Broken(NO_SOCKS.into())),
    };
    let mut address_and_port = vec![0; length + 2];
    pipe.read_exact(&mut address_and_port).await?;
    Ok(())
}

async fn read<const N: usize>(pipe: &mut Pipe) -> Result<[u8; N], No> {
    let mut bytes = [0; N];
    pipe.read_exact(&mut bytes).await?;
    Ok(bytes)
}

const fn reply(code: u8) -> &'static str {
    match code {
        NOT_ALLOWED => "its rules do not allow it",
        3 => "the network cannot be reached",
        4 => "the host cannot be reached, or nobody knows its name",
        5 => "the host refuses the connection",
        6 => "it took too many hops",
        _ => "it failed",
    }
}

const VERSION: u8 = 5;
const OPEN: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_OF_THESE: u8 = 0xff;
const CONNECT: u8 = 1;
const V4: u8 = 1;
const NAME: u8 = 3;
const V6: u8 = 4;
const SUCCEEDED: u8 = 0;
const NOT_ALLOWED: u8 = 2;

const NO_SOCKS: &str = "what answers there does not speak SOCKS 5";
const WANTS_A_USER: &str = "it wants a user and a password, and none are set";
const WANTS_NO_PASSWORD: &str = "it takes no user and password: leave the user out";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::http::HttpLinkSettings;

    #[test]
    fn a_hub_is_asked_for_by_name_or_address() {
        for (url, expected) in [
            (
                "https://a.test",
                [&[5, 1, 0, 3, 6][..], b"a.test", &[1, 187]].concat(),
            ),
            (
                "https://192.0.2.1:8443",
                vec![5, 1, 0, 1, 192, 0, 2, 1, 32, 251],
            ),
        ] {
            let hub = HttpLinkSettings::new(url).hub().unwrap();
            assert_eq!(address(&hub), Some(expected));
        }
        let hub = HttpLinkSettings::new("https://[::1]").hub().unwrap();
        assert_eq!(address(&hub).unwrap().len(), 4 + 16 + 2);
    }

    #[test]
    fn a_name_of_255_bytes_fits_and_a_longer_one_does_not() {
        for (length, fits) in [(255, true), (256, false)] {
            let url = format!("https://{}", "a".repeat(length));
            let hub = HttpLinkSettings::new(url).hub().unwrap();
            assert_eq!(address(&hub).is_some(), fits);
        }
    }
}
