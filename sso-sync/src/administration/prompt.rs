//! Asking for a code of the second factor.

use std::fmt;

use async_trait::async_trait;

use crate::admin::second_factor::SecondFactorCode;

/// Asks a person for a code, when the hub wants one.
#[async_trait]
pub trait CodePrompt: fmt::Debug + Send {
    /// A code; `None` to give up. `refused` says that the one before was wrong or used before.
    ///
    /// It is asked up to three times; each code counts as a try at the hub.
    async fn code(&mut self, refused: bool) -> Option<SecondFactorCode>;
}

/// There is nobody to ask.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a unit struct is its own constructor"
)]
pub struct NoCode;

#[async_trait]
impl CodePrompt for NoCode {
    async fn code(&mut self, _: bool) -> Option<SecondFactorCode> {
        None
    }
}

/// A code that was given beforehand is used once.
#[async_trait]
impl CodePrompt for Option<SecondFactorCode> {
    async fn code(&mut self, _: bool) -> Self {
        self.take()
    }
}
