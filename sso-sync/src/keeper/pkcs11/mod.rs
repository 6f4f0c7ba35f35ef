//! Keys on a PKCS#11 token: a hardware security module, a smart card, or SoftHSM.
//!
//! A [`Token`] is found by its label and kept within reach: a lost session is opened again, a lost
//! login repeated, a module that has lost its device started anew, and the call tried once more. A
//! PIN that was refused is not tried again, so that no token locks itself because of us.
//!
//! A process has each library once and each token once, whoever asks and however often: the library
//! is initialised and logged in to by a process, not by those in it who use it.
//!
//! [`TokenSealer`] seals by an AES key that never leaves the token. [`TokenKey`] is a private key
//! on the token, for TLS and for SAML.

mod error;
mod key;
mod login;
mod loss;
mod module;
mod object;
mod pin;
mod pool;
mod saml;
mod scheme;
mod sealer;
mod tls;
mod token;
mod wrap;

pub use error::{TokenError, TokenName};
pub use key::TokenKey;
pub use pin::PinSource;
pub use sealer::TokenSealer;
pub use token::{Token, TokenSettings};
