//! What is sealed in a record.

use std::collections::BTreeMap;

use sso_core::user::{AccountKey, Profile, User, UserId, UserSecret};
use zeroize::Zeroizing;

use super::SealError;
use super::fields::Fields;
use crate::store::RecordId;

#[cfg(feature = "dangerous-test-builds")]
pub mod next;
#[cfg(not(feature = "dangerous-test-builds"))]
#[path = "no_next.rs"]
mod next;
mod note;

pub use note::Note;

/// What a record says: a user, that there is none any more, where to look for one, or something that
/// the servers keep together.
///
/// What a newer program wrote and this one does not know is kept and written again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a user is there, was, or is elsewhere; and what servers keep together"
)]
#[expect(clippy::large_enum_variant, reason = "nearly every one is a user")]
pub enum Content {
    /// Nobody: what the servers of the domain keep together and take turns to change. It stands at
    /// [`KeyRing::note_id`](super::KeyRing::note_id).
    Note(Note),
    /// There was a user.
    Removed {
        /// Who it was.
        user: UserId,
        /// Version of the record that made that user.
        made_at: u64,
    },
    /// Which record the user has who was brought along, and whose id says nothing of it. It stands
    /// at [`KeyRing::signpost_id`](super::KeyRing::signpost_id), and is believed only if the record
    /// names that user.
    Signpost {
        /// Who was brought along.
        user: UserId,
        /// Where that user is.
        record: RecordId,
    },
    /// There is a user.
    User(SealedUser),
}

/// A user, the secret, and where both come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedUser {
    user: UserId,
    account: AccountKey,
    /// What the last sign-in said.
    pub profile: SealedProfile,
    secret: UserSecret,
    minted_in: u64,
    made_at: u64,
    unknown: Fields,
}

/// A [`Profile`], and what a newer program added to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedProfile {
    /// What this program knows of it.
    pub known: Profile,
    unknown: Fields,
}

impl Content {
    /// The newest schema of records and configurations that this program reads. It writes in the
    /// one of the domain's policy.
    pub const SCHEMA: u64 = 1;

    #[cfg(test)]
    pub(crate) fn removed(user: &[u8; 16], made_at: u64) -> Self {
        let user = user_id(user).expect("16 bytes are an id");
        Self::Removed { user, made_at }
    }

