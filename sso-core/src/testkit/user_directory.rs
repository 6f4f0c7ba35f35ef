//! What every [`UserDirectory`] must do.
//! [`user_directory_tests!`](crate::user_directory_tests) lists the cases.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_executor::block_on;

use super::{RACERS, race};
use crate::user::{AccountKey, Created, Profile, User, UserDirectory, UserId, UserSecret};

/// Checks a [`UserDirectory`] against its contract: one test for each promise.
///
/// Takes an async closure that opens a fresh directory: `async || (directory, guard)`.
#[macro_export]
macro_rules! user_directory_tests {
    ($open:expr) => {
        $crate::user_directory_tests! { @cases $open;
            an_unknown_account_has_no_user,
            a_created_user_is_found,
            creating_again_finds_the_first_user,
            of_concurrent_creations_one_is_new,
            every_part_of_an_account_key_counts,
            names_are_compared_byte_by_byte,
            any_text_comes_back_as_it_went_in,
            an_update_replaces_the_profile_and_nothing_else,
            an_update_of_nobody_does_nothing,
            every_user_has_a_secret_of_their_own,
        }
    };
    (@cases $open:expr; $($case:ident,)+) => {$(
        #[test]
        fn $case() {
            $crate::testkit::user_directory::run($open, $crate::testkit::user_directory::$case);
        }
    )+};
}

/// Opens a directory, runs one case on it, then drops the guard.
pub fn run<D: UserDirectory, G>(
    open: impl AsyncFnOnce() -> (D, G),
    case: impl AsyncFnOnce(Arc<dyn UserDirectory>),
) {
    block_on(async {
        let (directory, _guard) = open().await;
        case(Arc::new(directory)).await;
    });
}

/// Nobody is there who was not created.
pub async fn an_unknown_account_has_no_user(directory: Arc<dyn UserDirectory>) {
    create(&*directory, &account("bob")).await;
    let id = UserId::random();
    assert_eq!(find(&*directory, &account("alice")).await, None);
    assert_eq!(directory.by_id(&id).await.expect(ANSWERS), None);
    assert!(directory.secret(&id).await.expect(ANSWERS).is_none());
}

/// A new user is there under the account and under the identifier.
pub async fn a_created_user_is_found(directory: Arc<dyn UserDirectory>) {
    let created = directory
        .create(&account("alice"), &profile("Alice"))
        .await
        .expect(ANSWERS);
    let Created::New(user) = created else {
        panic!("nobody was there before")
    };
    assert_eq!(
        (&user.account, &user.profile),
        (&account("alice"), &profile("Alice"))
    );
    assert_eq!(
        find(&*directory, &account("alice")).await.as_ref(),
        Some(&user)
    );
    assert_eq!(
        directory.by_id(&user.id).await.expect(ANSWERS).as_ref(),
        Some(&user)
    );
}

/// A second creation answers the first user, profile and secret unchanged.
pub async fn creating_again_finds_the_first_user(directory: Arc<dyn UserDirectory>) {
    let first = create(&*directory, &account("alice")).await;
    let before = secret(&*directory, &first).await;
    let again = directory
        .create(&account("alice"), &profile("Mallory"))
        .await
        .expect(ANSWERS);
    assert_eq!(again, Created::Existing(first.clone()));
    assert!(
        secret(&*directory, &first).await == before,
        "the secret changed"
    );
}

/// Eight threads with one new account: one user, one secret.
pub async fn of_concurrent_creations_one_is_new(directory: Arc<dyn UserDirectory>) {
    let created = race(&directory, async |directory| {
        directory
            .create(&account("alice"), &profile("Alice"))
            .await
            .expect(ANSWERS)
    });
    let new = created
        .iter()
        .filter(|created| matches!(created, Created::New(_)))
        .count();
    assert_eq!(new, 1, "of {RACERS} concurrent creations");
    let ids: BTreeSet<_> = created
        .into_iter()
        .map(|created| created.into_user().id)
        .collect();
    assert_eq!(ids.len(), 1, "all of them answer one user");
}

/// Two accounts that differ in one part are two users.
pub async fn every_part_of_an_account_key_counts(directory: Arc<dyn UserDirectory>) {
    let original = account("alice");
    let mut others = vec![original.clone(); 5];
    if let [idp, format, qualifier, sp_qualifier, value] = others.as_mut_slice() {
        idp.identity_provider.push('x');
        format.format.push('x');
        qualifier.name_qualifier.push('x');
        sp_qualifier.sp_name_qualifier.push('x');
        value.value.push('x');
    }
    create(&*directory, &original).await;
    for other in others {
        assert_eq!(find(&*directory, &other).await, None, "{other:?}");
        create(&*directory, &other).await;
    }
}

