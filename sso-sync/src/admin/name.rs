//! The names under which an administrator signs in.

use std::fmt;

/// An administrator's e-mail address, in the one spelling that counts.
///
/// White space around it is dropped and ASCII capitals become small, also left of the `@`:
/// nobody remembers how an address was capitalised, and no mail system of today tells such
/// addresses apart. Beyond ASCII nothing is accepted, so that no two addresses look alike and are
/// not: an internationalised domain is written in its `xn--` form.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdministratorName(String);

impl AdministratorName {
    /// Longest address, in bytes (RFC 5321).
    pub const MAX_LENGTH: usize = 254;

    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`NameError`] unless it is an address with one `@` in plain ASCII.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim_ascii();
        let (local, domain) = text.split_once('@').ok_or(NameError::Administrator)?;
        let well_formed = text.len() <= Self::MAX_LENGTH
            && local.len() <= 64
            && is_dotted(local, |byte| b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
            && is_dotted(domain, |byte| byte == b'-');
        well_formed
            .then(|| Self(text.to_ascii_lowercase()))
            .ok_or(NameError::Administrator)
    }
}

/// The name of an SSO domain at its hub, such as `example` or `example.com`.
///
/// Compared after ASCII capitals were made small. The hub gives it out once; what the domain *is*,
/// its genesis statement tells.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Longest name, in bytes.
    pub const MAX_LENGTH: usize = 63;

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`NameError`] unless it is letters, digits, hyphens and single dots between them.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim_ascii();
        let well_formed = text.len() <= Self::MAX_LENGTH && is_dotted(text, |byte| byte == b'-');
        well_formed
            .then(|| Self(text.to_ascii_lowercase()))
            .ok_or(NameError::Domain)
    }
}

macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub(super) fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.str(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let text = decoder.str()?;
                Self::parse(text)
                    .ok()
                    .filter(|name| name.0 == text)
                    .ok_or_else(|| minicbor::decode::Error::message("not a name as we write it"))
            }
        }
    };
}

text!(AdministratorName);
text!(DomainName);

/// Why a name was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Not an e-mail address.
    #[error(
        "an administrator is named by an e-mail address in plain ASCII, such as \
         alice@example.com; write an internationalised domain in its xn-- form"
    )]
    Administrator,
    /// Not the name of a domain.
    #[error(
        "an SSO domain is named by up to 63 letters, digits, hyphens and single dots, such as \
         example.com"
    )]
    Domain,
}

/// Whether `text` is words of letters, digits and `more`, with single dots between them.
fn is_dotted(text: &str, more: impl Fn(u8) -> bool) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || more(byte))
    };
    text.split('.').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        let name = AdministratorName::parse(" Alice.B+x@Example.COM\n").unwrap();
        assert_eq!(name.as_str(), "alice.b+x@example.com");
        assert_eq!(AdministratorName::parse(name.as_str()).unwrap(), name);
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        for odd in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "a@b@c",
            "a..b@example.com",
            ".a@example.com",
            "alice@example..com",
            "al ice@example.com",
            "älice@example.com",
            "alice@ex\u{430}mple.com",
            "alice@example.com.",
            "al\u{212a}@example.com",
            "alice@example.com\0",
            "\"a\"@example.com",
        ] {
            assert_eq!(
                AdministratorName::parse(odd),
                Err(NameError::Administrator),
                "{odd:?}"
            );
        }
    }

    #[test]
    fn lengths_are_bounded_from_both_sides() {
        let local = |length| AdministratorName::parse(&format!("{}@b", "a".repeat(length)));
        assert!(local(64).is_ok());
        assert!(local(65).is_err());
        let whole =
            |length: usize| AdministratorName::parse(&format!("a@{}", "b".repeat(length - 2)));
        assert!(whole(254).is_ok());
        assert!(whole(255).is_err());
        assert!(DomainName::parse(&"a".repeat(63)).is_ok());
        assert!(DomainName::parse(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_domain_has_one_spelling() {
        assert_eq!(
            DomainName::parse("Example-1.COM ").unwrap().as_str(),
            "example-1.com"
        );
        for odd in ["", ".", "a.", "a..b", "a/b", "a_b", "ä"] {
            assert_eq!(DomainName::parse(odd), Err(NameError::Domain), "{odd:?}");
        }
    }

    #[test]
    fn another_spelling_on_the_wire_is_refused() {
        let capital = minicbor::to_vec("Alice@example.com").unwrap();
        assert!(minicbor::decode::<AdministratorName>(&capital).is_err());
        let name = AdministratorName::parse("alice@example.com").unwrap();
        let bytes = minicbor::to_vec(&name).unwrap();
        assert_eq!(minicbor::decode::<AdministratorName>(&bytes).unwrap(), name);
    }
}
