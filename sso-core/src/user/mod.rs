//! Users, and the secret that is kept for each.

mod secret;

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;

pub use secret::UserSecret;

use crate::StoreError;

/// The name that an identity provider gave to a person: the key of an account.
///
/// Compared byte by byte: no folding of case, width or accents, since a rule that makes two
/// names one lets one person into the account of another (SAML Core 8.3.7). The identity provider
/// is part of the key, so no provider can speak for the users of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct AccountKey {
    /// Entity ID of the identity provider.
    pub identity_provider: String,
    /// Format URI of the name identifier, or `attribute:NAME` if an attribute names the user.
    pub format: String,
    /// `NameQualifier`, empty if absent.
    pub name_qualifier: String,
    /// `SPNameQualifier`, empty if absent.
    pub sp_name_qualifier: String,
    /// The name itself.
    pub value: String,
}

impl AccountKey {
    /// The account that `identity_provider` calls `value`, in `format`, without qualifiers.
    pub fn new(
        identity_provider: impl Into<String>,
        format: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            identity_provider: identity_provider.into(),
            format: format.into(),
            name_qualifier: String::new(),
            sp_name_qualifier: String::new(),
            value: value.into(),
        }
    }

    /// SHA-256 over the length-prefixed parts: a fixed-size key for storage, safe whatever
    /// characters the network put into a name.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        crate::digest::of_parts(
            "sso-connect account",
            &[
                &self.identity_provider,
                &self.format,
                &self.name_qualifier,
                &self.sp_name_qualifier,
                &self.value,
            ],
        )
    }
}

/// Our own name of a user: 128 random bits in hexadecimal, the same on every server, for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

impl UserId {
    /// A new, random identifier.
    #[must_use]
    pub fn random() -> Self {
        Self(crate::random::hex::<16>())
    }

    /// Reads an identifier that [`as_str`](Self::as_str) wrote; `None` unless it is 32 lower-case
    /// hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == 32 && text.bytes().all(hex)).then(|| Self(text.into()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the identity provider says about a user, renewed at every sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// Given name.
    pub first: Option<String>,
    /// Family name.
    pub last: Option<String>,
    /// E-mail address, exactly as sent; for display and contact, never a key.
    pub email: Option<String>,
    /// Groups, in the order sent, each once.
    pub groups: Vec<String>,
    /// Every further attribute by its name, values in the order sent.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// A user as a [`UserDirectory`] keeps one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// Our own, lasting name.
    pub id: UserId,
    /// The name at the identity provider.
    pub account: AccountKey,
    /// What the last sign-in said.
    pub profile: Profile,
}

impl User {
    /// Puts a user together, as a directory does when it reads one.
    #[must_use]
    pub const fn new(id: UserId, account: AccountKey, profile: Profile) -> Self {
        Self {
            id,
            account,
            profile,
        }
    }
}

/// Keeps the users of a domain and the secret of each.
///
/// # Contract
///
/// - **Created once**: of concurrent [`create`](Self::create) calls with one account key, exactly
///   one answers [`Created::New`]; all others [`Created::Existing`] with that same user, and the
///   secret is the one of the winner.
/// - **Durable**: what was acknowledged survives a crash of the process and of the machine.
/// - **Secret kept**: [`secret`](Self::secret) answers the same bytes for ever;
///   [`update`](Self::update) never touches them.
///
/// `sso_core::user_directory_tests!` checks an implementation against this list.
///
/// # Security
///
/// Secrets are sealed at rest. A directory that answers the user of one account key for another
/// lets one person into the account of another.
#[async_trait]
pub trait UserDirectory: fmt::Debug + Send + Sync + 'static {
    /// The user of an account, if there is one.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the directory cannot tell.
    async fn find(&self, account: &AccountKey) -> Result<Option<User>, StoreError>;

    /// The user with our identifier `id`, if there is one.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the directory cannot tell.
    async fn by_id(&self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// Creates a user with a new random identifier and a new random secret, unless the account
    /// has one.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if nothing is known to be stored; the sign-in is refused then.
    async fn create(&self, account: &AccountKey, profile: &Profile) -> Result<Created, StoreError>;

    /// Replaces the profile of a user; does nothing if the user is gone.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the change is not known to be stored.
    async fn update(&self, id: &UserId, profile: &Profile) -> Result<(), StoreError>;

    /// The secret of a user; `None` if there is no such user.
    ///
    /// # Errors
    ///
    /// A [`StoreError`] if the directory cannot tell, or cannot unseal the secret.
    async fn secret(&self, id: &UserId) -> Result<Option<UserSecret>, StoreError>;
}

/// What [`UserDirectory::create`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "an account was there or it was not"
)]
pub enum Created {
    /// The account had a user already.
    Existing(User),
    /// The user was made by this call.
    New(User),
}

impl Created {
    /// The user, whoever made it.
    #[must_use]
    pub fn into_user(self) -> User {
        match self {
            Self::Existing(user) | Self::New(user) => user,
        }
    }
}
