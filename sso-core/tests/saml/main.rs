//! The whole way from a message to what is believed of it, or to the code that refuses it.
//!
//! `accepted` holds what must succeed, since a service that is too strict loses users; `attacks`
//! what others have fallen for, named by the rows of our catalogue; `profile` the rules of the
//! web browser profile (SAML Profiles 4.1), one mutation of a good response at a time; `logout`
//! those of single logout (SAML Profiles 4.4).
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and helpers are tests too"
)]

mod accepted;
mod attacks;
mod desk;
mod forge;
mod logout;
mod profile;
mod request;
mod stage;

/// Tells how much memory a test has taken at most.
#[global_allocator]
static MEMORY: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);
