//! Keys on a token: SoftHSM, whose folder of tokens `.ci/with-servers` makes.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod loss;
mod pin;
mod saml;
mod sealer;
mod threads;
mod tls;
mod token;
