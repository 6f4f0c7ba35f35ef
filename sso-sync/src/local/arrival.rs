//! Users who come from elsewhere, with their ids and secrets.

use sso_core::StoreError;
use sso_core::user::{User, UserSecret};

use super::LocalStore;
use super::user_directory::insert;

/// What became of users who came from elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TakenIn {
    /// They were not there before.
    pub new: u64,
    /// They were there, with the same id.
    pub same: u64,
    /// Another user had the account, and stays.
    pub other: u64,
}

impl LocalStore {
    /// Takes in users with their ids and secrets, all of them or none. It may be called again.
    ///
    /// # Errors
    ///
    /// A [`StoreError`], [`Frozen`](super::Frozen) if the store is; nothing has changed then.
    pub async fn take_in(&self, users: &[(User, UserSecret)]) -> Result<TakenIn, StoreError> {
        if let Some(frozen) = self.frozen() {
            return Err(StoreError::unavailable(frozen.clone()));
        }
        let rows = users
            .iter()
            .map(|(user, secret)| self.row(user, secret))
            .collect::<Result<Vec<_>, _>>()?;
        self.writer
            .change(move |connection| {
                let mut taken = TakenIn::default();
                for row in &rows {
                    match insert(connection, row)? {
                        None => taken.new += 1,
                        Some(there) if there.is(row) => taken.same += 1,
                        Some(_) => taken.other += 1,
                    }
                }
                Ok(taken)
            })
            .await
    }
}

impl TakenIn {
    /// All of both.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self {
            new: self.new + more.new,
            same: self.same + more.same,
            other: self.other + more.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use sso_core::user::{AccountKey, Profile, UserDirectory as _, UserId};

    use super::*;
    use crate::local::DataKey;

    #[tokio::test]
    async fn who_is_taken_in_keeps_id_profile_and_secret_and_is_taken_in_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = LocalStore::open(&path, &DataKey::from_bytes([7; 32])).unwrap();
        let users: Vec<_> = (0..2_000).map(user).collect();
        let taken = store.take_in(&users).await.unwrap();
        assert_eq!((taken.new, taken.same, taken.other), (2_000, 0, 0));
        let (user, secret) = &users[77];
        assert_eq!(
            store.find(&user.account).await.unwrap().as_ref(),
            Some(user)
        );
        assert_eq!(store.secret(&user.id).await.unwrap().as_ref(), Some(secret));
        let again = store.take_in(&users).await.unwrap();
        assert_eq!((again.new, again.same, again.other), (0, 2_000, 0));

        let mut other = users[77].clone();
        other.0.id = UserId::random();
        let taken = store.take_in(&[other]).await.unwrap();
        assert_eq!(taken.other, 1);
        assert_eq!(
            store.find(&user.account).await.unwrap().as_ref(),
            Some(user)
        );
    }

    fn user(number: u32) -> (User, UserSecret) {
        let account = AccountKey::new("https://idp.example", "persistent", number.to_string());
        let user = User::new(UserId::random(), account, Profile::default());
        (user, UserSecret::random())
    }
}
