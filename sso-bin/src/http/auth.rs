#![doc = include_str!("../docs/forward_auth.md")]

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use sso_core::session::Session;
use sso_core::user::User;
use url::form_urlencoded;

use super::App;
use super::answer::accepts_html;
use super::parameters::Query;
use super::refusal::Refusal;
use crate::pages::Failure;

/// `GET /sso-connect/auth`: tells a proxy who is signed in.
pub(super) async fn check(
    State(app): State<App>,
    Query(query): Query,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mode = Mode::of(query.once("mode")?)?;
    refuse_forged(&headers)?;
    match app.signed_in(&headers).await? {
        Some((session, user)) => Ok((identity(&session, &user), StatusCode::OK).into_response()),
        None => Ok(nobody(mode, &headers, &app.login_url(&headers))),
    }
}

/// What a proxy gets if nobody is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// A redirect for browsers of which we know where they were going, else 401.
    Automatic,
    /// A redirect to the sign-in, always.
    Redirect,
    /// 401, always.
    Unauthorized,
}

impl Mode {
    fn of(mode: Option<&str>) -> Result<Self, Refusal> {
        match mode {
            None => Ok(Self::Automatic),
            Some("401") => Ok(Self::Unauthorized),
            Some("redirect") => Ok(Self::Redirect),
            Some(_) => Err(Refusal::bad_request()),
        }
    }
}

/// Refuses a request that brings headers of ours: its sender hopes that the application takes them
/// for what we said. Underscores count as hyphens, as they do for many applications.
fn refuse_forged(headers: &HeaderMap) -> Result<(), Refusal> {
    let forged = |name: &&HeaderName| name.as_str().replace('_', "-").starts_with(PREFIX);
    match headers.keys().find(forged) {
        None => Ok(()),
        Some(name) => {
            tracing::warn!(
                header = name.as_str(),
                "a request brought an identity header"
            );
            Err(Refusal::new(StatusCode::FORBIDDEN, Failure::BadRequest))
        }
    }
}

/// The headers that tell an application who is signed in; what is not known is left out.
fn identity(session: &Session, user: &User) -> HeaderMap {
    let profile = &user.profile;
    let groups: Vec<_> = profile.groups.iter().map(|group| encode(group)).collect();
    let groups = (!groups.is_empty()).then(|| groups.join(","));
    let text = |value: Option<&String>| value.map(|value| encode(value));
    let headers = [
        (USER, Some(user.id.to_string())),
        (NAME_ID, Some(encode(&user.account.value))),
        (EMAIL, text(profile.email.as_ref())),
        (FIRST, text(profile.first.as_ref())),
        (LAST, text(profile.last.as_ref())),
        (GROUPS, groups),
        (IDP, Some(encode(&session.identity_provider))),
    ];
    let known = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::try_from(value?).ok()?)));
    known.collect()
}

/// Percent-encodes everything but visible ASCII, and the percent sign and the comma, so that
/// nothing can end a header or look like another value.
fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'%' | b',' => encoded.push_str(&format!("%{byte:02X}")),
            0x21..=0x7E => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn nobody(mode: Mode, headers: &HeaderMap, login_url: &str) -> Response {
    let destination = destination(headers);
    let redirect = match mode {
        Mode::Automatic => destination.is_some() && accepts_html(headers) && is_read(headers),
        Mode::Redirect => true,
        Mode::Unauthorized => false,
    };
    let login = login(login_url, destination.as_deref());
    match redirect {
        true => Redirect::to(&login).into_response(),
        // For proxies that cannot percent-encode, as nginx.
        false => ([(LOGIN, login)], unauthorized()).into_response(),
    }
}

/// The answer of every route for programs if nobody is signed in.
pub(super) fn unauthorized() -> Response {
    let challenge = [(WWW_AUTHENTICATE, "Cookie realm=\"sso-connect\"")];
    (
        StatusCode::UNAUTHORIZED,
        challenge,
        Json(json!({ "error": "signed_out" })),
    )
        .into_response()
}

/// Where the browser was going, as the proxy says; only the destinations that the configuration
/// allows are ever used, so it does not matter who else may have said it.
fn destination(headers: &HeaderMap) -> Option<String> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(url) = header("x-original-url") {
        return Some(url.into());
    }
    let path = header("x-forwarded-uri")?;
    match (header("x-forwarded-proto"), header("x-forwarded-host")) {
        (Some(scheme), Some(host)) => Some(format!("{scheme}://{host}{path}")),
        _ => Some(path.into()),
    }
}

