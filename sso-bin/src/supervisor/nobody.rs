//! A program that was started by hand.

use std::time::Duration;

use super::{News, Supervisor};

/// Hears nothing and wants nothing.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a unit struct is its own constructor"
)]
pub struct Nobody;

impl Supervisor for Nobody {
    fn tell(&self, _news: &[News<'_>]) {}

    fn pace(&self) -> Option<Duration> {
        None
    }
}
