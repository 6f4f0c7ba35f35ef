//! A request on its way.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, Uri};

use super::session::Session;
use super::{CallError, HubClient};
use crate::link::Patience;
use crate::wire::{Message, SignedRequest};

/// What is asked for of a domain, before it is signed.
#[derive(Clone, Debug)]
pub(super) struct Call {
    method: Method,
    /// Below the address of the domain, with the query.
    path: String,
    body: Bytes,
    patience: Patience,
}

impl Call {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, Bytes::new())
    }

    pub(super) fn post(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, path, body.into())
    }

    pub(super) fn post_message(path: impl Into<String>, message: &impl Message) -> Self {
        Self::post(path, message.to_bytes())
    }

    pub(super) fn put(path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self::new(Method::PUT, path, body.into())
    }

    /// Waits this much longer for an answer.
    pub(super) fn waiting(mut self, longer: Duration) -> Self {
        self.patience.0 += longer;
        self
    }

    fn new(method: Method, path: impl Into<String>, body: Bytes) -> Self {
        Self {
            method,
            path: path.into(),
            body,
            patience: Patience::default(),
        }
    }

    /// Signs and sends it; each time under another counter.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub(super) async fn send(
        &self,
        client: &HubClient,
        session: &Session,
    ) -> Result<Response<Bytes>, CallError> {
        let target = format!("/sync/v1/domains/{}/{}", client.domain(), self.path);
        let (link, keys) = (client.link(), client.keys());
        let signed = SignedRequest {
            authority: link.authority(),
            domain: client.domain(),
            member: keys.id(),
            session: session.id,
            counter: session.counter(),
            method: self.method.as_str(),
            target: &target,
            body: &self.body,
        };
        let authorization = signed.sign(keys).header();
        let mut request = request(self.method.clone(), &target, self.body.clone());
        authorize(&mut request, &authorization);
        request.extensions_mut().insert(self.patience);
        Ok(link.send(request).await?)
    }
}

/// A request without a signature.
pub(super) fn request(method: Method, target: &str, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    // Targets are made of digits, names of routes and base64url.
    *request.uri_mut() = target.parse().unwrap_or_else(|_| Uri::from_static("/"));
    if !request.body().is_empty() {
        let cbor = HeaderValue::from_static(super::answer::CBOR);
        request.headers_mut().insert(CONTENT_TYPE, cbor);
    }
    request
}

/// Sets who asks; nothing of it shows in logs.
pub(super) fn authorize(request: &mut Request<Bytes>, authorization: &str) {
    if let Ok(mut value) = HeaderValue::from_str(authorization) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
}
