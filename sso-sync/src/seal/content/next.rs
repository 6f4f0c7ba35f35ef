//! The schema after this program's, made up: for tests that run two builds.
//!
//! It has one key more. Nothing of it is compiled without the feature `dangerous-test-builds`.

use crate::seal::fields::Fields;
use crate::seal::{ConfigDocument, SealError};

/// The made-up schema. A program that pretends to be a newer one knows it.
pub const SCHEMA: u64 = 2;

/// A setting that the pretended program writes into every configuration that it saves. The others
/// do not know it, and keep it.
pub const SETTING: &str = "pretended.setting";

/// What a program that knows `schema` saves in place of `document`.
pub(crate) fn saved_by(schema: u64, document: &ConfigDocument) -> ConfigDocument {
    match schema < SCHEMA {
        true => document.clone(),
        false => document.clone().with(SETTING, "on"),
    }
}

/// In the made-up schema every record has the key.
pub(super) fn check(fields: &Fields, schema: u64) -> Result<(), SealError> {
    match schema < SCHEMA || fields.has(KEY) {
        true => Ok(()),
        false => Err(SealError::Malformed),
    }
}

/// Adds the key, if it is of the schema.
pub(super) fn add(fields: &mut Fields, schema: u64) {
    if schema >= SCHEMA {
        fields.put(KEY, &"a newer program wrote this");
    }
}

const KEY: u64 = 100;
