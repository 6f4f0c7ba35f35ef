//! Chapters for those who run this crate's storage, or judge it.

#[doc = include_str!("on_kv.md")]
pub mod on_kv {}
#[doc = include_str!("write_a_backend.md")]
pub mod write_a_backend {}
