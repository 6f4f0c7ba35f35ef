//! A request that gets nothing but an explanation.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::pages::Failure;

/// What the browser learns: a status, a coarse reason, and perhaps a way to start again.
///
/// The answer is written by [`answer`](super::answer), which knows the language and the trace id.
/// The full reason belongs in the log, before this is made.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    failure: Failure,
    restart: Option<String>,
}

impl Refusal {
    pub(crate) const fn new(status: StatusCode, failure: Failure) -> Self {
        Self {
            status,
            failure,
            restart: None,
        }
    }

    /// The request makes no sense.
    pub(crate) const fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, Failure::BadRequest)
    }

    /// Something that this service needs is away.
    pub(crate) const fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Failure::Unavailable)
    }

    /// What follows from a status that a router or a layer answered by itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let failure = match status {
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Failure::Denied,
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE => Failure::Method,
            StatusCode::NOT_FOUND => Failure::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
            StatusCode::REQUEST_TIMEOUT => Failure::Slow,
            status if status.is_server_error() => Failure::Unavailable,
            _ => Failure::BadRequest,
        };
        Self::new(status, failure)
    }

    /// Offers a link that begins the sign-in again.
    pub(crate) fn with_restart(mut self, url: String) -> Self {
        self.restart = Some(url);
        self
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) const fn failure(&self) -> Failure {
        self.failure
    }

    pub(crate) fn restart(&self) -> Option<&str> {
        self.restart.as_deref()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
