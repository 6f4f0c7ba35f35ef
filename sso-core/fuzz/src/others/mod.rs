//! Two implementations of XML signatures that share no code with ours.

pub mod bergshamra;
mod xmlsec1;

pub use xmlsec1::{Carrier, Xmlsec1};
