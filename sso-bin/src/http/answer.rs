//! What every answer has in common: a trace id, headers that keep browsers safe, and, if nothing
//! else can be said, an explanation.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use tracing::Instrument as _;

use super::refusal::Refusal;
use crate::network::{self, Network};
use crate::pages::{self, Failure, Language};
use crate::trace_id::TraceId;

/// Wraps every route.
pub(super) async fn answer(
    State(proxies): State<Arc<[Network]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let trace_id = TraceId::random();
    let reader = Reader::of(request.headers());
    let span = tracing::info_span!(
        "request",
        trace_id = trace_id.as_str(),
        method = request.method().as_str(),
        path = request.uri().path(),
        client = client(&request, &proxies).as_str(),
    );
    request.extensions_mut().insert(trace_id.clone());
    let response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    let mut response = explain(response, &reader, &trace_id);
    protect(response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(trace_id.as_str()) {
        response.headers_mut().insert(TRACE_ID, value);
    }
    response
}

/// The address that the log names; nothing if the request came in by no connection.
fn client(request: &Request, trusted_proxies: &[Network]) -> String {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
        return String::new();
    };
    let forwarded = request.headers().get_all("x-forwarded-for");
    let forwarded: Vec<_> = forwarded
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    network::client(peer.ip(), &forwarded.join(","), trusted_proxies).to_string()
}

/// What a panic in a handler is turned into; the connection survives it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that the layer asks for"
)]
pub(super) fn recover(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(
        panic = text.unwrap_or("of another type"),
        "a handler panicked"
    );
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, Failure::Unavailable).into_response()
}

/// Who reads the answer.
struct Reader {
    language: Language,
    wants_html: bool,
}

impl Reader {
    fn of(headers: &HeaderMap) -> Self {
        Self {
            language: language(headers),
            wants_html: accepts_html(headers),
        }
    }
}

/// The language that the client likes best.
pub(super) fn language(headers: &HeaderMap) -> Language {
    Language::preferred(
        headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok()),
    )
}

/// Whether the client shows pages to a person.
pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accept.split(',').any(|range| {
        let essence = range.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("text/html")
    })
}

/// Gives a body to a refusal, and to errors of the router; leaves everything else alone.
fn explain(mut response: Response, reader: &Reader, trace_id: &TraceId) -> Response {
    let status = response.status();
    let refusal = match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) => refusal,
        None if is_bare_error(&response) => Refusal::of_status(status),
        None => return response,
    };
    let body = match reader.wants_html {
        true => page(&refusal, reader, trace_id),
        false => problem(&refusal, trace_id),
    };
    let (mut parts, _) = response.into_parts();
    let (body_parts, body) = body.into_parts();
    parts.status = refusal.status();
    parts.headers.extend(body_parts.headers);
    Response::from_parts(parts, body)
}

fn is_bare_error(response: &Response) -> bool {
    let status = response.status();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .map(HeaderValue::as_bytes);
    let plain = content_type.is_none_or(|value| value.starts_with(b"text/plain"));
    plain && (status.is_client_error() || status.is_server_error())
}

fn page(refusal: &Refusal, reader: &Reader, trace_id: &TraceId) -> Response {
    pages::error(
        reader.language,
        refusal.failure(),
        trace_id.as_str(),
        refusal.restart(),
    )
    .into_response()
}

fn problem(refusal: &Refusal, trace_id: &TraceId) -> Response {
    let error = match refusal.failure() {
        Failure::BadRequest => "bad_request",
        Failure::Denied => "denied",
        Failure::Method => "method_or_content_type",
        Failure::NoCookies => "no_cookies",
        Failure::NotConfigured => "not_configured",
        Failure::NotFound => "not_found",
        Failure::Refused => "refused",
        Failure::Slow => "slow",
        Failure::TooLarge => "too_large",
        Failure::TryAgain => "try_again",
        Failure::Unavailable => "unavailable",
    };
    Json(json!({ "error": error, "trace_id": trace_id.as_str() })).into_response()
}

/// Sets what a page has not set for itself.
fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

/// Nothing may be framed, cached, guessed, embedded or fetched without TLS.
const HEADERS: [(HeaderName, &str); 6] = [
    (CACHE_CONTROL, "no-store"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (REFERRER_POLICY, "no-referrer"),
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
