//! Who started the program and looks after it: systemd, the services of Windows, or nobody.
//!
//! A supervisor hears what it needs to know and nothing else depends on it: one that does not
//! listen stops nothing. What it hears, and when, is [`Supervised`]'s to decide.
//!
#![doc = include_str!("../docs/install.md")]

mod nobody;
mod supervised;
#[cfg(unix)]
mod systemd;
#[cfg(test)]
mod tests;
#[cfg(windows)]
mod windows;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::shutdown::Signal;

pub use nobody::Nobody;
pub use supervised::{SelfCheck, Supervised};
#[cfg(unix)]
pub use systemd::Systemd;
#[cfg(windows)]
pub use windows::WindowsServices;

/// Who looks after the program.
#[async_trait]
pub trait Supervisor: fmt::Debug + Send + Sync + 'static {
    /// Tells it all of `news` at once. Must not wait: whoever calls has other things to do.
    fn tell(&self, news: &[News<'_>]);

    /// How often it wants to be told something, if it listens at all: a program that is not
    /// [`News::Alive`] for three times as long may be started anew.
    fn pace(&self) -> Option<Duration>;

    /// What it wishes the program to do, other than by signals.
    async fn wish(&self) -> Signal {
        std::future::pending().await
    }
}

/// What a supervisor is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "each supervisor knows each of them"
)]
pub enum News<'a> {
    /// The program has asked itself something, and got the answer.
    Alive,
    /// It answers for itself: people can sign in, or it says why they cannot. Also that it has
    /// read everything again.
    Ready,
    /// It reads its configuration again, until [`Ready`](Self::Ready).
    Reloading,
    /// How it is, in one line.
    Status(&'a str),
    /// It leaves, which takes so long at most.
    Stopping(Duration),
}

/// Whoever started this process, as far as it has said so.
#[must_use]
pub fn of_process() -> Arc<dyn Supervisor> {
    #[cfg(unix)]
    if let Some(systemd) = Systemd::of_process() {
        return Arc::new(systemd);
    }
    #[cfg(windows)]
    if let Some(services) = WindowsServices::of_process() {
        return Arc::new(services);
    }
    Arc::new(Nobody)
}
