//! Chapters for those who embed this crate, run it, or judge it.

#[doc = include_str!("attacks.md")]
pub mod attacks {}
#[doc = include_str!("catalogue.md")]
pub mod catalogue {}
#[doc = include_str!("defaults.md")]
pub mod defaults {}
#[doc = include_str!("howto_embed.md")]
pub mod howto_embed {}
#[doc = include_str!("rejections.md")]
pub mod rejections {}
