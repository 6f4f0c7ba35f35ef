//! Where a browser may be sent after a sign-in.

use std::fmt;

use url::{Origin, Url};

use super::Service;
use crate::trustworthy::is_trustworthy;

/// The destinations that a `dest` parameter or an unsolicited RelayState may name: any path of
/// this service, and the origins that the administrator listed.
///
/// An open redirect lends our good name to a phishing page, so what was asked for is parsed as a
/// browser would (WHATWG URL), compared as an origin, and written anew: the browser never gets the
/// text that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations {
    base: Url,
    names: Vec<Origin>,
    origins: Vec<Origin>,
    home: Destination,
}

impl Destinations {
    /// The paths of `service`, and no other origin.
    #[must_use]
    pub fn of(service: &Service) -> Self {
        let base = service.url().clone();
        Self {
            home: Destination(base.clone()),
            base,
            names: Vec::new(),
            origins: Vec::new(),
        }
    }

    /// Allows every path of `origin` too, e.g. `https://wiki.example.com:8443`.
    ///
    /// # Errors
    ///
    /// [`OriginError`] unless it is exactly an origin. `http` is for loopback hosts only.
    pub fn allow(mut self, origin: &str) -> Result<Self, OriginError> {
        let origin = parse_origin(origin).ok_or_else(|| OriginError {
            found: origin.into(),
        })?;
        if !self.origins.contains(&origin) {
            self.origins.push(origin);
        }
        Ok(self)
    }

    /// Allows every path of another name of this service too, but for the pages of the sign-in.
    pub(super) fn with_name(mut self, service: &Service) -> Self {
        self.names.push(service.url().origin());
        self
    }

    /// The same for browsers that came to `service`, another name of this service: paths are paths
    /// of that one.
    pub(super) fn at(&self, service: &Service) -> Self {
        let mut moved = self.clone();
        let before = std::mem::replace(&mut moved.base, service.url().clone());
        moved.names.push(before.origin());
        if self.home.0.origin() == before.origin() {
            let path = self.home.0.as_str().get(before.as_str().len() - 1..);
            let home = path.and_then(|path| moved.base.join(path).ok());
            moved.home = Destination(home.unwrap_or_else(|| moved.base.clone()));
        }
        moved
    }

    /// Where a browser goes that asked for nothing. Default: `/` of the service.
    ///
    /// # Errors
    ///
    /// [`DestinationRefused`] as for [`resolve`](Self::resolve); allow the origin first.
    pub fn with_home(mut self, home: &str) -> Result<Self, DestinationRefused> {
        self.home = self.resolve(home)?;
        Ok(self)
    }

    /// Where a browser goes that asked for nothing, or for something that is refused.
    #[must_use]
    pub const fn home(&self) -> &Destination {
        &self.home
    }

    /// The destination that `wanted` names: `/path?query#fragment` of this service, or a whole
    /// URL of an allowed origin.
    ///
    /// # Errors
    ///
    /// [`DestinationRefused`] for everything else.
    pub fn resolve(&self, wanted: &str) -> Result<Destination, DestinationRefused> {
        check_text(wanted)?;
        let url = if wanted.starts_with('/') {
            self.base
                .join(wanted)
                .map_err(|_| DestinationRefused::NotAUrl)?
        } else {
            parse_whole(wanted)?
        };
        self.check_origin(&url)?;
        self.check_path(&url)?;
        Ok(Destination(url))
    }

    /// Whether relative destinations lie on `service`.
    pub(super) fn belong_to(&self, service: &Service) -> bool {
        self.base == *service.url()
    }

    fn check_origin(&self, url: &Url) -> Result<(), DestinationRefused> {
        let origin = url.origin();
        if has_credentials(url) {
            return Err(DestinationRefused::Credentials);
        }
        if self.is_ours(&origin) || self.origins.contains(&origin) {
            return Ok(());
        }
        Err(DestinationRefused::Origin {
            found: origin.ascii_serialization(),
        })
    }

    fn is_ours(&self, origin: &Origin) -> bool {
        *origin == self.base.origin() || self.names.contains(origin)
    }

    /// A proxy on the way may decode a path once more, so it must be harmless then, too.
    fn check_path(&self, url: &Url) -> Result<(), DestinationRefused> {
        let path = decode_percent(url.path());
        let odd = |byte: &u8| *byte == b'\\' || byte.is_ascii_control();
        if path.starts_with(b"//") || path.iter().any(odd) {
            return Err(DestinationRefused::Path);
        }
        let ours = self.is_ours(&url.origin());
        if ours && path.to_ascii_lowercase().starts_with(SAML_PATHS.as_bytes()) {
            return Err(DestinationRefused::SignIn);
        }
        Ok(())
    }
}

