//! The people that the demonstration knows.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::error::Unspecified;

/// Everybody who can sign in.
#[derive(Debug)]
pub(super) struct People(BTreeMap<String, Person>);

impl People {
    /// Alice and Bob, with new passwords.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] if the operating system has no randomness.
    pub(super) fn new() -> Result<Self, Unspecified> {
        Ok(Self::of([
            Person::new("alice", "Alice", &["staff", "administrators"], password()?),
            Person::new("bob", "Bob", &["staff"], password()?),
        ]))
    }

    /// So many people, `person-0` and so on, with one new password for all.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] if the operating system has no randomness.
    pub(super) fn many(number: usize) -> Result<Self, Unspecified> {
        let password = password()?;
        let person = |number| {
            let name = format!("person-{number}");
            Person::new(&name, "Person", &["staff"], password.clone())
        };
        Ok(Self::of((0..number).map(person)))
    }

    fn of(people: impl IntoIterator<Item = Person>) -> Self {
        let named = people.into_iter().map(|it| (it.name.clone(), it));
        Self(named.collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.0.values()
    }

    /// The person who is called `name`.
    pub(super) fn named(&self, name: &str) -> Option<&Person> {
        self.0.get(name)
    }

    /// The person who is called `name` and knows the `password`.
    pub(super) fn with_password(&self, name: &str, password: &str) -> Option<&Person> {
        self.named(name).filter(|person| person.knows(password))
    }
}

/// Somebody who can sign in.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) first: String,
    pub(super) groups: &'static [&'static str],
    password: String,
}

impl Person {
    fn new(name: &str, first: &str, groups: &'static [&'static str], password: String) -> Self {
        Self {
            name: name.into(),
            first: first.into(),
            groups,
            password,
        }
    }

    /// The password, for the one who started the demonstration.
    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn email(&self) -> String {
        format!("{}@example.com", self.name)
    }

    fn knows(&self, password: &str) -> bool {
        verify_slices_are_equal(self.password.as_bytes(), password.as_bytes()).is_ok()
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({})", self.name)
    }
}

/// 80 random bits in four groups of letters and digits that nobody mistakes for one another.
fn password() -> Result<String, Unspecified> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes)?;
    let letters = bytes.map(|byte| ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or('x'));
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    Ok(groups.join("-"))
}

/// Thirty-two letters and digits, without `0`, `1`, `l` and `o`.
const ALPHABET: [char; 32] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'u',
    'v', 'w', 'x', 'y', 'z', '2', '3', '4', '5', '6', '7', '8', '9',
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_let_in_with_the_own_password_only() {
        let people = People::new().unwrap();
        let (alice, bob) = (people.named("alice").unwrap(), people.named("bob").unwrap());
        assert_eq!(
            people
                .with_password("alice", alice.password())
                .unwrap()
                .name,
            "alice"
        );
        assert!(people.with_password("alice", bob.password()).is_none());
        assert!(people.with_password("alice", "").is_none());
        assert!(people.with_password("carol", alice.password()).is_none());
    }

    #[test]
    fn passwords_are_new_at_every_start() {
        let password = || {
            People::new()
                .unwrap()
                .named("alice")
                .unwrap()
                .password()
                .to_owned()
        };
        let (one, two) = (password(), password());
        assert_ne!(one, two);
        assert_eq!(one.len(), "abcd-efgh-2345-6789".len());
    }
}
