//! Invitations: how somebody becomes an administrator, or becomes one again.

use std::fmt;
use std::time::Duration;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;
use zeroize::Zeroizing;

use super::keys::AdministratorPublicKeys;
use super::moment;
use super::name::{AdministratorName, DomainName};
use super::one_time::{self, OneTimeId, OneTimeKey, OneTimeSecret, Signature};
use super::random::Randomness;
use super::sealed::{self, CryptographyFailed};
use super::wire::Message;
use crate::store::DomainId;

/// What somebody is handed who shall register a password: a secret of 256 bits that works once
/// and expires.
///
/// Whoever mints it keeps the [`InvitationRecord`] at the hub and gives the text to the invited
/// person only. `Debug` shows no secret, and the memory is wiped when the value is dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Invitation {
    #[n(0)]
    domain: DomainName,
    #[n(1)]
    administrator: AdministratorName,
    #[cbor(n(2), with = "moment")]
    expires: UnixTime,
    #[cbor(n(3), with = "minicbor::bytes")]
    genesis: Option<[u8; 32]>,
    #[n(4)]
    secret: OneTimeSecret,
}

impl Invitation {
    /// How long an invitation is good for, unless said otherwise.
    pub const LIFE: Duration = Duration::from_secs(3 * 24 * 3600);

    /// Invites `administrator`.
    ///
    /// An administrator of the domain who invites another names its `genesis`, and the invited one
    /// need not believe the hub which domain it is. There is none before the first administrator
    /// has made it.
    #[must_use]
    pub fn new(
        domain: DomainName,
        administrator: AdministratorName,
        genesis: Option<DomainId>,
        expires: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Self {
        Self {
            domain,
            administrator,
            expires: expires.to_the_second(),
            genesis: genesis.map(|genesis| *genesis.as_bytes()),
            secret: OneTimeSecret::random(randomness),
        }
    }

    /// Reads what was pasted.
    ///
    /// # Errors
    ///
    /// [`InvitationError`] if it is no invitation, or not a whole one.
    pub fn parse(text: &str) -> Result<Self, InvitationError> {
        one_time::from_text(PREFIX, text).ok_or(InvitationError)
    }

    /// The invitation as text to paste. Every call deserves a look.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        one_time::to_text(PREFIX, self)
    }

    /// What the hub keeps: nothing that could be used as an invitation.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn record(&self) -> Result<InvitationRecord, CryptographyFailed> {
        Ok(InvitationRecord {
            key: self.secret.public()?,
            domain: self.domain.clone(),
            administrator: self.administrator.clone(),
            expires: self.expires,
        })
    }

    /// The domain that it invites to.
    #[must_use]
    pub const fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// Who is invited.
    #[must_use]
    pub const fn administrator(&self) -> &AdministratorName {
        &self.administrator
    }

    /// Digest of the genesis statement of the domain, if whoever invited knew it.
    #[must_use]
    pub fn genesis(&self) -> Option<DomainId> {
        self.genesis.map(DomainId::new)
    }

    /// From this moment on the hub refuses it.
    #[must_use]
    pub const fn expires(&self) -> UnixTime {
        self.expires
    }

    pub(super) const fn secret(&self) -> &OneTimeSecret {
        &self.secret
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Invitation({} to {}, …)",
            self.administrator, self.domain
        )
    }
}

/// What a hub keeps of an invitation, under its [`id`](OneTimeKey::id).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct InvitationRecord {
    /// Public half of the secret.
    #[n(0)]
    pub key: OneTimeKey,
    /// The domain that it invites to.
    #[n(1)]
    pub domain: DomainName,
    /// Who is invited.
    #[n(2)]
    pub administrator: AdministratorName,
    /// From this moment on it is refused, and may be deleted.
    #[cbor(n(3), with = "moment")]
    pub expires: UnixTime,
}

impl Message for InvitationRecord {
    const KIND: u16 = 202;
}

/// The word of an invited person that these are their keys, which a hub cannot put into
/// their mouth: it is signed with the secret of the invitation.
///
/// An administrator who invited somebody checks it before adding the keys to the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Introduction {
    #[n(0)]
    key: OneTimeKey,
    #[n(1)]
    signature: Signature,
}

