//! A request as routes see it, and answers as they leave.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, Response};
use sso_core::UnixTime;

use super::target::{OfDomain, Query, Target};
use crate::wire::{CBOR, Code, Message, Problem};

/// What somebody asks for; nothing says yet who that is.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) target: Target,
    pub(super) query: Query<'a>,
    pub(super) method: &'a str,
    /// Path and query, as sent.
    pub(super) address: &'a str,
    pub(super) body: &'a Bytes,
    pub(super) authority: &'a str,
    pub(super) authorization: &'a str,
    pub(super) peer: IpAddr,
    pub(super) now: UnixTime,
}

impl<'a> Asked<'a> {
    /// # Errors
    ///
    /// [`Code::NotFound`].
    pub(super) fn new(
        request: &'a Request<Bytes>,
        peer: IpAddr,
        now: UnixTime,
    ) -> Result<Self, Problem> {
        let uri = request.uri();
        let target = Target::parse(request.method(), uri.path());
        let authority = uri.authority().map(http::uri::Authority::as_str);
        Ok(Self {
            target: target.ok_or(Code::NotFound)?,
            query: Query(uri.query().unwrap_or_default()),
            method: request.method().as_str(),
            address: uri.path_and_query().map_or("", |it| it.as_str()),
            body: request.body(),
            authority: authority.unwrap_or_else(|| header(request, &HOST)),
            authorization: header(request, &AUTHORIZATION),
            peer,
            now,
        })
    }

    /// The number of a parameter; 0 if it is not there.
    ///
    /// # Errors
    ///
    /// [`Code::Malformed`].
    pub(super) fn number(&self, name: &str) -> Result<u64, Problem> {
        let number = self.query.number(name);
        number.ok_or_else(|| Code::Malformed.into())
    }

    /// Whether statements are asked for.
    pub(super) const fn is_about_chain(&self) -> bool {
        matches!(self.target, Target::Domain(_, OfDomain::Chain))
    }

    /// The body.
    ///
    /// # Errors
    ///
    /// [`Code::Malformed`] or [`Code::TooLarge`].
    pub(super) fn body<M: Message>(&self) -> Result<M, Problem> {
        Ok(M::parse(self.body)?)
    }
}

/// The answer as it leaves.
pub(super) fn response(answer: Result<Bytes, Problem>) -> Response<Bytes> {
    let body = match answer {
        Ok(body) => body,
        Err(problem) => return problem.response(),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(CBOR));
    response
}

/// What a message is sent as.
pub(super) fn answer<M: Message>(message: &M) -> Result<Bytes, Problem> {
    Ok(message.to_bytes().into())
}

fn header<'a>(request: &'a Request<Bytes>, name: &http::HeaderName) -> &'a str {
    let mut values = request.headers().get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        // Two of them are none: another reader might take the other one.
        _ => "",
    }
}
