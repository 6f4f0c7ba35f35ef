//! Chapters for those who run a hub or this crate's storage, write a second implementation, or
//! judge any of them.

#[doc = include_str!("administrators.md")]
pub mod administrators {}
#[doc = include_str!("on_kv.md")]
pub mod on_kv {}
#[doc = include_str!("protocol.md")]
pub mod protocol {}
#[doc = include_str!("write_a_backend.md")]
pub mod write_a_backend {}
