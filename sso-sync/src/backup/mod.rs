//! A sealed backup of a domain in one file: the authority chain, the configuration and every user.
//!
//! ```text
//! file      = "sso-connect backup 1\n" ‖ memory KiB: u32 ‖ passes: u32 ‖ lanes: u32 ‖ salt: 16 bytes ‖ chunks
//! key       = Argon2id(passphrase, salt), 32 bytes
//! chunk     = last: u8 (0 or 1) ‖ length: u32 ‖ AES-256-GCM(key, nonce, associated data, plaintext)
//! nonce     = 4 zero bytes ‖ number of the chunk: u64
//! data      = everything before the chunks ‖ number: u64 ‖ last: u8
//! plaintext = up to 64 KiB of: length: u32 ‖ item, one item after the other
//! ```
//!
//! Numbers are big-endian. The key is of one file only, since the salt is, so a chunk's number is
//! nonce enough; nothing can be cut off, left out, repeated or taken from another file. Items are
//! CBOR: [`Item`]. Reading and writing take the memory of one chunk and one item.

mod error;
mod header;
mod item;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use error::BackupError;
pub use item::{DomainItem, Item};
pub use read::BackupReader;
pub use write::BackupWriter;
