//! How a server keeps its own secrets, so that it starts again without hub or human.
//!
//! A [`Sealer`] seals what a server must keep to itself (its [node keys](seal_node_keys), the
//! [`DataKey`](crate::local::DataKey) of its users' secrets) and unseals it when the server starts.
//! What it makes may be stored anywhere: it says [what sealed it](sealed_by), and opens only under
//! the [`Label`] that it was sealed for.
//!
//! [`KeyFile`] needs nothing and protects least; [`SystemdCredential`] has its key from systemd,
//! which can bind it to the TPM of the machine; with the feature `pkcs11`, `TokenSealer` has it on a
//! hardware security module, as has `TokenKey` for TLS and SAML.
//! [`docs::keys_at_rest`](crate::docs::keys_at_rest) says what each protects against, and how it is
//! set up.

mod blocking;
mod credential;
mod envelope;
mod error;
mod key;
mod key_file;
mod label;
mod node_keys;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
mod protection;
mod sealer;

pub use credential::SystemdCredential;
pub use envelope::{Envelope, Header, MAX_SECRET_BYTES, sealed_by};
pub use error::KeeperError;
pub use key_file::KeyFile;
pub use label::Label;
pub use node_keys::{seal_node_keys, unseal_node_keys};
pub use protection::{Protection, SealerKind};
pub use sealer::Sealer;
