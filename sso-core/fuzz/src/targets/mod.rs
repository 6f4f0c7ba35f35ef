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

use std::sync::LazyLock;

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
    /// What is mutated; read once.
    pub seeds: fn() -> &'static [Vec<u8>],
    /// How.
    pub mutate: Mutator,
}

impl Target {
    /// A target of somebody else, run like ours.
    #[must_use]
    pub const fn new(
        name: &'static str,
        run: fn(&[u8]),
        seeds: fn() -> &'static [Vec<u8>],
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
    Target::new("canonicalizer", canonicalizer, || &DOCUMENTS, mutate::xml),
    Target::new(
        "configuration",
        configuration,
        || &CONFIGURATIONS,
        mutate::text,
    ),
    Target::new("key", key, || &KEYS, mutate::bytes),
    Target::new("metadata", metadata, || &DESCRIPTIONS, mutate::xml),
    Target::new("parser", parser, || &DOCUMENTS, mutate::xml),
    Target::new("redirect", redirect, || &QUERIES, mutate::query),
    Target::new("response", response, || &RESPONSES, mutate::xml),
    Target::new("signature", signature, || &SIGNED, mutate::xml),
];

static RESPONSES: Seeds = LazyLock::new(|| {
    let responses = Exchange::all().iter().map(Exchange::response);
    responses.map(<[u8]>::to_vec).collect()
});

static SIGNED: Seeds = LazyLock::new(|| [&*corpus::files("signed"), &RESPONSES].concat());

static DESCRIPTIONS: Seeds = LazyLock::new(|| {
    let metadata = Exchange::all().iter().map(Exchange::metadata);
    metadata.map(<[u8]>::to_vec).collect()
});

static DOCUMENTS: Seeds =
    LazyLock::new(|| [&*corpus::files("documents"), &RESPONSES, &DESCRIPTIONS].concat());

static QUERIES: Seeds = LazyLock::new(|| corpus::files("queries"));

static CONFIGURATIONS: Seeds = LazyLock::new(|| corpus::files("configurations"));

static KEYS: Seeds = LazyLock::new(|| {
    let keys = corpus::keys().iter();
    keys.map(|key| key.as_spki_der().to_vec()).collect()
});

type Seeds = LazyLock<Vec<Vec<u8>>>;
