//! The exchange.

pub mod replay;
