//! The `sso-connect` program as a library, so that tests start it in their own process.

pub mod demo;
pub mod handover;
pub mod pages;