impl Introduction {
    pub(super) fn new(
        invitation: &Invitation,
        keys: &AdministratorPublicKeys,
    ) -> Result<Self, CryptographyFailed> {
        let said = said(&invitation.domain, &invitation.administrator, keys);
        Ok(Self {
            key: invitation.secret.public()?,
            signature: invitation.secret.sign(&said)?,
        })
    }

    /// Whether whoever was handed the invitation `id` says that `keys` are theirs.
    #[must_use]
    pub fn confirms(
        &self,
        id: &OneTimeId,
        domain: &DomainName,
        administrator: &AdministratorName,
        keys: &AdministratorPublicKeys,
    ) -> bool {
        let said = said(domain, administrator, keys);
        self.key.id() == *id && self.key.verifies(&said, &self.signature)
    }
}

fn said(
    domain: &DomainName,
    administrator: &AdministratorName,
    keys: &AdministratorPublicKeys,
) -> Vec<u8> {
    let parts = [
        domain.as_bytes(),
        administrator.as_bytes(),
        &keys.signing,
        &keys.sealing,
    ];
    sealed::transcript("sso-connect introduction 1", &parts)
}

/// Not an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no invitation, or not a whole one; it begins with {PREFIX} and is one long word")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct InvitationError;

const PREFIX: &str = "sso-invitation-1-";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::keys::AdministratorKeys;
    use crate::admin::random::{DangerouslyPredictableRandomness, SystemRandomness};

    #[test]
    fn an_invitation_is_read_as_it_was_written() {
        let invitation = invitation();
        let text = invitation.to_text();
        insta::assert_snapshot!(*text, @"sso-invitation-1-qvtwk6dbnvygyzlpmjxweqdfpbqw24dmmuxgg33ndjvutuqalaqaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibcyeb4dqjmcfjxz4yw2egioqkhezhjfo3szo7r2bm3cbmes3646tglpudjg7l4a");
        assert_eq!(Invitation::parse(&format!(" {}\n", *text)), Ok(invitation));
    }

    #[test]
    fn a_text_that_was_cut_or_mistyped_is_refused() {
        let text = invitation().to_text();
        for end in 0..text.len() {
            assert_eq!(
                Invitation::parse(&text[..end]),
                Err(InvitationError),
                "cut at {end}"
            );
        }
        let (start, end) = text.split_at(text.len() / 2);
        let other = if end.starts_with('a') { 'b' } else { 'a' };
        let mistyped = format!("{start}{other}{}", &end[1..]);
        assert_eq!(Invitation::parse(&mistyped), Err(InvitationError));
    }

    #[test]
    fn the_hub_keeps_no_secret_of_it() {
        let invitation = invitation();
        let record = minicbor::to_vec(invitation.record().unwrap()).unwrap();
        let secret = invitation.secret.seed();
        assert!(!record.windows(32).any(|window| window == secret));
    }

    #[test]
    fn an_introduction_holds_for_its_invitation_person_and_keys() {
        let (invitation, keys, other_keys) = (invitation(), keys(), keys());
        let introduction = Introduction::new(&invitation, &keys).unwrap();
        let id = invitation.record().unwrap().key.id();
        let confirms = |id: &_, domain: &str, name: &str, keys: &_| {
            let domain = DomainName::parse(domain).unwrap();
            let name = AdministratorName::parse(name).unwrap();
            introduction.confirms(id, &domain, &name, keys)
        };
        assert!(confirms(&id, "example", "bob@example.com", &keys));
        assert!(!confirms(&id, "other", "bob@example.com", &keys));
        assert!(!confirms(&id, "example", "eve@example.com", &keys));
        assert!(!confirms(&id, "example", "bob@example.com", &other_keys));
        let other = OneTimeSecret::random(&mut SystemRandomness)
            .public()
            .unwrap()
            .id();
        assert!(!confirms(&other, "example", "bob@example.com", &keys));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", invitation()),
            "Invitation(bob@example.com to example, …)"
        );
    }

    fn keys() -> AdministratorPublicKeys {
        AdministratorKeys::random(&mut SystemRandomness)
            .public()
            .unwrap()
    }

    fn invitation() -> Invitation {
        Invitation::new(
            DomainName::parse("example").unwrap(),
            AdministratorName::parse("bob@example.com").unwrap(),
            Some(DomainId::new([4; 32])),
            UnixTime::from_secs(1_800_000_000),
            &mut DangerouslyPredictableRandomness::new(1),
        )
    }
}
