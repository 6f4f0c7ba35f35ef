//! A cookie jar with the rules that sign-ins break on: `SameSite`, `Secure` and `__Host-`.

use url::Url;

/// The cookies of one browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jar(Vec<Cookie>);

#[derive(Clone, Debug)]
struct Cookie {
    host: String,
    path: String,
    name: String,
    value: String,
    secure: bool,
    same_site: SameSite,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum SameSite {
    Lax,
    None,
    Strict,
}

/// Where a request comes from, as far as cookies care.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Origin {
    /// Another site's page led here by a link or a redirect.
    CrossSiteNavigation,
    /// Another site's page posted a form.
    CrossSitePost,
    /// A page of the same site, or the user.
    SameSite,
}

impl Jar {
    /// Takes in one `Set-Cookie` header, or ignores it as a browser would.
    pub(crate) fn store(&mut self, from: &Url, header: &str) {
        let Some((cookie, expired)) = parse(from, header) else {
            return;
        };
        self.0.retain(|it| {
            (&it.host, &it.path, &it.name) != (&cookie.host, &cookie.path, &cookie.name)
        });
        if !expired {
            self.0.push(cookie);
        }
    }

    /// The `Cookie` header of a request, if there is any cookie for it.
    pub(crate) fn header(&self, to: &Url, origin: Origin) -> Option<String> {
        let cookies: Vec<_> = self
            .0
            .iter()
            .filter(|it| it.host == to.host_str().unwrap_or_default())
            .filter(|it| to.path().starts_with(&it.path))
            .filter(|it| !it.secure || to.scheme() == "https")
            .filter(|it| travels(it.same_site, origin))
            .map(|it| format!("{}={}", it.name, it.value))
            .collect();
        (!cookies.is_empty()).then(|| cookies.join("; "))
    }

    /// Forgets the cookies whose names begin with `prefix`, and says how many there were.
    pub(crate) fn forget(&mut self, prefix: &str) -> usize {
        let before = self.0.len();
        self.0.retain(|it| !it.name.starts_with(prefix));
        before - self.0.len()
    }
}

/// Whether two addresses belong to one site: scheme and host, whatever the port.
pub(crate) fn same_site(one: &Url, other: &Url) -> bool {
    (one.scheme(), one.host()) == (other.scheme(), other.host())
}

fn travels(same_site: SameSite, origin: Origin) -> bool {
    match origin {
        Origin::SameSite => true,
        Origin::CrossSiteNavigation => same_site != SameSite::Strict,
        Origin::CrossSitePost => same_site == SameSite::None,
    }
}

fn parse(from: &Url, header: &str) -> Option<(Cookie, bool)> {
    let mut parts = header.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let mut cookie = Cookie {
        host: from.host_str()?.to_owned(),
        path: "/".to_owned(),
        name: name.to_owned(),
        value: value.to_owned(),
        secure: false,
        same_site: SameSite::Lax,
    };
    let (mut expired, mut has_domain, mut has_path) = (false, false, false);
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match key.to_lowercase().as_str() {
            "domain" => has_domain = true,
            "max-age" => expired = value.parse::<i64>().is_ok_and(|age| age <= 0),
            "path" => {
                cookie.path = value.to_owned();
                has_path = value == "/";
            }
            "samesite" => cookie.same_site = same_site_of(value),
            "secure" => cookie.secure = true,
            _ => {}
        }
    }
    let refused = (cookie.same_site == SameSite::None && !cookie.secure)
        || (cookie.secure && from.scheme() != "https")
        || (name.starts_with("__Host-") && (!cookie.secure || has_domain || !has_path));
    (!refused).then_some((cookie, expired))
}

fn same_site_of(value: &str) -> SameSite {
    match value.to_lowercase().as_str() {
        "none" => SameSite::None,
        "strict" => SameSite::Strict,
        _ => SameSite::Lax,
    }
}

#[test]
fn a_post_from_another_site_carries_only_what_says_so() {
    let service = Url::parse("https://localhost:1/acs").unwrap();
    let mut jar = Jar::default();
    jar.store(&service, "__Host-a=1; Path=/; Secure; SameSite=None");
    jar.store(&service, "__Host-b=2; Path=/; Secure; SameSite=Lax");
    assert_eq!(
        jar.header(&service, Origin::CrossSitePost).unwrap(),
        "__Host-a=1"
    );
    assert_eq!(
        jar.header(&service, Origin::CrossSiteNavigation).unwrap(),
        "__Host-a=1; __Host-b=2"
    );
}

#[test]
fn a_cookie_that_a_browser_would_refuse_is_not_kept() {
    let service = Url::parse("https://localhost:1/").unwrap();
    let plain = Url::parse("http://localhost:1/").unwrap();
    let mut jar = Jar::default();
    jar.store(&service, "__Host-a=1; Path=/");
    jar.store(&service, "__Host-a=1; Path=/x; Secure");
    jar.store(&service, "__Host-a=1; Path=/; Secure; Domain=localhost");
    jar.store(&service, "a=1; SameSite=None");
    jar.store(&plain, "a=1; Secure");
    assert_eq!(jar.header(&service, Origin::SameSite), None);
}

#[test]
fn a_cookie_is_gone_once_its_age_is_zero() {
    let service = Url::parse("https://localhost:1/").unwrap();
    let mut jar = Jar::default();
    jar.store(&service, "a=1; Path=/");
    jar.store(&service, "a=; Path=/; Max-Age=0");
    assert_eq!(jar.header(&service, Origin::SameSite), None);
}
