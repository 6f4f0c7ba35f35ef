//! A session as the browser carries it: a sealed cookie.
//!
//! The session's own cookie is `SameSite=Lax`, so the form that an identity provider posts comes
//! without it. Where providers may send responses that nobody asked for, a second cookie tells who
//! is signed in: the *witness*, which comes with that form and opens no door.

use crate::UnixTime;
use crate::cookie::{Cookies, SameSite, SetCookie};
use crate::seal::{FieldReader, FieldWriter, Place, Purpose, SealingKeys};
use crate::session::{Session, SessionId};
use crate::user::UserId;

/// Which of the two cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Signs the browser in.
    Session,
    /// Tells who is signed in, and nothing more.
    Witness,
}

/// The cookie that makes a browser carry `session` to `service` until it ends; `None` if the
/// provider's names make it longer than browsers accept.
pub(crate) fn issue(
    token: Token,
    session: &Session,
    keys: &SealingKeys,
    service: &str,
    now: UnixTime,
) -> Option<SetCookie> {
    let value = keys.seal(&token.place(service), &encode(session));
    let max_age = session.expires.since(now);
    let cookie = SetCookie::new(token.cookie().into(), value, max_age, token.same_site());
    (cookie.name().len() + cookie.value().len() <= MAX_COOKIE_LENGTH).then_some(cookie)
}

/// The session that the browser carries, if it is ours and has not ended, and the base URL of the
/// name at which it began, one of `base_urls`. Whether it was revoked is another question.
pub(crate) fn read<'a>(
    token: Token,
    cookies: Cookies<'_>,
    keys: &SealingKeys,
    base_urls: &[&'a str],
    now: UnixTime,
) -> Option<(Session, &'a str)> {
    // A subdomain cannot set a `__Host-` cookie, so what opens is the browser's own.
    let (opened, base_url) = cookies.named(token.cookie()).find_map(|value| {
        let open =
            |base_url: &&'a str| Some((keys.open(&token.place(base_url), value)?, *base_url));
        base_urls.iter().find_map(open)
    })?;
    let session = decode(&opened).filter(|session| now < session.expires)?;
    Some((session, base_url))
}

/// The cookie that ends it in the browser.
pub(crate) fn clear(token: Token) -> SetCookie {
    SetCookie::cleared(token.cookie().into(), token.same_site())
}

impl Token {
    const fn cookie(self) -> &'static str {
        match self {
            Self::Session => "__Host-sso-session",
            Self::Witness => "__Host-sso-witness",
        }
    }

    const fn same_site(self) -> SameSite {
        match self {
            Self::Session => SameSite::Lax,
            Self::Witness => SameSite::None,
        }
    }

    const fn place(self, service: &str) -> Place<'_> {
        let purpose = match self {
            Self::Session => Purpose::Session,
            Self::Witness => Purpose::Witness,
        };
        Place {
            purpose,
            cookie: self.cookie(),
            service,
        }
    }
}

fn encode(session: &Session) -> Vec<u8> {
    let fields = FieldWriter::new(match session.mark {
        Some(_) => MARKED,
        None => LAYOUT,
    })
    .text(session.id.as_str())
    .text(session.user.as_str())
    .text(&session.identity_provider)
    .text(&session.name_id)
    .optional(session.session_index.as_deref())
    .moment(session.authenticated_at)
    .optional(session.context_class.as_deref())
    .moment(session.started)
    .moment(session.expires);
    match &session.mark {
        Some(mark) => fields.text(mark).finish(),
        None => fields.finish(),
    }
}

fn decode(bytes: &[u8]) -> Option<Session> {
    let marked = FieldReader::new(MARKED, bytes);
    let is_marked = marked.is_some();
    let mut fields = marked.or_else(|| FieldReader::new(LAYOUT, bytes))?;
    let session = Session {
        id: SessionId::from_sealed(fields.text()?),
        user: UserId::parse(&fields.text()?)?,
        identity_provider: fields.text()?,
        name_id: fields.text()?,
        session_index: fields.optional()?,
        authenticated_at: fields.moment()?,
        context_class: fields.optional()?,
        started: fields.moment()?,
        expires: fields.moment()?,
        mark: match is_marked {
            true => Some(fields.text()?),
            false => None,
        },
    };
    fields.finish(session)
}

