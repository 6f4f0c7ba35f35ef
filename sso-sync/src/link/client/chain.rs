//! The authority chain.

use bytes::Bytes;

use super::{Call, CallError, HubClient};
use crate::feed::HubHead;
use crate::wire::{Signed, Statements};

impl HubClient {
    /// The statements from position `from` on, as many as fit into a page; none at the end.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn statements(&self, from: u64) -> Result<Vec<Bytes>, CallError> {
        let Statements(page) = self.ask(&Call::get(format!("chain?from={from}"))).await?;
        Ok(page.into_iter().map(Signed::into_bytes).collect())
    }

    /// Appends a statement at this position; the same one may be appended again.
    ///
    /// # Errors
    ///
    /// [`CallError`]; with [`Conflict`](crate::wire::Code::Conflict) if another one is there.
    pub async fn append(&self, position: u64, statement: Bytes) -> Result<HubHead, CallError> {
        let path = format!("chain?position={position}");
        self.ask(&Call::post(path, statement)).await
    }
}
