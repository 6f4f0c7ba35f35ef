//! What is asked for, by method and address.

use http::Method;

use crate::store::DomainId;
use crate::wire::unhex;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Administrators,
    Domain(DomainId, OfDomain),
    Hub,
    Session,
}

/// What is asked for of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfDomain {
    Administrators,
    Append,
    Beat,
    Beats,
    Bucket(u8),
    Buckets,
    Chain,
    Commit,
    Feed,
    Head,
    Invitations,
    Records,
    SignOut,
    Snapshot,
}

impl Target {
    /// `None` if there is nothing of that name.
    pub(super) fn parse(method: &Method, path: &str) -> Option<Self> {
        let path = path.strip_prefix(ROOT)?;
        let mut parts = path.split('/');
        let target = match (method.as_str(), parts.next()?) {
            ("GET", "hub") => Self::Hub,
            ("POST", "administrators") => Self::Administrators,
            ("POST", "session") => Self::Session,
            (method, "domains") => {
                let domain = DomainId::new(unhex(parts.next()?)?);
                let of = OfDomain::parse(method, parts.next()?, &mut parts)?;
                Self::Domain(domain, of)
            }
            _ => return None,
        };
        parts.next().is_none().then_some(target)
    }
}

impl OfDomain {
    fn parse<'a>(
        method: &str,
        name: &str,
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        match (method, name) {
            ("GET", "administrators") => Some(Self::Administrators),
            ("GET", "beats") => Some(Self::Beats),
            ("GET", "buckets") => match rest.next() {
                Some(bucket) => unhex(bucket).map(|[bucket]| Self::Bucket(bucket)),
                None => Some(Self::Buckets),
            },
            ("GET", "chain") => Some(Self::Chain),
            ("GET", "feed") => Some(Self::Feed),
            ("GET", "head") => Some(Self::Head),
            ("GET", "snapshot") => Some(Self::Snapshot),
            ("POST", "chain") => Some(Self::Append),
            ("POST", "feed") => Some(Self::Commit),
            ("POST", "invitations") => Some(Self::Invitations),
            ("POST", "records") => Some(Self::Records),
            ("POST", "sign-out") => Some(Self::SignOut),
            ("PUT", "beat") => Some(Self::Beat),
            _ => None,
        }
    }
}

/// The part of an address after the question mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query<'a>(pub(super) &'a str);

impl<'a> Query<'a> {
    /// The value of a parameter; nothing if it is not there.
    pub(super) fn text(self, name: &str) -> &'a str {
        let pairs = self.0.split('&');
        let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| *key == name);
        found.map_or("", |(_, value)| value)
    }

    /// The number of a parameter: 0 if it is not there, `None` if it is none.
    pub(super) fn number(self, name: &str) -> Option<u64> {
        match self.text(name) {
            "" => Some(0),
            text if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            _ => None,
        }
    }
}

const ROOT: &str = "/sync/v1/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_specification_is_known() {
        let domain = DomainId::new([0x0a; 32]);
        let of = |method: Method, rest: &str| {
            let path = format!("/sync/v1/domains/{domain}/{rest}");
            match Target::parse(&method, &path) {
                Some(Target::Domain(found, of)) if found == domain => Some(of),
                _ => None,
            }
        };
        assert_eq!(of(Method::GET, "head"), Some(OfDomain::Head));
        assert_eq!(of(Method::GET, "chain"), Some(OfDomain::Chain));
        assert_eq!(of(Method::POST, "chain"), Some(OfDomain::Append));
        assert_eq!(of(Method::GET, "feed"), Some(OfDomain::Feed));
        assert_eq!(of(Method::POST, "feed"), Some(OfDomain::Commit));
        assert_eq!(of(Method::POST, "records"), Some(OfDomain::Records));
        assert_eq!(of(Method::GET, "snapshot"), Some(OfDomain::Snapshot));
        assert_eq!(of(Method::GET, "buckets"), Some(OfDomain::Buckets));
        assert_eq!(of(Method::GET, "buckets/ff"), Some(OfDomain::Bucket(255)));
        assert_eq!(of(Method::PUT, "beat"), Some(OfDomain::Beat));
        assert_eq!(of(Method::GET, "beats"), Some(OfDomain::Beats));
    }

    #[test]
    fn every_other_address_is_unknown() {
        let domain = DomainId::new([0x0a; 32]);
        for path in [
            "/",
            "/sync/v1/",
            "/sync/v2/hub",
            "/sync/v1/hub/",
            "/sync/v1//hub",
            "/sync/v1/domains",
            "/sync/v1/domains/0a/head",
            &format!("/sync/v1/domains/{domain}"),
            &format!("/sync/v1/domains/{domain}/heads"),
            &format!("/sync/v1/domains/{domain}/head/"),
            &format!("/sync/v1/domains/{domain}/buckets/FF"),
            &format!("/sync/v1/domains/{domain}/buckets/fff"),
            &format!("/sync/v1/domains/{domain}/buckets/ff/0"),
        ] {
            assert_eq!(Target::parse(&Method::GET, path), None, "{path}");
        }
        assert_eq!(Target::parse(&Method::POST, "/sync/v1/hub"), None);
        assert_eq!(Target::parse(&Method::DELETE, "/sync/v1/session"), None);
    }

    #[test]
    fn numbers_are_numbers() {
        let query = Query("after=12&wait=&seq=-1&from=+1&big=18446744073709551616");
        assert_eq!(query.number("after"), Some(12));
        assert_eq!(query.number("wait"), Some(0));
        assert_eq!(query.number("absent"), Some(0));
        for name in ["seq", "from", "big"] {
            assert_eq!(query.number(name), None, "{name}");
        }
    }
}
