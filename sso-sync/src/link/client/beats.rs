//! What servers tell each other.

use bytes::Bytes;

use super::{Call, CallError, HubClient};
use crate::feed::HubHead;
use crate::wire::{Beats, Signed};

impl HubClient {
    /// Tells the other servers about this one: a beat that was [signed](crate::wire::Beat::sign).
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn beat(&self, beat: Signed) -> Result<HubHead, CallError> {
        self.ask(&Call::put("beat", beat.into_bytes())).await
    }

    /// The last beat of every server, for [`Beat::parse`](crate::wire::Beat::parse).
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn beats(&self) -> Result<Vec<Bytes>, CallError> {
        let Beats(beats) = self.ask(&Call::get("beats")).await?;
        Ok(beats)
    }
}
