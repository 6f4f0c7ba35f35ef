//! What servers tell each other.

use bytes::Bytes;

use super::{Call, CallError, HubClient};
use crate::feed::HubHead;
use crate::seal::MemberId;
use crate::wire::{Beat, Beats, PAGE_BYTES, Signed};

impl HubClient {
    /// Tells the other servers about this one: a beat that was [signed](crate::wire::Beat::sign).
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn beat(&self, beat: Signed) -> Result<HubHead, CallError> {
        self.ask(&Call::put("beat", beat.into_bytes())).await
    }

    /// The last beat of every server, for [`Beat::parse`], page by page.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn beats(&self) -> Result<Vec<Bytes>, CallError> {
        let Beats(mut beats) = self.ask(&Call::get("beats")).await?;
        let mut page: &[Bytes] = &beats;
        while let Some(last) = Self::last_of_full(page) {
            let next = format!("beats?after={last}");
            let Beats(next) = self.ask(&Call::get(next)).await?;
            let first = next.first().and_then(node);
            if first.is_none_or(|first| first <= last) || beats.len() > MAX_BEATS {
                break;
            }
            let before = beats.len();
            beats.extend(next);
            page = beats.get(before..).unwrap_or_default();
        }
        Ok(beats)
    }

    /// The last server of a page, if more may follow.
    fn last_of_full(page: &[Bytes]) -> Option<MemberId> {
        let size: usize = page.iter().map(Bytes::len).sum();
        let last = page.last().filter(|_| size >= PAGE_BYTES / 2)?;
        node(last)
    }
}

fn node(beat: &Bytes) -> Option<MemberId> {
    Beat::parse(beat).ok().map(|beat| beat.body().node)
}

/// More than a domain has servers.
const MAX_BEATS: usize = 1_000;
