//! Users and their secrets.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use sso_core::StoreError;
use sso_core::user::{AccountKey, Created, Profile, User, UserDirectory, UserId, UserSecret};

use super::LocalStore;

#[async_trait]
impl UserDirectory for LocalStore {
    async fn find(&self, account: &AccountKey) -> Result<Option<User>, StoreError> {
        let digest = account.digest();
        let row = self
            .reader
            .run(move |connection| find(connection, &digest))
            .await?;
        let user = row.map(UserRow::into_user).transpose()?;
        match user {
            Some(user) if user.account != *account => Err(StoreError::corrupt(
                "a user is filed under the account of another",
            )),
            user => Ok(user),
        }
    }

    async fn by_id(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        let row = self
            .reader
            .run(move |connection| by_id(connection, &id))
            .await?;
        row.map(UserRow::into_user).transpose()
    }

    async fn create(&self, account: &AccountKey, profile: &Profile) -> Result<Created, StoreError> {
        if let Some(frozen) = self.frozen() {
            let known = self.find(account).await?.map(Created::Existing);
            return known.ok_or_else(|| StoreError::unavailable(frozen.clone()));
        }
        let user = User::new(UserId::random(), account.clone(), profile.clone());
        let row = self.new_row(&user)?;
        let existing = self
            .writer
            .change(move |connection| Ok(insert(connection, &row)?))
            .await?;
        match existing {
            None => Ok(Created::New(user)),
            Some(row) => Ok(Created::Existing(row.into_user()?)),
        }
    }

    async fn update(&self, id: &UserId, profile: &Profile) -> Result<(), StoreError> {
        if self.frozen().is_some() {
            // The provider tells it again at the next sign-in, and this one must not fail.
            return Ok(());
        }
        let id = id.clone();
        let profile = StoredProfile::of(profile).to_json()?;
        self.writer
            .change(move |connection| Ok(update(connection, &id, &profile)?))
            .await
    }

    async fn secret(&self, id: &UserId) -> Result<Option<UserSecret>, StoreError> {
        let wanted = id.clone();
        let row = self
            .reader
            .run(move |connection| sealed_secret(connection, &wanted))
            .await?;
        let Some((account, sealed)) = row else {
            return Ok(None);
        };
        match self.sealer.open_secret(id, &account, &sealed) {
            Some(secret) => Ok(Some(secret)),
            None => Err(StoreError::corrupt("the secret of a user does not unseal")),
        }
    }
}

impl LocalStore {
    fn new_row(&self, user: &User) -> Result<NewUser, StoreError> {
        self.row(user, &UserSecret::random())
    }

    pub(super) fn row(&self, user: &User, secret: &UserSecret) -> Result<NewUser, StoreError> {
        let account_digest = user.account.digest();
        let sealed = self.sealer.seal_secret(&user.id, &account_digest, secret);
        Ok(NewUser {
            id: user.id.clone(),
            account_digest,
            account: StoredAccount::of(&user.account).to_json()?,
            profile: StoredProfile::of(&user.profile).to_json()?,
            secret: sealed.ok_or_else(|| StoreError::unavailable("sealing failed"))?,
        })
    }
}

fn find(connection: &Connection, digest: &[u8; 32]) -> rusqlite::Result<Option<UserRow>> {
    connection
        .prepare_cached(FIND)?
        .query_row([digest], UserRow::read)
        .optional()
}

fn by_id(connection: &Connection, id: &UserId) -> rusqlite::Result<Option<UserRow>> {
    connection
        .prepare_cached(BY_ID)?
        .query_row([id.as_str()], UserRow::read)
        .optional()
}

