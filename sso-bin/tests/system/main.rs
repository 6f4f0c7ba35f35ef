//! Sign-ins through programs that we did not write: three identity providers, nginx, and a browser.
//!
//! Each test runs the real binary with a data folder of its own, and providers on loopback with
//! keys made on the spot. `.ci/install` brings the programs; the feature `system-tests` turns the
//! tests on.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test helpers"
)]

mod browserless;
mod captured;
mod chromium;
mod cookies;
mod demo;
mod html;
mod migration;
mod nginx;
mod package;
mod program;
mod provider;
mod samlp;
mod satosa;
mod server;
mod simplesamlphp;
mod token;
mod webdriver;
