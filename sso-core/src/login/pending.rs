//! Sign-ins that wait for the identity provider, kept by the browser.
//!
//! Each has a cookie of its own, so that two tabs do not disturb each other, and the server keeps
//! nothing: whoever starts a million sign-ins costs us no memory. The RelayState that travels
//! through the identity provider is a random token, the end of the cookie's name; it says nothing
//! but how often the browser has tried, and has 22 of the 80 bytes allowed (SAML Bindings 3.4.3).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Handover, LoginStart};
use crate::UnixTime;
use crate::config::IdpName;
use crate::cookie::{Cookies, SameSite, SetCookie};
use crate::saml::{Comparison, PendingRequest, RequestedContext};
use crate::seal::{FieldReader, FieldWriter, Place, Purpose, SealingKeys};

/// A sign-in that waits for the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pending {
    /// The RelayState, and the end of the cookie's name.
    pub(crate) token: String,
    /// The base URL of the name at which it was begun, and at which alone it can be finished.
    pub(crate) base_url: String,
    /// The request that the response must answer.
    pub(crate) request: PendingRequest,
    /// Where to go afterwards: a destination that was allowed when the sign-in began.
    pub(crate) destination: String,
    /// What the client asked for.
    pub(crate) handover: Handover,
    /// How many sign-ins in a row have failed before.
    pub(crate) attempt: u8,
}

impl Pending {
    /// A new token: 126 random bits, and how many sign-ins in a row have failed before.
    pub(crate) fn new_token(attempt: u8) -> String {
        let mut bytes = crate::random::bytes::<16>();
        bytes[15] = (bytes[15] & !ATTEMPT_BITS) | attempt.min(ATTEMPT_BITS);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cookie that makes the browser keep it; `None` if it is longer than browsers accept.
    pub(crate) fn issue(&self, keys: &SealingKeys) -> Option<SetCookie> {
        let name = cookie_name(&self.token);
        let value = keys.seal(&place(&name, &self.base_url), &self.encode());
        let fits = name.len() + value.len() <= MAX_COOKIE_LENGTH;
        fits.then(|| SetCookie::new(name, value, LIFETIME, SameSite::None))
    }

    /// The same sign-in once more, counted.
    pub(crate) fn again(&self) -> LoginStart {
        LoginStart {
            idp: Some(self.request.identity_provider.clone()),
            dest: Some(self.destination.clone()),
            key: self.handover.key.clone(),
            embedded: self.handover.embedded,
            relogin: self.request.force_authn,
            passive: false,
            attempt: self.attempt.saturating_add(1),
        }
    }

    fn encode(&self) -> Vec<u8> {
        let fields = FieldWriter::new(LAYOUT)
            .text(&self.request.id)
            .text(self.request.identity_provider.as_str())
            .moment(self.request.issued_at)
            .flag(self.request.force_authn)
            .text(&self.destination)
            .optional(self.handover.key.as_deref())
            .flag(self.handover.embedded)
            .number(self.attempt.into());
        encode_context(fields, self.request.requested_context.as_ref()).finish()
    }

    fn decode(token: &str, base_url: &str, bytes: &[u8]) -> Option<Self> {
        let mut fields = FieldReader::new(LAYOUT, bytes)?;
        let (id, name) = (fields.text()?, IdpName::new(fields.text()?).ok()?);
        let (issued_at, force_authn) = (fields.moment()?, fields.flag()?);
        let destination = fields.text()?;
        let handover = Handover {
            key: fields.optional()?,
            embedded: fields.flag()?,
        };
        let attempt = u8::try_from(fields.number()?).ok()?;
        let context = decode_context(&mut fields)?;
        let request = PendingRequest::new(id, name, issued_at, force_authn, context);
        fields.finish(Self {
            token: token.into(),
            base_url: base_url.into(),
            request,
            destination,
            handover,
            attempt,
        })
    }
}

/// Compared with what was *asked for*, so a change of the configuration in between cannot weaken it.
fn encode_context(fields: FieldWriter, context: Option<&RequestedContext>) -> FieldWriter {
    let Some(context) = context else {
        return fields.number(0);
    };
    let classes = context.accepted();
    let fields = fields.number(classes.len() as u64);
    let fields = fields.flag(context.comparison() == Comparison::Minimum);
    classes
        .iter()
        .fold(fields, |fields, class| fields.text(class))
}

fn decode_context(fields: &mut FieldReader<'_>) -> Option<Option<RequestedContext>> {
    let count = fields.number()?;
    if count == 0 {
        return Some(None);
    }
    let is_minimum = fields.flag()?;
    let classes = (0..count)
        .map(|_| fields.text())
        .collect::<Option<Vec<_>>>()?;
    Some(Some(match is_minimum {
        true => RequestedContext::at_least(classes),
        false => RequestedContext::exact(classes),
    }))
}

/// The sign-ins that a browser has open, as its cookies tell.
#[derive(Debug)]
pub(crate) struct PendingLogins {
    /// Those that still wait, the oldest first, with the length of their cookies.
    waiting: Vec<(Pending, usize)>,
    /// Those that waited too long.
    expired: Vec<Pending>,
    /// Tokens of cookies that are not ours, or under a key that is gone.
    unreadable: Vec<String>,
}

/// What is known of the sign-in that a RelayState names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It has waited longer than ten minutes.
    Expired {
        /// Since when.
        issued_at: UnixTime,
    },
    /// The browser has none of our cookies: it refuses them, or never was here.
    NoCookie,
    /// The browser has cookies of other sign-ins, or of keys that are gone.
    Other,
    /// This one.
    Waiting(Pending),
}

