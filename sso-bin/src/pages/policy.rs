//! What a page may do: its `Content-Security-Policy`.
//!
//! Everything is forbidden but the one style sheet and, on one page, the one script, each named by
//! the hash of its text (Content Security Policy Level 3, 2.3.1). Nothing a template prints into a
//! page can therefore run, even if it slipped through the escaping.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The style sheet of every page.
pub(crate) const STYLE: &str = include_str!("../../templates/style.css");

/// Submits the only form of a page.
pub(crate) const SUBMIT: &str = include_str!("../../templates/submit.js");

/// A page with text and links.
pub(crate) static READ_ONLY: LazyLock<String> =
    LazyLock::new(|| format!("{}; form-action 'none'", nothing_but_style()));

/// A page with a form that answers to the service that sent it.
pub(crate) static OWN_FORM: LazyLock<String> =
    LazyLock::new(|| format!("{}; form-action 'self'", nothing_but_style()));

/// A page whose form submits itself to another service.
///
/// That service may forward the submission to yet another one, which some browsers hold against
/// `form-action` too, so any `https` address is allowed. The address itself comes from the
/// configuration, never from the request.
pub(crate) static SUBMITTED_FORM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{}; script-src '{}'; form-action https:",
        nothing_but_style(),
        source_hash(SUBMIT)
    )
});

fn nothing_but_style() -> String {
    let style = source_hash(STYLE);
    format!("default-src 'none'; style-src '{style}'; base-uri 'none'; frame-ancestors 'none'")
}

fn source_hash(text: &str) -> String {
    format!(
        "sha256-{}",
        BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes()))
    )
}