/// Case, accents, width, invisible characters and spaces make another person.
pub async fn names_are_compared_byte_by_byte(directory: Arc<dyn UserDirectory>) {
    let names = [
        "kelvin",
        "Kelvin",
        "\u{212a}elvin",
        "ｋelvin",
        "kelvin ",
        "kelvin\u{a0}",
        "kelvin.",
        "kel\u{200b}vin",
        "kelvin\0",
        "k\u{e9}lvin",
        "ke\u{301}lvin",
        "kelv\u{131}n",
        "",
    ];
    for name in names {
        assert_eq!(find(&*directory, &account(name)).await, None, "{name:?}");
        create(&*directory, &account(name)).await;
    }
}

/// What looks like a query, a path or a markup is a text.
pub async fn any_text_comes_back_as_it_went_in(directory: Arc<dyn UserDirectory>) {
    let long = "長".repeat(10_000);
    for text in [
        "' OR 1=1--",
        "../../etc/passwd",
        "<a>&amp;\"",
        "a\0b\r\n\t\u{1f}",
        "🙂",
        &long,
    ] {
        let mut written = profile(text);
        written
            .attributes
            .insert(text.into(), vec![text.into(), String::new()]);
        written.groups = vec![text.into()];
        let user = directory
            .create(&account(text), &written)
            .await
            .expect(ANSWERS)
            .into_user();
        let found = find(&*directory, &account(text))
            .await
            .expect("was just created");
        assert_eq!(
            (found.id, found.account.value, found.profile),
            (user.id, text.into(), written)
        );
    }
}

/// The profile is replaced; identifier, account and secret stay.
pub async fn an_update_replaces_the_profile_and_nothing_else(directory: Arc<dyn UserDirectory>) {
    let [alice, bob] = [
        create(&*directory, &account("alice")).await,
        create(&*directory, &account("bob")).await,
    ];
    let before = secret(&*directory, &alice).await;
    directory
        .update(&alice.id, &profile("Alicia"))
        .await
        .expect(ANSWERS);
    let renamed = User {
        profile: profile("Alicia"),
        ..alice.clone()
    };
    assert_eq!(find(&*directory, &account("alice")).await, Some(renamed));
    assert_eq!(find(&*directory, &account("bob")).await, Some(bob));
    assert!(
        secret(&*directory, &alice).await == before,
        "the secret changed"
    );
}

/// A user who is gone stays gone.
pub async fn an_update_of_nobody_does_nothing(directory: Arc<dyn UserDirectory>) {
    let id = UserId::random();
    directory
        .update(&id, &profile("Nobody"))
        .await
        .expect(ANSWERS);
    assert_eq!(directory.by_id(&id).await.expect(ANSWERS), None);
}

/// Two users have two secrets, and asking twice answers the same.
pub async fn every_user_has_a_secret_of_their_own(directory: Arc<dyn UserDirectory>) {
    let [alice, bob] = [
        create(&*directory, &account("alice")).await,
        create(&*directory, &account("bob")).await,
    ];
    let [hers, his] = [
        secret(&*directory, &alice).await,
        secret(&*directory, &bob).await,
    ];
    assert!(hers != his, "two users share a secret");
    assert!(
        hers != UserSecret::from_bytes([0; UserSecret::LENGTH]),
        "the secret is empty"
    );
    assert!(
        secret(&*directory, &alice).await == hers,
        "the secret changed"
    );
}

async fn create(directory: &dyn UserDirectory, account: &AccountKey) -> User {
    match directory
        .create(account, &profile("Alice"))
        .await
        .expect(ANSWERS)
    {
        Created::New(user) => user,
        Created::Existing(user) => panic!("{account:?} was taken for {:?}", user.account),
    }
}

async fn find(directory: &dyn UserDirectory, account: &AccountKey) -> Option<User> {
    directory.find(account).await.expect(ANSWERS)
}

async fn secret(directory: &dyn UserDirectory, user: &User) -> UserSecret {
    directory
        .secret(&user.id)
        .await
        .expect(ANSWERS)
        .expect("every user has a secret")
}

fn account(name: &str) -> AccountKey {
    let format = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
    AccountKey::new("https://idp.example", format, name)
}

fn profile(first: &str) -> Profile {
    Profile {
        first: Some(first.into()),
        last: Some("Doe".into()),
        ..Profile::default()
    }
}

const ANSWERS: &str = "the directory answers";

#[cfg(test)]
mod tests {
    use std::panic::{UnwindSafe, catch_unwind};
    use std::sync::{Barrier, Mutex};

    use async_trait::async_trait;

    use super::*;
    use crate::StoreError;

    /// A directory with one flaw.
    #[derive(Debug)]
    struct Flawed {
        flaw: Flaw,
        users: Mutex<Vec<(User, UserSecret)>>,
        all_looked: Barrier,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Flaw {
        CreatesOnUpdate,
        ExistingTakesTheNewProfile,
        FoldsCase,
        ForgetsTheIdentityProvider,
        GivesAllOneSecret,
        LooksBeforeItWrites,
        NewSecretOnUpdate,
        StopsAtNul,
    }