impl PendingLogins {
    /// Reads the cookies of a request; `base_urls` are those of all our names.
    pub(crate) fn read(
        cookies: Cookies<'_>,
        keys: &SealingKeys,
        base_urls: &[&str],
        now: UnixTime,
    ) -> Self {
        let mut logins = Self {
            waiting: Vec::new(),
            expired: Vec::new(),
            unreadable: Vec::new(),
        };
        for (token, value) in cookies.prefixed(COOKIE_PREFIX).take(MAX_COOKIES_READ) {
            logins.add(token, value, keys, base_urls, now);
        }
        logins
            .waiting
            .sort_by_key(|(pending, _)| pending.request.issued_at);
        logins
    }

    /// The sign-in that `relay_state` names; without one, the only one that waits, since some
    /// providers forget to send it back.
    pub(crate) fn find(&self, relay_state: Option<&str>) -> Found {
        let is_it = |pending: &&Pending| Some(pending.token.as_str()) == relay_state;
        let mut waiting = self.waiting.iter().map(|(pending, _)| pending);
        if let Some(pending) = waiting.clone().find(is_it) {
            return Found::Waiting(pending.clone());
        }
        if let Some(pending) = self.expired.iter().find(is_it) {
            return Found::Expired {
                issued_at: pending.request.issued_at,
            };
        }
        match (relay_state, waiting.next(), waiting.next()) {
            (None, Some(only), None) => Found::Waiting(only.clone()),
            (_, None, _) if self.expired.is_empty() && self.unreadable.is_empty() => {
                Found::NoCookie
            }
            _ => Found::Other,
        }
    }

    /// Clears what no longer waits, and the oldest sign-ins until one more fits: at most five at
    /// a time, and no more than servers accept in one header.
    pub(crate) fn make_room(mut self) -> Vec<SetCookie> {
        let expired = self.expired.into_iter().map(|pending| pending.token);
        let mut cleared: Vec<_> = expired.chain(self.unreadable).collect();
        let total = |waiting: &[(Pending, usize)]| -> usize {
            waiting.iter().map(|(_, length)| length).sum()
        };
        while self.waiting.len() >= MAX_PENDING || total(&self.waiting) > MAX_TOTAL_LENGTH {
            cleared.push(self.waiting.remove(0).0.token);
        }
        cleared.iter().map(|token| clear(token)).collect()
    }

    fn add(
        &mut self,
        token: &str,
        value: &str,
        keys: &SealingKeys,
        base_urls: &[&str],
        now: UnixTime,
    ) {
        if !is_token(token) {
            return;
        }
        let name = cookie_name(token);
        let opened = base_urls.iter().find_map(|base_url| {
            let bytes = keys.open(&place(&name, base_url), value)?;
            Pending::decode(token, base_url, &bytes)
        });
        match opened {
            None => self.unreadable.push(token.into()),
            Some(pending) if now.since(pending.request.issued_at) < LIFETIME => {
                self.waiting.push((pending, value.len()));
            }
            Some(pending) => self.expired.push(pending),
        }
    }
}

impl Found {
    /// The request that waits, if it was found.
    pub(crate) const fn request(&self) -> Option<&PendingRequest> {
        match self {
            Self::Waiting(pending) => Some(&pending.request),
            Self::Expired { .. } | Self::NoCookie | Self::Other => None,
        }
    }
}