/// Inserts, or answers the user that was there first.
pub(super) fn insert(connection: &Connection, new: &NewUser) -> rusqlite::Result<Option<UserRow>> {
    if let Some(existing) = find(connection, &new.account_digest)? {
        return Ok(Some(existing));
    }
    let NewUser {
        id,
        account_digest,
        account,
        profile,
        secret,
    } = new;
    connection.prepare_cached(INSERT)?.execute(params![
        id.as_str(),
        account_digest,
        account,
        profile,
        secret
    ])?;
    Ok(None)
}

/// Leaves the disk alone if nothing changed, as after most sign-ins.
fn update(connection: &Connection, id: &UserId, profile: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(UPDATE)?
        .execute([id.as_str(), profile])?;
    Ok(())
}

fn sealed_secret(
    connection: &Connection,
    id: &UserId,
) -> rusqlite::Result<Option<([u8; 32], Vec<u8>)>> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    connection
        .prepare_cached(SECRET)?
        .query_row([id.as_str()], read)
        .optional()
}

/// A row to be written.
pub(super) struct NewUser {
    id: UserId,
    account_digest: [u8; 32],
    account: String,
    profile: String,
    secret: Vec<u8>,
}

/// A row as it was read, unparsed.
pub(super) struct UserRow {
    id: String,
    account: String,
    profile: String,
}

impl UserRow {
    /// Whether it is the row of the same user.
    pub(super) fn is(&self, new: &NewUser) -> bool {
        self.id == new.id.as_str()
    }

    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            account: row.get(1)?,
            profile: row.get(2)?,
        })
    }

    pub(super) fn into_user(self) -> Result<User, StoreError> {
        let id = UserId::parse(&self.id)
            .ok_or_else(|| StoreError::corrupt("a user has an identifier of another form"))?;
        let account: StoredAccount =
            serde_json::from_str(&self.account).map_err(StoreError::corrupt)?;
        let profile: StoredProfile =
            serde_json::from_str(&self.profile).map_err(StoreError::corrupt)?;
        Ok(User::new(
            id,
            account.into_account(),
            profile.into_profile(),
        ))
    }
}

/// [`AccountKey`] as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredAccount {
    identity_provider: String,
    format: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name_qualifier: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sp_name_qualifier: String,
    value: String,
}

impl StoredAccount {
    fn of(account: &AccountKey) -> Self {
        Self {
            identity_provider: account.identity_provider.clone(),
            format: account.format.clone(),
            name_qualifier: account.name_qualifier.clone(),
            sp_name_qualifier: account.sp_name_qualifier.clone(),
            value: account.value.clone(),
        }
    }

    fn into_account(self) -> AccountKey {
        let mut account = AccountKey::new(self.identity_provider, self.format, self.value);
        account.name_qualifier = self.name_qualifier;
        account.sp_name_qualifier = self.sp_name_qualifier;
        account
    }

    fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(StoreError::unavailable)
    }
}

/// [`Profile`] as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredProfile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, Vec<String>>,
}

impl StoredProfile {
    fn of(profile: &Profile) -> Self {
        Self {
            first: profile.first.clone(),
            last: profile.last.clone(),
            email: profile.email.clone(),
            groups: profile.groups.clone(),
            attributes: profile.attributes.clone(),
        }
    }

    fn into_profile(self) -> Profile {
        let mut profile = Profile::default();
        profile.first = self.first;
        profile.last = self.last;
        profile.email = self.email;
        profile.groups = self.groups;
        profile.attributes = self.attributes;
        profile
    }

    fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(StoreError::unavailable)
    }
}

const FIND: &str = "SELECT id, account, profile FROM users WHERE account_digest = ?1";
const BY_ID: &str = "SELECT id, account, profile FROM users WHERE id = ?1";
const SECRET: &str = "SELECT account_digest, secret FROM users WHERE id = ?1";
const UPDATE: &str = "UPDATE users SET profile = ?2 WHERE id = ?1 AND profile <> ?2";
const INSERT: &str = "INSERT INTO users (id, account_digest, account, profile, secret)
    VALUES (?1, ?2, ?3, ?4, ?5)";