/// Only what the browser can do again after the sign-in is worth a redirect.
fn is_read(headers: &HeaderMap) -> bool {
    let method = headers
        .get("x-forwarded-method")
        .or_else(|| headers.get("x-original-method"));
    method.is_none_or(|method| method == "GET" || method == "HEAD")
}

/// A whole address, since Traefik would complete a path by the address at which it asks us.
fn login(login_url: &str, destination: Option<&str>) -> String {
    let Some(destination) = destination else {
        return login_url.to_owned();
    };
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("dest", destination)
        .finish();
    format!("{login_url}?{query}")
}

const PREFIX: &str = "x-sso-";
const USER: HeaderName = HeaderName::from_static("x-sso-user");
const NAME_ID: HeaderName = HeaderName::from_static("x-sso-name-id");
const EMAIL: HeaderName = HeaderName::from_static("x-sso-email");
const FIRST: HeaderName = HeaderName::from_static("x-sso-first");
const LAST: HeaderName = HeaderName::from_static("x-sso-last");
const GROUPS: HeaderName = HeaderName::from_static("x-sso-groups");
const IDP: HeaderName = HeaderName::from_static("x-sso-idp");
const LOGIN: HeaderName = HeaderName::from_static("x-sso-login");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_07_no_value_can_end_a_header_or_look_like_two() {
        assert_eq!(encode("alice@example.com"), "alice@example.com");
        assert_eq!(encode("a\r\nX-Sso-User: b"), "a%0D%0AX-Sso-User:%20b");
        assert_eq!(encode("sales, staff"), "sales%2C%20staff");
        assert_eq!(encode("100%"), "100%25");
        assert_eq!(encode("山田"), "%E5%B1%B1%E7%94%B0");
        assert_eq!(encode("\0"), "%00");
    }

    #[test]
    fn http_06_headers_of_ours_are_refused_however_they_are_spelled() {
        for name in ["X-Sso-User", "x-sso-groups", "X_SSO_USER", "x-sso_anything"] {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("admin"))]);
            assert!(refuse_forged(&headers).is_err(), "{name}");
        }
        let harmless = [(
            HeaderName::from_static("x-ssh"),
            HeaderValue::from_static("1"),
        )];
        assert!(refuse_forged(&HeaderMap::from_iter(harmless)).is_ok());
    }

    #[test]
    fn a_browser_is_redirected_only_if_it_can_come_back() {
        let browser = [("accept", "text/html"), ("x-forwarded-uri", "/a?b=c")];
        assert_eq!(status(Mode::Automatic, &browser), StatusCode::SEE_OTHER);
        assert_eq!(
            status(Mode::Unauthorized, &browser),
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(
            status(Mode::Automatic, &browser[..1]),
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(
            status(Mode::Automatic, &browser[1..]),
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(status(Mode::Redirect, &[]), StatusCode::SEE_OTHER);
        let post = [browser[0], browser[1], ("x-forwarded-method", "POST")];
        assert_eq!(status(Mode::Automatic, &post), StatusCode::UNAUTHORIZED);
    }

    #[test]
    fn the_destination_is_what_the_proxy_says() {
        let told = |pairs: &[(&'static str, &'static str)]| destination(&headers(pairs));
        assert_eq!(told(&[]), None);
        assert_eq!(
            told(&[("x-original-url", "https://a/b")]).as_deref(),
            Some("https://a/b")
        );
        let traefik = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "wiki.example.com"),
            ("x-forwarded-uri", "/page?x=1"),
        ];
        assert_eq!(
            told(&traefik).as_deref(),
            Some("https://wiki.example.com/page?x=1")
        );
    }

    #[test]
    fn a_refusal_names_the_address_to_sign_in_at() {
        let answer = nobody(
            Mode::Unauthorized,
            &headers(&[("x-original-url", "/a?b=c&d=e")]),
            URL,
        );
        assert_eq!(
            answer.headers()[LOGIN],
            "https://sso.example.com/sso-connect/saml/login?dest=%2Fa%3Fb%3Dc%26d%3De"
        );
        let answer = nobody(Mode::Automatic, &HeaderMap::new(), URL);
        assert_eq!(answer.headers()[LOGIN], URL);
    }

    #[test]
    fn the_destination_is_one_parameter_whatever_is_in_it() {
        assert_eq!(
            login(URL, Some("/a?b=c&idp=evil#d")),
            "https://sso.example.com/sso-connect/saml/login?dest=%2Fa%3Fb%3Dc%26idp%3Devil%23d"
        );
        assert_eq!(login(URL, None), URL);
    }

    fn status(mode: Mode, pairs: &[(&'static str, &'static str)]) -> StatusCode {
        nobody(mode, &headers(pairs), URL).status()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    const URL: &str = "https://sso.example.com/sso-connect/saml/login";
}
