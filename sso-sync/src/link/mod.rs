//! How a server, or an administrator's program, reaches the hub.
//!
//! A [`Link`] carries one HTTP exchange and knows nothing of what is in it: `HttpLink` (feature
//! `http`) to a hub over HTTPS, directly or through a proxy; [`DirectLink`] to a hub in the same
//! process. [`HubClient`] is what everything else uses: it signs what a member
//! asks for and has one method a route. What needs no member is a function: [`info`],
//! [`administrators`] and [`first_statement`].
//!
//! Nothing that comes back is believed: answers have a size and a form that they must have, and
//! what they say is for [`chain`](crate::chain) and [`feed`](crate::feed) to check.

mod client;
mod direct;
mod error;
#[cfg(feature = "http")]
mod http;

pub use client::{CallError, HubClient, administrators, first_statement, info};
pub use direct::DirectLink;
pub use error::LinkError;
#[cfg(feature = "http")]
pub use http::{HttpLink, HttpLinkError, HttpLinkSettings, ProxySettings};

use std::fmt;
use std::time::Duration;

use ::http::{Request, Response};
use async_trait::async_trait;
use bytes::Bytes;

/// Carries requests to a hub, and its answers back.
///
/// # Contract
///
/// - **Once**: a request is sent once, or not at all; whoever wants it sent again says so.
/// - **In its time**: it fails with [`LinkError::TimedOut`] if no answer begins within the
///   [`Patience`] of the request, and it ends in any case.
/// - **In its size**: an answer of more than [`MAX_ANSWER`] bytes is not read to its end, but
///   fails with [`LinkError::TooLarge`].
/// - **As it is**: no redirect is followed, and an answer is handed on whatever its status.
/// - **Dropped**: dropping the future may leave the hub with the request, and the link usable.
///
/// # Security
///
/// A link that reaches another hub than it was told can withhold, and nothing else: everything
/// that comes back is checked, and what is signed for one hub is worth nothing at another.
#[async_trait]
pub trait Link: fmt::Debug + Send + Sync + 'static {
    /// Host and port of the hub, as they are dialled: `hub.example.com:443`. Requests are signed
    /// for it, and it is the `Host` that the hub sees.
    fn authority(&self) -> &str;

    /// Sends a request and waits for the answer.
    ///
    /// The address of the request is path and query only. Its [extensions](::http::Extensions) may
    /// have a [`Patience`].
    ///
    /// # Errors
    ///
    /// A [`LinkError`] if there is no answer. What was asked for may have been done all the same.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, LinkError>;
}

/// How long the beginning of an answer is waited for; an extension of a request.
/// Default: 30 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it is a duration")]
pub struct Patience(pub Duration);

impl Patience {
    /// What a request says about it, or the default.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Self {
        let said = request.extensions().get().copied();
        said.unwrap_or_default()
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(30))
    }
}

/// Longest answer that is read, in bytes: the longest page.
pub const MAX_ANSWER: usize = crate::wire::MAX_PAGE;

#[cfg(test)]
mod tests;
