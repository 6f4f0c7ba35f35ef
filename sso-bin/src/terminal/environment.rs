//! Variables that a command reads instead of asking.

use std::collections::BTreeMap;
use std::env;
use std::fmt;

use zeroize::Zeroizing;

/// The environment of a command: the one of the process, or one that a test makes up.
#[derive(Clone, Default)]
pub struct Environment {
    made_up: Option<BTreeMap<String, String>>,
}

impl Environment {
    /// The one of this process.
    #[must_use]
    pub const fn of_process() -> Self {
        Self { made_up: None }
    }

    /// One that holds nothing but these variables.
    #[must_use]
    pub fn of(variables: &[(&str, &str)]) -> Self {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            made_up: Some(variables.collect()),
        }
    }

    /// What a variable holds; nothing if it is absent or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        let value = match &self.made_up {
            Some(variables) => variables.get(name).cloned(),
            None => env::var(name).ok(),
        };
        value.filter(|value| !value.is_empty()).map(Zeroizing::new)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment(…)")
    }
}
