//! Looks for documents on which we are wrong: fuzz targets, a mutator that knows XML, and two
//! implementations of XML signatures that know nothing of us.
//!
//! - [`targets`] has what must hold for any bytes at all; each target is a plain function.
//! - [`others`] are the program `xmlsec1` and the crate `bergshamra`: whatever we accept, both
//!   accept, with the same canonical bytes. [`compare`] asks them.
//! - [`corpus`] is where mutations begin: messages of real identity providers and of our own fake.
//! - [`mutate`] makes new documents of them, and [`run`] runs a target on many, repeatably.
//!
//! `README.md` beside this crate says how to run all of it.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a property that does not hold is a panic, and so is a corpus that cannot be read"
)]

pub mod compare;
pub mod corpus;
pub mod mutate;
pub mod others;
pub mod path;
pub mod run;
mod scan;
pub mod targets;
