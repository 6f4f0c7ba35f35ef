//! The target of this name.

use std::sync::LazyLock;

use sso_core::saml::binding::redirect::{self, RedirectMessage};
use sso_core::signature::Algorithms;

use crate::corpus;

/// A query that is accepted with a signature of a provider carries what that provider signed.
///
/// # Panics
///
/// If it carries anything else.
pub fn redirect(data: &[u8]) {
    let Ok(query) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(message) = redirect::decode(query) else {
        return;
    };
    if message.verify(corpus::keys(), &Algorithms::new()).is_ok() {
        assert!(SIGNED.contains(&content(message)), "{query}");
    }
}

/// Message and what came along.
type Content = (Vec<u8>, Option<String>);

fn content(message: RedirectMessage) -> Content {
    (message.xml, message.relay_state)
}

static SIGNED: LazyLock<Vec<Content>> = LazyLock::new(|| {
    let queries = corpus::files("queries");
    let decode = |it: &Vec<u8>| redirect::decode(std::str::from_utf8(it).ok()?).ok();
    queries.iter().filter_map(decode).map(content).collect()
});
