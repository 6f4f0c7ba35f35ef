//! What the first administrator of a domain is handed.

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::invitation::Invitation;
use super::one_time;
use crate::hub::InvitationCode;

/// Everything that somebody needs to found a domain at a hub: where the hub is, the right to
/// register as administrator, and the right to post the first statement.
///
/// The operator of the hub makes it and hands over the text. It works once and expires, and
/// deserves the care of a password until then. `Debug` shows no secret, and the memory is wiped
/// when the value is dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Founding {
    #[n(0)]
    hub: String,
    #[n(1)]
    invitation: Invitation,
    #[n(2)]
    code: InvitationCode,
}

impl Founding {
    /// Longest `hub`, in bytes: a host name and a port.
    pub const MAX_HUB: usize = 261;

    /// Puts together what is handed over. `hub` is host and port as they are to be dialled, and
    /// both rights are for the same name of a domain.
    #[must_use]
    pub fn new(hub: impl Into<String>, invitation: Invitation, code: InvitationCode) -> Self {
        Self {
            hub: hub.into(),
            invitation,
            code,
        }
    }

    /// Reads what was pasted; white space around it is ignored.
    ///
    /// # Errors
    ///
    /// [`FoundingError`] if it is none, or not a whole one.
    pub fn parse(text: &str) -> Result<Self, FoundingError> {
        let found: Self = one_time::from_text(PREFIX, text).ok_or(FoundingError)?;
        let fits = (1..=Self::MAX_HUB).contains(&found.hub.len());
        fits.then_some(found).ok_or(FoundingError)
    }

    /// The text to paste: one long word. Every call deserves a look.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        one_time::to_text(PREFIX, self)
    }

    /// Host and port of the hub.
    #[must_use]
    pub fn hub(&self) -> &str {
        &self.hub
    }

    /// The right to register, with the names of domain and administrator; it names no genesis.
    #[must_use]
    pub const fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// The right to post the first statement.
    #[must_use]
    pub const fn code(&self) -> &InvitationCode {
        &self.code
    }
}

impl fmt::Debug for Founding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Founding(at {}, {:?})", self.hub, self.invitation)
    }
}

/// Not what the operator of a hub hands over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not what `sso-connect hub domain create` printed, or not all of it; it begins with \
     {PREFIX} and is one long word"
)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct FoundingError;

const PREFIX: &str = "sso-founding-1-";

#[cfg(test)]
mod tests {
    use sso_core::UnixTime;

    use super::*;
    use crate::admin::random::DangerouslyPredictableRandomness;
    use crate::admin::{AdministratorName, DomainName};

    #[test]
    fn it_is_read_as_it_was_written() {
        let founding = founding("hub.example.com:8444");
        let text = founding.to_text();
        insta::assert_snapshot!(*text, @"sso-founding-1-qn2gq5lcfzsxqylnobwgkltdn5wtuobugq2ikz3fpbqw24dmmvxwe33cibsxqylnobwgkltdn5wru22j2iapmwbapa4clarkn6pgfwrbsducrzgj2jlw4wlx4oqlgyqlbew7xhuzs35fqiaha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha4dqobyha43alecy");
        let read = Founding::parse(&format!("\n{}  ", *text)).unwrap();
        assert_eq!(read, founding);
        assert_eq!(read.hub(), "hub.example.com:8444");
        assert_eq!(read.invitation().domain().as_str(), "example");
        assert_eq!(read.code().text(), founding.code.text());
    }

    #[test]
    fn the_longest_names_fit_and_longer_ones_are_refused() {
        let longest = founding(&"h".repeat(Founding::MAX_HUB));
        assert_eq!(Founding::parse(&longest.to_text()), Ok(longest));
        for length in [0, Founding::MAX_HUB + 1] {
            let text = founding(&"h".repeat(length)).to_text();
            assert_eq!(Founding::parse(&text), Err(FoundingError), "{length}");
        }
    }

    #[test]
    fn a_text_that_was_cut_or_mistyped_is_refused() {
        let text = founding("hub:1").to_text();
        for end in 0..text.len() {
            assert_eq!(Founding::parse(&text[..end]), Err(FoundingError), "{end}");
        }
        let (start, end) = text.split_at(text.len() / 2);
        let other = if end.starts_with('a') { 'b' } else { 'a' };
        let mistyped = format!("{start}{other}{}", &end[1..]);
        assert_eq!(Founding::parse(&mistyped), Err(FoundingError));
    }

    #[test]
    fn an_invitation_of_another_kind_is_no_founding() {
        let text = founding("hub:1").invitation.to_text();
        assert_eq!(Founding::parse(&text), Err(FoundingError));
        assert!(Invitation::parse(&founding("hub:1").to_text()).is_err());
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", founding("hub:1")),
            "Founding(at hub:1, Invitation(bob@example.com to example, …))"
        );
    }

    fn founding(hub: &str) -> Founding {
        let invitation = Invitation::new(
            DomainName::parse("example").unwrap(),
            AdministratorName::parse("bob@example.com").unwrap(),
            None,
            UnixTime::from_secs(1_800_000_000),
            &mut DangerouslyPredictableRandomness::new(1),
        );
        Founding::new(hub, invitation, InvitationCode::new([7; 32]))
    }
}
