//! Who is let in.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, StatusCode};

use super::file::ControlFile;

/// Lets requests through that show the token, from programs on this machine only.
pub(super) async fn guard(
    State(file): State<ControlFile>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&file, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(status) => (status, "refused\n").into_response(),
    }
}

/// A page that a browser was led to has an origin, or the name under which it came as its host.
fn admit(file: &ControlFile, headers: &HeaderMap) -> Result<(), StatusCode> {
    let host = format!("127.0.0.1:{}", file.port);
    let named = headers.get(HOST).map(http::HeaderValue::as_bytes);
    if named != Some(host.as_bytes()) || headers.contains_key(ORIGIN) {
        return Err(StatusCode::FORBIDDEN);
    }
    let shown = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let expected = file.token.as_bytes();
    match shown.is_some_and(|shown| verify_slices_are_equal(shown, expected).is_ok()) {
        true => Ok(()),
        false => Err(StatusCode::UNAUTHORIZED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_the_token_is_let_in_and_nobody_else() {
        let file = ControlFile::new(4711).unwrap();
        let bearer = format!("Bearer {}", file.token);
        let admitted = |fields: &[(http::HeaderName, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.insert(name, value.parse().unwrap());
            }
            admit(&file, &headers).map_err(|status| status.as_u16())
        };
        let (host, token) = ((HOST, "127.0.0.1:4711"), (AUTHORIZATION, bearer.as_str()));
        assert_eq!(admitted(&[host.clone(), token.clone()]), Ok(()));
        assert_eq!(admitted(std::slice::from_ref(&host)), Err(401));
        let wrong = (AUTHORIZATION, "Bearer x");
        assert_eq!(admitted(&[host.clone(), wrong]), Err(401));
        let longer = format!("{bearer}x");
        assert_eq!(
            admitted(&[host.clone(), (AUTHORIZATION, &longer)]),
            Err(401)
        );
        let origin = (ORIGIN, "http://127.0.0.1:4711");
        assert_eq!(admitted(&[host, token.clone(), origin]), Err(403));
        for other in [
            "localhost:4711",
            "evil.example:4711",
            "127.0.0.1:4712",
            "127.0.0.1",
        ] {
            assert_eq!(
                admitted(&[(HOST, other), token.clone()]),
                Err(403),
                "{other}"
            );
        }
        assert_eq!(admitted(&[token]), Err(403));
    }
}
