//! Looks at everything that leaves a process for a hub: plaintexts before they are sealed, and
//! requests as they are sent. Only for tests: it keeps secrets.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::Request;

/// From now on, keeps what is seen.
pub fn open() {
    *seen() = Some(Vec::new());
}

/// What was seen since [`open`], each plaintext, head of a request and body for itself.
#[must_use]
pub fn all() -> Vec<Vec<u8>> {
    seen().clone().unwrap_or_default()
}

/// Something is about to be sealed.
pub(crate) fn saw(plain: &[u8]) {
    if let Some(seen) = seen().as_mut() {
        seen.push(plain.to_vec());
    }
}

/// A request is about to be sent.
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "nothing is sent"))]
pub(crate) fn saw_request(request: &Request<Bytes>) {
    saw(format!(
        "{} {} {:?}",
        request.method(),
        request.uri(),
        request.headers()
    )
    .as_bytes());
    saw(request.body());
}

fn seen() -> std::sync::MutexGuard<'static, Option<Vec<Vec<u8>>>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

static SEEN: Mutex<Option<Vec<Vec<u8>>>> = Mutex::new(None);
