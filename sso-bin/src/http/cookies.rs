//! Cookies on their way in and out.

use axum::response::Response;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use sso_core::cookie::SetCookie;

/// The `Cookie` header, put together again if HTTP/2 split it (RFC 9113, 8.2.3).
pub(super) fn of(headers: &HeaderMap) -> Option<String> {
    let parts: Vec<_> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|part| part.to_str().ok())
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Asks the browser to keep `cookies`.
pub(super) fn set(mut response: Response, cookies: &[SetCookie]) -> Response {
    // A value is base64url, so none is left out.
    let values = cookies
        .iter()
        .filter_map(|cookie| HeaderValue::try_from(cookie.to_string()).ok());
    for value in values {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_header_is_put_together() {
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("a=1"));
        headers.append(COOKIE, HeaderValue::from_static("b=2; c=3"));
        assert_eq!(of(&headers).as_deref(), Some("a=1; b=2; c=3"));
    }

    #[test]
    fn what_is_no_text_is_no_cookie() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_bytes(b"a=\xff").unwrap());
        headers.append(COOKIE, HeaderValue::from_static("b=2"));
        assert_eq!(of(&headers).as_deref(), Some("b=2"));
    }
}