    impl Flawed {
        fn position(&self, account: &AccountKey) -> Option<usize> {
            let key = |account: &AccountKey| {
                let mut key = account.clone();
                match self.flaw {
                    Flaw::FoldsCase => key.value = key.value.to_lowercase(),
                    Flaw::ForgetsTheIdentityProvider => key.identity_provider.clear(),
                    _ => {}
                }
                key
            };
            let users = self.users.lock().unwrap();
            users
                .iter()
                .position(|(user, _)| key(&user.account) == key(account))
        }

        fn new_secret(&self) -> UserSecret {
            match self.flaw {
                Flaw::GivesAllOneSecret => UserSecret::from_bytes([1; 32]),
                _ => UserSecret::random(),
            }
        }
    }

    #[async_trait]
    impl UserDirectory for Flawed {
        async fn find(&self, account: &AccountKey) -> Result<Option<User>, StoreError> {
            let position = self.position(account);
            Ok(position.map(|index| self.users.lock().unwrap()[index].0.clone()))
        }

        async fn by_id(&self, id: &UserId) -> Result<Option<User>, StoreError> {
            let users = self.users.lock().unwrap();
            Ok(users
                .iter()
                .map(|(user, _)| user)
                .find(|user| user.id == *id)
                .cloned())
        }

        async fn create(
            &self,
            account: &AccountKey,
            profile: &Profile,
        ) -> Result<Created, StoreError> {
            let position = self.position(account);
            if self.flaw == Flaw::LooksBeforeItWrites {
                self.all_looked.wait();
            }
            let mut users = self.users.lock().unwrap();
            if let Some(index) = position {
                if self.flaw == Flaw::ExistingTakesTheNewProfile {
                    users[index].0.profile = profile.clone();
                }
                return Ok(Created::Existing(users[index].0.clone()));
            }
            let mut user = User::new(UserId::random(), account.clone(), profile.clone());
            if self.flaw == Flaw::StopsAtNul {
                let kept = account.value.split('\0').next().unwrap().to_owned();
                user.account.value = kept;
            }
            users.push((user.clone(), self.new_secret()));
            Ok(Created::New(user))
        }

        async fn update(&self, id: &UserId, profile: &Profile) -> Result<(), StoreError> {
            let mut users = self.users.lock().unwrap();
            match users.iter_mut().find(|(user, _)| user.id == *id) {
                Some((user, secret)) => {
                    user.profile = profile.clone();
                    if self.flaw == Flaw::NewSecretOnUpdate {
                        *secret = UserSecret::random();
                    }
                }
                None if self.flaw == Flaw::CreatesOnUpdate => {
                    let user = User::new(id.clone(), account("nobody"), profile.clone());
                    users.push((user, self.new_secret()));
                }
                None => {}
            }
            Ok(())
        }

        async fn secret(&self, id: &UserId) -> Result<Option<UserSecret>, StoreError> {
            let users = self.users.lock().unwrap();
            Ok(users
                .iter()
                .find(|(user, _)| user.id == *id)
                .map(|(_, secret)| secret.clone()))
        }
    }

    fn catches(flaw: Flaw, case: impl AsyncFnOnce(Arc<dyn UserDirectory>) + UnwindSafe) {
        let open = async || {
            let all_looked = Barrier::new(RACERS);
            (
                Flawed {
                    flaw,
                    users: Mutex::default(),
                    all_looked,
                },
                (),
            )
        };
        assert!(
            catch_unwind(|| run(open, case)).is_err(),
            "{flaw:?} was not noticed"
        );
    }

    #[test]
    fn a_directory_that_looks_before_it_writes_is_caught() {
        catches(
            Flaw::LooksBeforeItWrites,
            of_concurrent_creations_one_is_new,
        );
    }

    #[test]
    fn a_directory_that_confuses_people_is_caught() {
        catches(Flaw::FoldsCase, names_are_compared_byte_by_byte);
        catches(
            Flaw::ForgetsTheIdentityProvider,
            every_part_of_an_account_key_counts,
        );
        catches(Flaw::StopsAtNul, any_text_comes_back_as_it_went_in);
        catches(
            Flaw::GivesAllOneSecret,
            every_user_has_a_secret_of_their_own,
        );
    }

    #[test]
    fn a_directory_that_changes_what_should_stay_is_caught() {
        catches(
            Flaw::ExistingTakesTheNewProfile,
            creating_again_finds_the_first_user,
        );
        catches(
            Flaw::NewSecretOnUpdate,
            an_update_replaces_the_profile_and_nothing_else,
        );
        catches(Flaw::CreatesOnUpdate, an_update_of_nobody_does_nothing);
    }
}
