//! What must hold for any bytes: each target takes some, and panics if it does not.
//!
//! A target is a plain function, so that any fuzzer can call it: `libfuzzer/` beside this crate
//! does, and so does [`run`](crate::run), on the stable toolchain.

mod canonicalizer;
mod configuration;
mod key;
mod metadata;
mod parser;
mod redirect;
mod response;
mod signature;

pub use canonicalizer::canonicalizer;
pub use configuration::configuration;
pub use key::key;
pub use metadata::metadata;
pub use parser::parser;
pub use redirect::redirect;
pub use response::response;
pub use signature::signature;

use crate::corpus::{self, Exchange};
use crate::mutate::{self, Mutator};

/// A target, and where its mutations begin.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Target {
    /// How it is called everywhere.
    pub name: &'static str,
    /// What must not panic.
    pub run: fn(&[u8]),
    /// What is mutated.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How.
    pub mutate: Mutator,
}

impl Target {
    /// A target of somebody else, run like ours.
    #[must_use]
    pub const fn new(
        name: &'static str,
        run: fn(&[u8]),
        seeds: fn() -> Vec<Vec<u8>>,
        mutate: Mutator,
    ) -> Self {
        Self {
            name,
            run,
            seeds,
            mutate,
        }
    }

    /// The target of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|it| it.name == name)
    }
}

/// Every target, by name.
pub const TARGETS: [Target; 8] = [
    Target::new("canonicalizer", canonicalizer, documents, mutate::xml),
    Target::new("configuration", configuration, configurations, mutate::text),
    Target::new("key", key, keys, mutate::bytes),
    Target::new("metadata", metadata, descriptions, mutate::xml),
    Target::new("parser", parser, documents, mutate::xml),
    Target::new("redirect", redirect, queries, mutate::query),
    Target::new("response", response, responses, mutate::xml),
    Target::new("signature", signature, signed, mutate::xml),
];

fn responses() -> Vec<Vec<u8>> {
    let responses = Exchange::all().iter().map(Exchange::response);
    responses.map(<[u8]>::to_vec).collect()
}

fn signed() -> Vec<Vec<u8>> {
    [corpus::files("signed"), responses()].concat()
}

fn descriptions() -> Vec<Vec<u8>> {
    let metadata = Exchange::all().iter().map(Exchange::metadata);
    metadata.map(<[u8]>::to_vec).collect()
}

fn documents() -> Vec<Vec<u8>> {
    [corpus::files("documents"), responses(), descriptions()].concat()
}

fn queries() -> Vec<Vec<u8>> {
    corpus::files("queries")
}

fn configurations() -> Vec<Vec<u8>> {
    corpus::files("configurations")
}

fn keys() -> Vec<Vec<u8>> {
    let keys = corpus::keys().iter();
    keys.map(|key| key.as_spki_der().to_vec()).collect()
}
