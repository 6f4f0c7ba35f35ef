//! Chapters for those who run this crate's storage, write a second implementation, or judge
//! either.

#[doc = include_str!("on_kv.md")]
pub mod on_kv {}
#[doc = include_str!("protocol.md")]
pub mod protocol {}
#[doc = include_str!("write_a_backend.md")]
pub mod write_a_backend {}
