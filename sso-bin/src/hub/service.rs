//! What strangers reach: every request is received within limits and handed to the hub.

use std::any::Any;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONNECTION, HOST};
use http::{HeaderValue, Uri, Version};
use sso_sync::hub::Hub;
use sso_sync::wire::{Code, Problem};
use tower_http::catch_panic::CatchPanicLayer;

use super::Authority;
use super::intake::Intake;
use super::settings::Settings;
use crate::network::{self, Network};
use crate::server::Seat;
use crate::wiring;

/// A hub behind HTTP. Clones are the same.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    hub: Hub,
    intake: Intake,
    proxies: Vec<Network>,
}

impl Service {
    /// Serves `hub`, with the limits of the settings.
    #[must_use]
    pub fn new(hub: Hub, settings: &Settings) -> Self {
        let limits = &settings.limits;
        Self(Arc::new(Inner {
            hub,
            intake: Intake::new(limits.body_patience(), limits.body_bytes()),
            proxies: settings.trusted_proxies.clone(),
        }))
    }

    /// Everything under the public address.
    pub fn router(&self) -> Router {
        Router::new()
            .fallback(answer)
            .layer(CatchPanicLayer::custom(recover))
            .with_state(self.clone())
    }

    /// The hub.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }

    /// How much memory requests take that are being received or answered, in bytes.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.intake.held()
    }

    async fn answer(&self, request: Request, peer: IpAddr) -> http::Response<Bytes> {
        let hub = self.hub();
        let seat = request.extensions().get::<Seat>();
        if seat.is_some_and(Seat::is_wanting) {
            let problem = Problem::new(Code::Busy).because(NO_SEAT).retry_after(5);
            let mut response = hub.refuse(problem);
            close(&mut response, request.version());
            return response;
        }
        let (parts, body) = request.into_parts();
        let received = match self.0.intake.receive(body).await {
            Ok(received) => received,
            Err(problem) => return hub.refuse(problem),
        };
        let request = http::Request::from_parts(parts, received.body.clone());
        hub.answer(with_port(request), peer, wiring::now()).await
    }

    fn peer(&self, request: &Request) -> IpAddr {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(NOBODY, |ConnectInfo(peer)| peer.ip());
        let forwarded = request.headers().get_all("x-forwarded-for").iter();
        let forwarded: Vec<_> = forwarded.filter_map(|it| it.to_str().ok()).collect();
        network::client(peer, &forwarded.join(","), &self.0.proxies)
    }
}

async fn answer(State(service): State<Service>, request: Request) -> Response {
    let peer = service.peer(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = service.answer(request, peer).await;
    tracing::debug!(
        status = response.status().as_u16(),
        method = method.as_str(),
        path = path.as_str(),
        client = peer.to_string().as_str(),
        "answered"
    );
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.map(Body::from)
}

/// A signature is for host *and* port, and HTTP leaves the port of https away.
fn with_port(mut request: http::Request<Bytes>) -> http::Request<Bytes> {
    let named = match request.uri().authority() {
        Some(authority) => Some(authority.as_str().to_owned()),
        None => only_host(&request),
    };
    let authority = named.as_deref().and_then(Authority::of_https);
    let value = authority.and_then(|it| HeaderValue::try_from(it).ok());
    match value {
        Some(value) => request.headers_mut().insert(HOST, value),
        None => request.headers_mut().remove(HOST),
    };
    let target = request.uri().path_and_query().cloned();
    *request.uri_mut() = target.map_or_else(Uri::default, Uri::from);
    request
}

/// Two of them are none: another reader might take the other one.
fn only_host(request: &http::Request<Bytes>) -> Option<String> {
    let mut values = request.headers().get_all(HOST).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}

/// Makes room for somebody else. HTTP/2 has no such header, and leaves by itself.
fn close(response: &mut http::Response<Bytes>, version: Version) {
    if version < Version::HTTP_2 {
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}

/// What a defect is turned into; the connection survives it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that the layer asks for"
)]
fn recover(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(
        panic = text.unwrap_or("of another type"),
        "a request made the hub panic"
    );
    Problem::new(Code::Unknown).response().map(Body::from)
}

/// For requests that came in by no connection: tests.
const NOBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

const NO_SEAT: &str = "all connections of the hub are taken: try again later; the operator may raise \
     limits.connections in hub.toml";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_of_a_request_has_a_port_wherever_it_stands() {
        for (uri, host, expected) in [
            ("/a?b", Some("Hub"), "hub:443"),
            ("/a?b", Some("hub:8444"), "hub:8444"),
            ("https://hub/a?b", None, "hub:443"),
            ("https://hub:8444/a?b", Some("other"), "hub:8444"),
        ] {
            let mut request = http::Request::get(uri);
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            let request = with_port(request.body(Bytes::new()).unwrap());
            assert_eq!(request.headers()[HOST], expected);
            assert_eq!(request.uri(), "/a?b");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let request = http::Request::get("/").header(HOST, "a").header(HOST, "b");
        let request = with_port(request.body(Bytes::new()).unwrap());
        assert!(request.headers().get(HOST).is_none());
    }
}