    /// Who is or was there, or elsewhere; nobody if it is a note.
    #[must_use]
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Self::Note(_) => None,
            Self::Removed { user, .. } | Self::Signpost { user, .. } => Some(user),
            Self::User(it) => Some(&it.user),
        }
    }

    /// What stands there once the user is removed; `None` if that has happened, or none was there.
    #[must_use]
    pub fn to_removed(&self) -> Option<Self> {
        match self {
            Self::Note(_) | Self::Removed { .. } | Self::Signpost { .. } => None,
            Self::User(it) => Some(Self::Removed {
                user: it.user.clone(),
                made_at: it.made_at,
            }),
        }
    }

    /// Whether `next` may stand in its place: as long as a user is there, id, account and secret
    /// never change, a signpost leads to one place for ever, and a note stays one.
    #[must_use]
    pub fn may_become(&self, next: &Self) -> bool {
        match (self, next) {
            (Self::Note(_), Self::Note(_)) => true,
            (Self::Note(_), _) | (_, Self::Note(_)) => false,
            (Self::User(it), Self::User(next)) => it.lasting() == next.lasting(),
            (Self::User(_), Self::Removed { .. }) => self.origin() == next.origin(),
            (Self::Removed { .. }, Self::Removed { .. }) => self.origin() == next.origin(),
            (Self::Removed { made_at, .. }, Self::User(next)) => next.made_at > *made_at,
            (Self::Signpost { .. }, _) | (_, Self::Signpost { .. }) => self == next,
        }
    }

    const fn origin(&self) -> (Option<&UserId>, u64) {
        match self {
            Self::Removed { made_at, .. } => (self.user(), *made_at),
            Self::Note(_) | Self::Signpost { .. } => (self.user(), 0),
            Self::User(it) => (self.user(), it.made_at),
        }
    }

    /// Reads what was sealed in `schema`.
    pub(super) fn parse(bytes: &[u8], schema: u64) -> Result<Self, SealError> {
        let mut fields = Fields::parse(bytes)?;
        next::check(&fields, schema)?;
        let state: u64 = fields.need(0)?;
        if state == NOTE {
            return Note::of(&mut fields).map(Self::Note);
        }
        if state > NOTE {
            return Err(SealError::Newer);
        }
        let user = user_id(&fields.need::<minicbor::bytes::ByteVec>(1)?)?;
        match state {
            USER => SealedUser::parse(user, fields.need(6)?, fields).map(Self::User),
            REMOVED => Ok(Self::Removed {
                user,
                made_at: fields.need(6)?,
            }),
            SIGNPOST => Ok(Self::Signpost {
                user,
                record: fields.need(7)?,
            }),
            _ => Err(SealError::Newer),
        }
    }

    /// The schema in one byte, then the content, not sealed: what takes them has to seal them.
    pub(crate) fn to_plain_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = self.bytes(Self::SCHEMA);
        bytes.insert(0, u8::try_from(Self::SCHEMA).unwrap_or(u8::MAX));
        bytes
    }

    pub(crate) fn of_plain_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        let (schema, bytes) = bytes.split_first().ok_or(SealError::Newer)?;
        match u64::from(*schema) {
            schema if schema > Self::SCHEMA => Err(SealError::Newer),
            schema => Self::parse(bytes, schema),
        }
    }

    #[cfg(test)]
    pub(crate) fn bytes_for_vectors(&self) -> Vec<u8> {
        self.bytes(Self::SCHEMA).to_vec()
    }

    /// What is sealed in `schema`.
    pub(super) fn bytes(&self, schema: u64) -> Zeroizing<Vec<u8>> {
        let (state, mut fields) = match self {
            Self::Note(note) => (NOTE, note.fields()),
            Self::Removed { made_at, .. } => (REMOVED, made(*made_at)),
            Self::Signpost { record, .. } => (SIGNPOST, leads_to(record)),
            Self::User(it) => (USER, it.fields()),
        };
        fields.put(0, &state);
        let user = self.user().map(user_bytes);
        fields.put_if(1, user.map(minicbor::bytes::ByteVec::from).as_ref());
        next::add(&mut fields, schema);
        fields.bytes()
    }
}

impl SealedUser {
    /// A user whose id and secret were minted in `epoch` for the record `version`.
    #[must_use]
    pub fn minted(
        (user, secret): (UserId, UserSecret),
        epoch: u64,
        version: u64,
        account: AccountKey,
        profile: Profile,
    ) -> Self {
        Self {
            user,
            account,
            profile: SealedProfile::new(profile),
            secret,
            minted_in: epoch,
            made_at: version,
            unknown: Fields::default(),
        }
    }

    /// A user who existed before the domain did, with the secret that there was.
    #[must_use]
    pub fn brought_along(user: User, secret: UserSecret, version: u64) -> Self {
        let (account, profile) = (user.account, user.profile);
        Self::minted((user.id, secret), BROUGHT_ALONG, version, account, profile)
    }

    /// The user as the rest of the program knows one.
    #[must_use]
    pub fn to_user(&self) -> User {
        User::new(
            self.user.clone(),
            self.account.clone(),
            self.profile.known.clone(),
        )
    }

    /// The user's id.
    #[must_use]
    pub const fn id(&self) -> &UserId {
        &self.user
    }