/// Where a browser is sent: a URL that [`Destinations`] allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination(Url);

impl Destination {
    /// The whole URL, for a `Location` header: ASCII, without control characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a destination was refused.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationRefused {
    /// It contains a user name or a password, which is how one host is made to look like another.
    #[error("the destination contains a user name")]
    Credentials,
    /// It contains characters that browsers drop or turn into others.
    #[error("the destination contains control characters, backslashes or spaces")]
    Characters,
    /// It is no URL.
    #[error("the destination is neither a path nor a URL")]
    NotAUrl,
    /// Its origin is not in the list.
    #[error("the destination's origin is not allowed: {found}")]
    Origin {
        /// The origin.
        found: String,
    },
    /// Its path could be taken for a host.
    #[error("the destination's path could be taken for another host")]
    Path,
    /// It is a page of the sign-in itself.
    #[error("the destination is a page of the sign-in itself")]
    SignIn,
    /// It is longer than 1536 bytes.
    #[error("the destination is longer than {MAX_LENGTH} bytes")]
    TooLong,
}

/// Not an origin that a browser may be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an origin (https://HOST or https://HOST:PORT; http only for loopback): {found}")]
#[non_exhaustive]
pub struct OriginError {
    /// The text.
    pub found: String,
}

fn check_text(wanted: &str) -> Result<(), DestinationRefused> {
    if wanted.len() > MAX_LENGTH {
        return Err(DestinationRefused::TooLong);
    }
    let odd =
        |character: char| character.is_control() || character.is_whitespace() || character == '\\';
    if wanted.contains(odd) {
        Err(DestinationRefused::Characters)
    } else {
        Ok(())
    }
}

/// Reads `https://…` as it stands: the parser would also take `https:host` and `https:/host`.
fn parse_whole(wanted: &str) -> Result<Url, DestinationRefused> {
    let after_scheme = wanted
        .strip_prefix("https://")
        .or_else(|| wanted.strip_prefix("http://"));
    match after_scheme {
        Some(rest) if !rest.starts_with('/') => {
            Url::parse(wanted).map_err(|_| DestinationRefused::NotAUrl)
        }
        Some(_) | None => Err(DestinationRefused::NotAUrl),
    }
}

fn parse_origin(text: &str) -> Option<Origin> {
    check_text(text).ok()?;
    let url = parse_whole(text).ok()?;
    let origin = url.origin();
    // `*` is an ordinary character to the parser, and a wish for a wildcard to everybody else.
    let exact = !text.contains('*') && url.as_str() == format!("{}/", origin.ascii_serialization());
    (exact && is_trustworthy(&url)).then_some(origin)
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn decode_percent(path: &str) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = if first == b'%' { hex_byte(after) } else { None };
        let (byte, after) = escaped.unwrap_or((first, after));
        decoded.push(byte);
        rest = after;
    }
    decoded
}

fn hex_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_at_checked(2)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok()?;
    is_hex.then_some((byte, rest))
}

/// Longer ones do not fit into a cookie beside the rest of a sign-in.
const MAX_LENGTH: usize = 1536;

