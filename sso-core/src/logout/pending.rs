//! A sign-out that waits for the identity provider, kept by the browser.

use std::time::Duration;

use crate::config::IdpName;
use crate::cookie::{Cookies, SameSite, SetCookie};
use crate::saml::logout::PendingLogout;
use crate::seal::{FieldReader, FieldWriter, Place, Purpose, SealingKeys};

/// The cookie that makes the browser keep it. A second sign-out replaces the first.
pub(crate) fn issue(pending: &PendingLogout, keys: &SealingKeys, service: &str) -> SetCookie {
    let fields = FieldWriter::new(LAYOUT)
        .text(&pending.id)
        .text(pending.identity_provider.as_str());
    let value = keys.seal(&place(service), &fields.finish());
    SetCookie::new(COOKIE.into(), value, LIFETIME, SameSite::None)
}

/// The sign-out that the browser waits for the end of; `base_urls` are those of all our names.
pub(crate) fn read(
    cookies: Cookies<'_>,
    keys: &SealingKeys,
    base_urls: &[&str],
) -> Option<PendingLogout> {
    let open = |token, base_url: &&str| keys.open(&place(base_url), token);
    let opened = cookies
        .named(COOKIE)
        .find_map(|token| base_urls.iter().find_map(|base_url| open(token, base_url)))?;
    let mut fields = FieldReader::new(LAYOUT, &opened)?;
    let pending = PendingLogout::new(fields.text()?, IdpName::new(fields.text()?).ok()?);
    fields.finish(pending)
}

/// The cookie that makes the browser forget it.
pub(crate) fn clear() -> SetCookie {
    SetCookie::cleared(COOKIE.into(), SameSite::None)
}

const fn place(service: &str) -> Place<'_> {
    Place {
        purpose: Purpose::Logout,
        cookie: COOKIE,
        service,
    }
}

const COOKIE: &str = "__Host-sso-logout";
const LAYOUT: u8 = 1;

/// How long the browser waits for the provider. The answer decides nothing, so an old one does no
/// harm.
const LIFETIME: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_out_survives_its_cookie_and_opens_nowhere_else() {
        let keys = SealingKeys::random();
        let pending = PendingLogout::new("_1".into(), IdpName::new("work").unwrap());
        let cookie = issue(&pending, &keys, "https://a.example");
        let header = format!("{}={}", cookie.name(), cookie.value());
        let read_at = |service| read(Cookies::new(Some(&header)), &keys, &[service]);
        assert_eq!(read_at("https://a.example"), Some(pending));
        assert_eq!(read_at("https://b.example"), None);
    }
}
