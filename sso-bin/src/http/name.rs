//! By which of our names a request came.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue};
use sso_core::config::SharedConfig;

/// The name, as proxies and browsers say it; `None` if they say none of ours.
///
/// It only chooses among the names that are configured, so it does not matter who else may have
/// said it.
pub(super) fn of(headers: &HeaderMap, config: &SharedConfig) -> Option<String> {
    let places = [ORIGINAL_URL, FORWARDED_HOST, HOST];
    let said = places.iter().filter_map(|name| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(authority(value))
    });
    let mut ours = said.filter(|authority| config.service_named(authority).is_some());
    ours.next().map(str::to_owned)
}

/// HTTP/2 says the name in the address; from here on it is where HTTP/1 has it.
pub(super) async fn same_place(mut request: Request, next: Next) -> Response {
    let said = request.uri().authority().map(|it| it.as_str().to_owned());
    if let Some(Ok(value)) = said.map(HeaderValue::try_from) {
        request.headers_mut().entry(HOST).or_insert(value);
    }
    next.run(request).await
}

/// `HOST:PORT` of a whole address, of the first proxy's word, or as it stands.
fn authority(value: &str) -> &str {
    let value = value.split_once("://").map_or(value, |(_, rest)| rest);
    let end = value.find(['/', '?', '#', ',']).unwrap_or(value.len());
    value.get(..end).unwrap_or_default().trim()
}

const ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

#[cfg(test)]
mod tests {
    use sso_core::config::Service;

    use super::*;

    #[test]
    fn a_request_came_by_the_first_name_of_ours_that_is_said() {
        let came = |said: &[(HeaderName, &str)]| came(said).unwrap_or_default();
        assert_eq!(came(&[(HOST, "old.example")]), "old.example");
        let proxied = [(HOST, "10.0.0.1"), (FORWARDED_HOST, "old.example, x")];
        assert_eq!(came(&proxied), "old.example");
        let asked = [
            (ORIGINAL_URL, "https://old.example/a?b"),
            (HOST, "new.example"),
        ];
        assert_eq!(came(&asked), "old.example");
        assert_eq!(came(&[(HOST, "new.example:8443")]), "new.example:8443");
    }

    #[test]
    fn a_name_that_is_not_ours_is_none() {
        for name in [
            "evil.example",
            "",
            "old.example.evil.example",
            "a b",
            "old.example@evil.example",
        ] {
            assert_eq!(came(&[(HOST, name)]), None, "{name}");
        }
    }

    fn came(said: &[(HeaderName, &str)]) -> Option<String> {
        let service = |url| Service::new(url).unwrap();
        let config = SharedConfig::builder(service("https://new.example:8443"));
        let config = config
            .former(service("https://old.example"))
            .build()
            .unwrap();
        let headers = said
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        of(&headers.collect(), &config)
    }
}
