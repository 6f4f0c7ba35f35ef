//! Cookies: what we ask a browser to keep, and what it brings back.

use std::fmt;
use std::time::Duration;

/// A cookie for the browser; `Display` is the value of a `Set-Cookie` header.
///
/// Every cookie is `__Host-` (RFC 6265bis, 4.1.3.2): sent over TLS only, to this host only, for every
/// path, and out of reach of scripts. Names and values are made of base64url characters, so the
/// header never needs escaping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    name: String,
    value: String,
    max_age: Duration,
    same_site: SameSite,
}

impl SetCookie {
    pub(crate) const fn new(
        name: String,
        value: String,
        max_age: Duration,
        same_site: SameSite,
    ) -> Self {
        Self {
            name,
            value,
            max_age,
            same_site,
        }
    }

    /// A cookie that makes the browser forget the one called `name`.
    pub(crate) const fn cleared(name: String, same_site: SameSite) -> Self {
        Self::new(name, String::new(), Duration::ZERO, same_site)
    }

    /// The name, `__Host-` included.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sealed value; empty if the cookie is being cleared.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// How long the browser keeps it; zero clears it.
    #[must_use]
    pub const fn max_age(&self) -> Duration {
        self.max_age
    }

    /// On which requests from other sites the browser sends it.
    #[must_use]
    pub const fn same_site(&self) -> SameSite {
        self.same_site
    }
}

impl fmt::Display for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            value,
            max_age,
            same_site,
        } = self;
        let max_age = max_age.as_secs();
        write!(
            f,
            "{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}; Max-Age={max_age}"
        )
    }
}

/// On which requests that start at another site the browser sends a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the two that a sign-in needs")]
pub enum SameSite {
    /// On top-level navigation by `GET`.
    Lax,
    /// On all of them: the identity provider's `POST` must bring the cookie back.
    None,
}

impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lax => "Lax",
            Self::None => "None",
        })
    }
}

/// The cookies of a request, read from its `Cookie` header (RFC 6265, 5.4).
///
/// Over HTTP/2 a browser may split the header: join the parts with `"; "` (RFC 9113, 8.2.3).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cookies<'a>(&'a str);

impl<'a> Cookies<'a> {
    /// Reads a header, or none.
    pub(crate) fn new(header: Option<&'a str>) -> Self {
        Self(header.unwrap_or_default())
    }

    /// Every value that was sent for `name`: normally at most one.
    pub(crate) fn named(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// Every cookie whose name starts with `prefix`: the rest of its name, and its value.
    pub(crate) fn prefixed(self, prefix: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter()
            .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
    }

    fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = self.0.split(';').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.trim(), value.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_bound_to_host_and_tls_and_hidden_from_scripts() {
        let cookie = SetCookie::new(
            "__Host-a".into(),
            "b".into(),
            Duration::from_mins(10),
            SameSite::None,
        );
        insta::assert_snapshot!(cookie, @"__Host-a=b; Path=/; Secure; HttpOnly; SameSite=None; Max-Age=600");
    }

    #[test]
    fn a_cleared_cookie_has_no_value_and_ends_at_once() {
        let cookie = SetCookie::cleared("__Host-a".into(), SameSite::Lax);
        insta::assert_snapshot!(cookie, @"__Host-a=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn reads_the_cookies_of_a_request() {
        let cookies = Cookies::new(Some("a=1; p-x=2;p-y = 3 ; a=4; broken; =; b=5=6"));
        assert_eq!(cookies.named("a").collect::<Vec<_>>(), ["1", "4"]);
        assert_eq!(cookies.named("b").collect::<Vec<_>>(), ["5=6"]);
        assert_eq!(
            cookies.prefixed("p-").collect::<Vec<_>>(),
            [("x", "2"), ("y", "3")]
        );
        assert_eq!(Cookies::new(None).named("a").next(), None);
    }
}
