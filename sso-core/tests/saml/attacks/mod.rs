//! What others have fallen for. Each test is named by its row of the catalogue of attacks, and
//! holds the code that refuses it.

mod catalogue;
mod confusion;
mod encryption;
mod everywhere;
mod keys;
mod metadata;
mod parsing;
mod resources;
mod signature;
mod wrapping;
