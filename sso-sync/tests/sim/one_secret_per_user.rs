//! Whichever server is asked, an account has one id and one secret, for ever.

use crate::history::History;
use crate::seeds;

#[test]
fn a_user_has_one_secret() {
    seeds::hold("a_user_has_one_secret", check);
}

/// Says who has two.
pub(crate) fn check(history: &History) -> Result<(), String> {
    let two = history.secrets.iter().find(|(_, them)| them.len() > 1);
    match two {
        Some((name, them)) => Err(format!("{name} has {} secrets", them.len())),
        None => Ok(()),
    }
}
