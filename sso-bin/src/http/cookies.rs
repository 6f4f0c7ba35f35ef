//! Cookies on their way in and out.

use axum::response::Response;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use sso_core::cookie::SetCookie;

/// The `Cookie` header, put together again if HTTP/2 split it (RFC 9113, 8.2.3).
///
/// A cookie that is not ASCII is none of ours, and is left out by itself: a neighbour who sets one
/// for the whole domain must not take ours away.
pub(crate) fn of(headers: &HeaderMap) -> Option<String> {
    let headers = headers.get_all(COOKIE).iter();
    let cookies: Vec<_> = headers
        .flat_map(|header| header.as_bytes().split(|&byte| byte == b';'))
        .filter(|cookie| cookie.is_ascii())
        .filter_map(|cookie| std::str::from_utf8(cookie).ok())
        .map(str::trim)
        .collect();
    (!cookies.is_empty()).then(|| cookies.join("; "))
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
    fn a_cookie_of_a_neighbour_that_is_no_text_hides_none_of_ours() {
        let mut headers = HeaderMap::new();
        let header = HeaderValue::from_bytes("a=1; name=Ren\u{e9}e; b=2".as_bytes()).unwrap();
        headers.append(COOKIE, header);
        assert_eq!(of(&headers).as_deref(), Some("a=1; b=2"));
        // Nor can one be dressed up as ours by a character that trimming would take away.
        let header = HeaderValue::from_bytes("\u{2003}__Host-a=1".as_bytes()).unwrap();
        assert_eq!(of(&HeaderMap::from_iter([(COOKIE, header)])), None);
    }

    #[test]
    fn what_is_no_text_is_no_cookie() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_bytes(b"a=\xff").unwrap());
        headers.append(COOKIE, HeaderValue::from_static("b=2"));
        assert_eq!(of(&headers).as_deref(), Some("b=2"));
    }
}