/// Sending a browser there after a sign-in would sign it in again, or out.
const SAML_PATHS: &str = "/sso-connect/saml/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_service_is_allowed() {
        let expected = "https://sso.example.com/wiki/a%20b?q=%E9%95%B7&r=//x#top";
        assert_eq!(resolved("/wiki/a%20b?q=長&r=//x#top"), expected);
        assert_eq!(resolved("/"), "https://sso.example.com/");
        assert_eq!(resolved("/a/../b"), "https://sso.example.com/b");
        assert_eq!(
            resolved("https://sso.example.com/x"),
            "https://sso.example.com/x"
        );
        assert_eq!(
            resolved("https://SSO.example.com:443/x"),
            "https://sso.example.com/x"
        );
    }

    #[test]
    fn a_listed_origin_is_allowed_and_its_neighbours_are_not() {
        assert_eq!(
            resolved("https://app.example.com:8443/x"),
            "https://app.example.com:8443/x"
        );
        assert_eq!(resolved("http://localhost:3000"), "http://localhost:3000/");
        for neighbour in [
            "https://app.example.com/x",
            "https://app.example.com:8444/x",
            "http://app.example.com:8443/x",
            "https://app.example.com.evil.example:8443/x",
            "https://www.app.example.com:8443/x",
            "https://localhost:3000/",
        ] {
            let refused = destinations().resolve(neighbour).unwrap_err();
            assert!(
                matches!(refused, DestinationRefused::Origin { .. }),
                "{neighbour}"
            );
        }
    }

    #[test]
    fn http_01_no_redirect_leaves_the_allowed_origins() {
        let destinations = destinations();
        for payload in OPEN_REDIRECTS {
            assert!(
                destinations.resolve(payload).is_err(),
                "{payload:?} was allowed"
            );
        }
    }

    #[test]
    fn a_page_of_the_sign_in_itself_is_refused() {
        for page in [
            "/sso-connect/saml/logout",
            "/x/../sso-connect/saml/login?idp=a",
            "/SSO-connect/%73aml/login",
        ] {
            assert_eq!(
                destinations().resolve(page),
                Err(DestinationRefused::SignIn),
                "{page}"
            );
        }
        assert!(destinations().resolve("/sso-connect").is_ok());
    }

    #[test]
    fn a_destination_has_a_bounded_length() {
        let longest = format!("/{}", "a".repeat(MAX_LENGTH - 1));
        assert!(destinations().resolve(&longest).is_ok());
        let refused = destinations().resolve(&format!("{longest}a"));
        assert_eq!(refused, Err(DestinationRefused::TooLong));
    }

    #[test]
    fn only_origins_can_be_listed() {
        for origin in [
            "app.example.com",
            "http://app.example.com",
            "https://app.example.com/x",
            "https://*.example.com/",
            "https://a@app.example.com",
            "ftp://app.example.com",
            "https:app.example.com",
            "*",
            "null",
            "",
        ] {
            assert!(destinations().allow(origin).is_err(), "{origin}");
        }
    }

    #[test]
    fn home_is_the_root_unless_told_otherwise() {
        assert_eq!(destinations().home().as_str(), "https://sso.example.com/");
        let home = destinations()
            .with_home("https://app.example.com:8443/start")
            .unwrap();
        assert_eq!(home.home().as_str(), "https://app.example.com:8443/start");
        assert!(destinations().with_home("https://evil.example/").is_err());
    }

    fn resolved(wanted: &str) -> String {
        destinations().resolve(wanted).unwrap().to_string()
    }

    fn destinations() -> Destinations {
        Destinations::of(&Service::new("https://sso.example.com").unwrap())
            .allow("https://app.example.com:8443")
            .and_then(|allowed| allowed.allow("http://localhost:3000"))
            .unwrap()
    }

    const OPEN_REDIRECTS: &[&str] = &[
        "",
        " ",
        " /",
        "evil.example",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "//evil.example%2f..",
        "//evil%E3%80%82example",
        "//evil.example/..;/",
        "//[::1]",
        "//sso.example.com@evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\\/evil.example",
        "\\/evil.example",
        "/%5cevil.example",
        "/%5C/evil.example",
        "/%2fevil.example",
        "/%2F/evil.example",
        "/x/..//evil.example",
        "/..//evil.example",
        "/.//evil.example",
        "/%2e%2e//evil.example",
        "/%2e%2e%2f%2fevil.example/..%5c",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "\t//evil.example",
        "/%09/evil.example",
        "/%0a/evil.example",
        "/%0d%0aSet-Cookie:x=y",
        "/x\r\nLocation: https://evil.example",
        "/\0/evil.example",
        "/%00/evil.example",
        "/\u{85}/evil.example",
        "/\u{a0}/evil.example",
        "/\u{2028}/evil.example",
        "http:evil.example",
        "http:www.evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "https:\\\\evil.example",
        "https://evil.example",
        "https://evil.example/sso.example.com",
        "https://evil.example#sso.example.com",
        "https://evil.example?sso.example.com",
        "https://evil.example\\.sso.example.com",
        "https://sso.example.com@evil.example",
        "https://sso.example.com:443@evil.example",
        "https://user@sso.example.com/",
        "https://user:password@sso.example.com/",
        "https://sso.example.com%40evil.example",
        "https://sso.example.com.evil.example",
        "https://sso.example.com:8443/",
        "http://sso.example.com/",
        "https://sso.example.com//evil.example",
        "https://sso.example.com/%5cevil.example",
        "https://xn--so-tmc.example.com/",
        "https://ѕso.example.com/",
        "https://sso.example.com\u{2024}evil.example",
        "https://sso.example.com\u{3002}evil.example",
        "https://[::1]/",
        "https://[::1%25eth0]/",
        "https://[::ffff:127.0.0.1]/",
        "https://127.1/",
        "https://2130706433/",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "javascript://sso.example.com/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://sso.example.com/1",
        "filesystem:https://sso.example.com/x",
        "ftp://sso.example.com/",
        "ws://sso.example.com/",
        "about:blank",
        "mailto:a@evil.example",
        "?x",
        "#x",
        "x/y",
        "../x",
        ".evil.example",
        "@evil.example",
        ":443",
        "\u{feff}/x",
    ];
}