    /// Whose account it is.
    #[must_use]
    pub const fn account(&self) -> &AccountKey {
        &self.account
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &UserSecret {
        &self.secret
    }

    /// The epoch and the version with which id and secret were minted; `None` if they were
    /// brought along.
    #[must_use]
    pub fn minted_in(&self) -> Option<(u64, u64)> {
        (self.minted_in != BROUGHT_ALONG).then_some((self.minted_in, self.made_at))
    }

    fn lasting(&self) -> (&UserId, &AccountKey, &UserSecret, u64, u64) {
        let Self { user, account, .. } = self;
        (user, account, &self.secret, self.minted_in, self.made_at)
    }

    fn parse(user: UserId, made_at: u64, mut fields: Fields) -> Result<Self, SealError> {
        let secret = fields.need::<Secret>(4)?;
        Ok(Self {
            user,
            account: account(fields.need(2)?),
            profile: SealedProfile::parse(fields.take_map(3)?)?,
            secret: UserSecret::from_bytes(*secret.0),
            minted_in: fields.need(5)?,
            made_at,
            unknown: fields,
        })
    }

    fn fields(&self) -> Fields {
        let mut fields = self.unknown.clone();
        let AccountKey {
            identity_provider,
            format,
            name_qualifier,
            sp_name_qualifier,
            value,
            ..
        } = &self.account;
        fields.put(
            2,
            &(
                identity_provider,
                format,
                name_qualifier,
                sp_name_qualifier,
                value,
            ),
        );
        fields.put_map(3, &self.profile.fields());
        fields.put(4, &Secret(Zeroizing::new(*self.secret.expose())));
        fields.put(5, &self.minted_in);
        fields.put(6, &self.made_at);
        fields
    }
}

impl SealedProfile {
    /// A profile without additions.
    #[must_use]
    pub fn new(known: Profile) -> Self {
        Self {
            known,
            unknown: Fields::default(),
        }
    }

    fn parse(mut fields: Fields) -> Result<Self, SealError> {
        let mut known = Profile::default();
        known.first = fields.take(1)?;
        known.last = fields.take(2)?;
        known.email = fields.take(3)?;
        known.groups = fields.take(4)?.unwrap_or_default();
        known.attributes = attributes(fields.take(5)?.unwrap_or_default())?;
        Ok(Self {
            known,
            unknown: fields,
        })
    }

    fn fields(&self) -> Fields {
        let mut fields = self.unknown.clone();
        let known = &self.known;
        fields.put_if(1, known.first.as_ref());
        fields.put_if(2, known.last.as_ref());
        fields.put_if(3, known.email.as_ref());
        if !known.groups.is_empty() {
            fields.put(4, &known.groups);
        }
        if !known.attributes.is_empty() {
            let attributes: Vec<_> = known.attributes.iter().collect();
            fields.put(5, &attributes);
        }
        fields
    }
}

fn made(at: u64) -> Fields {
    let mut fields = Fields::default();
    fields.put(6, &at);
    fields
}

fn leads_to(record: &RecordId) -> Fields {
    let mut fields = Fields::default();
    fields.put(7, record);
    fields
}

type AccountParts = (String, String, String, String, String);

fn account((provider, format, qualifier, sp_qualifier, value): AccountParts) -> AccountKey {
    let mut account = AccountKey::new(provider, format, value);
    account.name_qualifier = qualifier;
    account.sp_name_qualifier = sp_qualifier;
    account
}

/// Attributes have one order: that of their names.
fn attributes(
    pairs: Vec<(String, Vec<String>)>,
) -> Result<BTreeMap<String, Vec<String>>, SealError> {
    if !pairs.is_sorted_by(|(one, _), (next, _)| one < next) {
        return Err(SealError::Malformed);
    }
    Ok(pairs.into_iter().collect())
}

/// An id as 16 bytes.
pub(super) fn user_bytes(id: &UserId) -> Vec<u8> {
    let digits = id.as_str().as_bytes().chunks_exact(2);
    digits
        .filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// 16 bytes as an id.
pub(super) fn user_id(bytes: &[u8]) -> Result<UserId, SealError> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    UserId::parse(&digits).ok_or(SealError::Malformed)
}

struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

crate::cbor::byte_string!(Secret);

/// What a record is about.
const USER: u64 = 0;
const REMOVED: u64 = 1;
const SIGNPOST: u64 = 2;
const NOTE: u64 = 3;

/// Stands where an epoch would be, for what was not minted.
const BROUGHT_ALONG: u64 = 0;

#[cfg(test)]
mod tests;