/// How many sign-ins have failed before, as a token says. Anybody can write a token, so this is
/// good for advice only.
pub(crate) fn attempt_of(token: &str) -> u8 {
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
    bytes.last().map_or(0, |last| last & ATTEMPT_BITS)
}

/// The cookie that makes the browser forget a sign-in.
pub(crate) fn clear(token: &str) -> SetCookie {
    SetCookie::cleared(cookie_name(token), SameSite::None)
}

/// Whether it could be a token of ours. What is not is never written into a header.
fn is_token(text: &str) -> bool {
    text.len() == TOKEN_LENGTH
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn cookie_name(token: &str) -> String {
    format!("{COOKIE_PREFIX}{token}")
}

const fn place<'a>(cookie: &'a str, service: &'a str) -> Place<'a> {
    Place {
        purpose: Purpose::Request,
        cookie,
        service,
    }
}

/// How long a user has to sign in at the identity provider.
pub(crate) const LIFETIME: Duration = Duration::from_mins(10);

const COOKIE_PREFIX: &str = "__Host-sso-request-";
const LAYOUT: u8 = 1;
const TOKEN_LENGTH: usize = 22;

/// Where the last byte of a token keeps the attempt, which is below [`MAX_ATTEMPTS`].
///
/// [`MAX_ATTEMPTS`]: super::MAX_ATTEMPTS
const ATTEMPT_BITS: u8 = 0b11;

/// What browsers accept for name and value together (RFC 6265bis, 5.6).
const MAX_COOKIE_LENGTH: usize = 4096;

/// Browsers send a few dozen cookies at most; more come from elsewhere.
const MAX_COOKIES_READ: usize = 32;

const MAX_PENDING: usize = 5;

/// Common servers refuse header lines beyond 8 KiB.
const MAX_TOTAL_LENGTH: usize = 3072;

#[cfg(test)]
mod tests {
    use super::super::MAX_ATTEMPTS;
    use super::*;

    #[test]
    fn a_sign_in_survives_its_cookie() {
        let keys = SealingKeys::random();
        let pending = pending(NOON);
        let found = logins(&keys, &[&pending], NOON).find(Some(&pending.token));
        assert_eq!(found, Found::Waiting(pending));
    }

    #[test]
    fn a_requested_context_survives_the_cookie() {
        let classes = vec!["urn:a".to_owned(), "urn:b".to_owned()];
        for context in [
            RequestedContext::exact(classes.clone()),
            RequestedContext::at_least(classes),
        ] {
            let keys = SealingKeys::random();
            let mut pending = pending(NOON);
            pending.request.requested_context = Some(context);
            let found = logins(&keys, &[&pending], NOON).find(Some(&pending.token));
            assert_eq!(found, Found::Waiting(pending));
        }
    }

    #[test]
    fn http_02_a_relay_state_has_22_bytes_that_say_nothing_but_the_attempt() {
        for attempt in 0..MAX_ATTEMPTS {
            let token = Pending::new_token(attempt);
            assert!(is_token(&token) && token != Pending::new_token(attempt));
            assert_eq!(attempt_of(&token), attempt);
        }
        assert_eq!(attempt_of("of another kind"), 0);
    }

    #[test]
    fn ok_13_two_tabs_sign_in_at_once() {
        let keys = SealingKeys::random();
        let [one, two] = [pending(NOON), pending(NOON)];
        let logins = logins(&keys, &[&one, &two], NOON);
        assert_eq!(logins.find(Some(&one.token)), Found::Waiting(one));
        assert_eq!(logins.find(Some(&two.token)), Found::Waiting(two));
    }

    #[test]
    fn a_sign_in_waits_for_ten_minutes() {
        let keys = SealingKeys::random();
        let pending = pending(NOON);
        let end = NOON.later(LIFETIME);
        let last = logins(&keys, &[&pending], end.earlier(Duration::from_nanos(1)));
        assert!(matches!(last.find(Some(&pending.token)), Found::Waiting(_)));
        let late = logins(&keys, &[&pending], end);
        assert_eq!(
            late.find(Some(&pending.token)),
            Found::Expired { issued_at: NOON }
        );
    }

    #[test]
    fn a_sign_in_of_another_browser_is_told_from_no_cookie_at_all() {
        let keys = SealingKeys::random();
        let foreign = Pending::new_token(0);
        assert_eq!(
            logins(&keys, &[], NOON).find(Some(&foreign)),
            Found::NoCookie
        );
        assert_eq!(
            logins(&keys, &[&pending(NOON)], NOON).find(Some(&foreign)),
            Found::Other
        );
    }

    #[test]
    fn a_forgotten_relay_state_means_the_only_sign_in_that_waits() {
        let keys = SealingKeys::random();
        let [one, two] = [pending(NOON), pending(NOON)];
        assert_eq!(
            logins(&keys, &[&one], NOON).find(None),
            Found::Waiting(one.clone())
        );
        assert_eq!(logins(&keys, &[&one, &two], NOON).find(None), Found::Other);
    }

    #[test]
    fn a_cookie_moved_to_another_name_does_not_open() {
        let keys = SealingKeys::random();
        let cookie = pending(NOON).issue(&keys).unwrap();
        let other = Pending::new_token(0);
        let header = format!("{}={}", cookie_name(&other), cookie.value());
        let logins = PendingLogins::read(Cookies::new(Some(&header)), &keys, &[SERVICE], NOON);
        assert_eq!(logins.find(Some(&other)), Found::Other);
    }

    #[test]
    fn the_sixth_sign_in_clears_the_oldest() {
        let keys = SealingKeys::random();
        let open: Vec<_> = (0..5)
            .map(|minute| pending(NOON.later(Duration::from_mins(minute))))
            .collect();
        let four = logins(&keys, &open.iter().skip(1).collect::<Vec<_>>(), NOON);
        assert_eq!(four.make_room(), []);
        let five = logins(&keys, &open.iter().rev().collect::<Vec<_>>(), NOON);
        assert_eq!(five.make_room(), [clear(&open[0].token)]);
    }

    #[test]
    fn long_sign_ins_are_cleared_before_the_header_gets_too_long() {
        let keys = SealingKeys::random();
        let long = |at| Pending {
            destination: "x".repeat(1500),
            ..pending(at)
        };
        let [first, second] = [long(NOON), long(NOON.later(Duration::from_secs(1)))];
        let cleared = logins(&keys, &[&first, &second], NOON).make_room();
        assert_eq!(cleared, [clear(&first.token)]);
    }

    #[test]
    fn what_is_expired_or_unreadable_is_cleared_and_what_is_odd_is_left_alone() {
        let keys = SealingKeys::random();
        let old = pending(NOON).issue(&keys).unwrap();
        let foreign = cookie_name(&"A".repeat(22));
        let header = format!(
            "{}={}; {foreign}=x; {COOKIE_PREFIX}a b=x; {COOKIE_PREFIX}=",
            old.name(),
            old.value()
        );
        let late = NOON.later(LIFETIME);
        let logins = PendingLogins::read(Cookies::new(Some(&header)), &keys, &[SERVICE], late);
        let cleared: Vec<_> = logins
            .make_room()
            .iter()
            .map(|cookie| cookie.name().to_owned())
            .collect();
        assert_eq!(cleared, [old.name().to_owned(), foreign]);
    }

    #[test]
    fn starting_again_keeps_the_wishes_and_counts() {
        let mut pending = pending(NOON);
        pending.handover.key = Some("k".into());
        let again = pending.again();
        assert_eq!(again.idp, Some(pending.request.identity_provider));
        assert_eq!(
            (again.dest, again.key),
            (Some(pending.destination), Some("k".into()))
        );
        assert_eq!(again.attempt, 1);
    }

    fn logins(keys: &SealingKeys, open: &[&Pending], now: UnixTime) -> PendingLogins {
        let cookies: Vec<_> = open
            .iter()
            .map(|pending| pending.issue(keys).unwrap())
            .map(|cookie| format!("{}={}", cookie.name(), cookie.value()))
            .collect();
        PendingLogins::read(
            Cookies::new(Some(&cookies.join("; "))),
            keys,
            &[SERVICE],
            now,
        )
    }

    fn pending(issued_at: UnixTime) -> Pending {
        let idp = IdpName::new("work").unwrap();
        Pending {
            token: Pending::new_token(0),
            base_url: SERVICE.into(),
            request: PendingRequest::new("_1".into(), idp, issued_at, false, None),
            destination: "https://sso.example/wiki".into(),
            handover: Handover::default(),
            attempt: 0,
        }
    }

    const SERVICE: &str = "https://sso.example";
    const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);
}
