//! Nothing that a hub is sent or stores says who signs in, or what is configured.

use crate::history::History;
use crate::seeds;

#[test]
fn no_plaintext_comes_to_the_hub() {
    seeds::hold("no_plaintext_comes_to_the_hub", check);
}

/// Says where something is that the hub must not know.
pub(crate) fn check(history: &History) -> Result<(), String> {
    match history.leaks.first() {
        Some(leak) => Err(leak.clone()),
        None => Ok(()),
    }
}

/// Whether the words that mark what is secret are in these bytes.
pub(crate) fn is_marked(bytes: &[u8]) -> bool {
    bytes.windows(MARK.len()).any(|it| it == MARK.as_bytes())
}

/// In every account, name, address and configuration of a simulation.
pub(crate) const MARK: &str = "only-for-members";
