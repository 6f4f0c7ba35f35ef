//! The exchange.

pub mod instant;
pub mod metadata;
pub mod replay;
