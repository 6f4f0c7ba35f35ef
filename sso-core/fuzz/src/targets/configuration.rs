//! The target of this name.

use sso_core::config::fields::Fields;

use crate::corpus::Exchange;

/// A configuration that is accepted is the same after being written anew, and checking it ends.
///
/// # Panics
///
/// If not.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(fields) = Fields::from_toml(text) else {
        return;
    };
    let now = Exchange::all()
        .first()
        .expect("the corpus is not empty")
        .at();
    let _ = fields.check(now);
    let Ok(written) = fields.to_toml_with_secrets() else {
        return;
    };
    let again = Fields::from_toml(&written);
    let again = again.unwrap_or_else(|why| panic!("{why}\n{written}"));
    assert!(again == fields, "{written}");
}