const LAYOUT: u8 = 1;

/// The same and a mark behind it.
const MARKED: u8 = 2;

/// What browsers accept for name and value together (RFC 6265bis, 5.6).
const MAX_COOKIE_LENGTH: usize = 4096;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_session_survives_its_cookie() {
        let keys = SealingKeys::random();
        let session = session();
        let cookie = issue(Token::Session, &session, &keys, SERVICE, NOON).unwrap();
        assert_eq!(cookie.max_age(), Duration::from_hours(8));
        assert_eq!(read_back(&cookie, &keys, SERVICE, NOON), Some(session));
    }

    #[test]
    fn a_mark_survives_and_a_session_without_one_is_written_as_before() {
        let keys = SealingKeys::random();
        let marked = Session {
            mark: Some("a mark".into()),
            ..session()
        };
        let cookie = issue(Token::Session, &marked, &keys, SERVICE, NOON).unwrap();
        assert_eq!(
            read_back(&cookie, &keys, SERVICE, NOON),
            Some(marked.clone())
        );
        assert_eq!(encode(&session())[0], 1);
        assert_eq!(encode(&marked)[0], 2);
        let cut = &encode(&marked)[..encode(&session()).len()];
        assert_eq!(decode(cut), None);
    }

    #[test]
    fn a_session_lasts_until_the_moment_it_ends() {
        let keys = SealingKeys::random();
        let session = session();
        let cookie = issue(Token::Session, &session, &keys, SERVICE, NOON).unwrap();
        let last = session.expires.earlier(Duration::from_nanos(1));
        assert!(read_back(&cookie, &keys, SERVICE, last).is_some());
        assert!(read_back(&cookie, &keys, SERVICE, session.expires).is_none());
    }

    #[test]
    fn http_09_a_session_of_one_host_is_none_at_another() {
        let keys = SealingKeys::random();
        let cookie = issue(Token::Session, &session(), &keys, SERVICE, NOON).unwrap();
        assert!(read_back(&cookie, &keys, "https://other.example", NOON).is_none());
    }

    #[test]
    fn a_foreign_cookie_beside_ours_does_not_hide_it() {
        let keys = SealingKeys::random();
        let cookie = issue(Token::Session, &session(), &keys, SERVICE, NOON).unwrap();
        let header = format!("{0}=x; {0}={1}", cookie.name(), cookie.value());
        assert!(
            read(
                Token::Session,
                Cookies::new(Some(&header)),
                &keys,
                &[SERVICE],
                NOON
            )
            .is_some()
        );
    }

    #[test]
    fn a_witness_is_no_session() {
        let keys = SealingKeys::random();
        let witness = issue(Token::Witness, &session(), &keys, SERVICE, NOON).unwrap();
        let renamed = format!("__Host-sso-session={}", witness.value());
        let read = read(
            Token::Session,
            Cookies::new(Some(&renamed)),
            &keys,
            &[SERVICE],
            NOON,
        );
        assert_eq!(read, None);
    }

    #[test]
    fn a_session_that_no_browser_would_keep_is_not_issued() {
        let long = Session {
            name_id: "x".repeat(4096),
            ..session()
        };
        assert_eq!(
            issue(Token::Session, &long, &SealingKeys::random(), SERVICE, NOON),
            None
        );
    }

    fn read_back(
        cookie: &SetCookie,
        keys: &SealingKeys,
        service: &str,
        now: UnixTime,
    ) -> Option<Session> {
        let header = format!("{}={}", cookie.name(), cookie.value());
        read(
            Token::Session,
            Cookies::new(Some(&header)),
            keys,
            &[service],
            now,
        )
        .map(|(session, _)| session)
    }

    fn session() -> Session {
        Session {
            id: SessionId::random(),
            user: UserId::random(),
            identity_provider: "https://idp.example".into(),
            name_id: "<saml:NameID>alice</saml:NameID>".into(),
            session_index: Some("_1".into()),
            authenticated_at: NOON.earlier(Duration::from_millis(250)),
            context_class: None,
            started: NOON,
            expires: NOON.later(Duration::from_hours(8)),
            mark: None,
        }
    }

    const SERVICE: &str = "https://sso.example";
    const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);
}
