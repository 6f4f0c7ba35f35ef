//! Through a proxy that knows `CONNECT`.

use bytes::Bytes;
use http::header::{HOST, PROXY_AUTHORIZATION};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use sso_core::BoxError;

use super::dial::Pipe;
use super::proxy::ProxySettings;
use super::settings::Hub;
use crate::link::LinkError;

/// Asks a proxy for a connection to the hub.
///
/// # Errors
///
/// What the proxy says about it.
pub(super) async fn open(pipe: Pipe, proxy: &ProxySettings, hub: &Hub) -> Result<Pipe, LinkError> {
    let lost = |source| LinkError::ProxyUnreachable {
        proxy: proxy.to_string(),
        source,
    };
    let answer = ask(pipe, proxy, hub).await.map_err(lost)?;
    check(answer.status(), proxy, hub)?;
    let upgraded = hyper::upgrade::on(answer).await;
    let upgraded = upgraded.map_err(|error| lost(error.into()))?;
    Ok(Box::new(TokioIo::new(upgraded)))
}

async fn ask(pipe: Pipe, proxy: &ProxySettings, hub: &Hub) -> Result<Response<Incoming>, BoxError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(pipe)).await?;
    // It ends when the connection was handed on, or with whoever waits for the answer.
    tokio::spawn(connection.with_upgrades());
    let address = Uri::builder().authority(hub.authority.clone()).build()?;
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = address;
    let headers = request.headers_mut();
    headers.insert(HOST, hub.authority.as_str().parse()?);
    if let Some(authorization) = proxy.authorization() {
        headers.insert(PROXY_AUTHORIZATION, authorization);
    }
    Ok(sender.send_request(request).await?)
}

fn check(status: StatusCode, proxy: &ProxySettings, hub: &Hub) -> Result<(), LinkError> {
    let (proxy, answer) = (proxy.to_string(), format!("it answers {status}"));
    let hub = hub.authority.as_str().into();
    match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            Err(LinkError::ProxyAuthentication { proxy, answer })
        }
        _ if status.is_success() => Ok(()),
        _ if status.is_server_error() => {
            let source = format!("the proxy {proxy} has tried, and {answer}").into();
            Err(LinkError::Unreachable { hub, source })
        }
        _ => Err(LinkError::ProxyRefused { proxy, hub, answer }),
    }
}
