//! What the live set is made of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Call, CallError, HubClient};
use crate::Digest;
use crate::feed::{Listed, Live};
use crate::store::{RecordId, Seq};
use crate::wire::{BucketDigests, Code, ListedRecord, Listing, WireError};

impl HubClient {
    /// The digests of all 256 buckets, and at which end of the feed.
    ///
    /// # Errors
    ///
    /// [`CallError`].
    pub async fn digests(&self) -> Result<(Seq, Vec<Digest>), CallError> {
        let page: BucketDigests = self.ask(&Call::get("buckets")).await?;
        if page.digests.len() != BUCKETS * size_of::<Digest>() {
            return Err(WireError::Malformed.into());
        }
        Ok((page.seq, page.iter().collect()))
    }

    /// Everything that is in a bucket, ascending by id, and at which end of the feed. Where
    /// something is committed in between, it is asked for anew.
    ///
    /// # Errors
    ///
    /// [`CallError`]; with [`Conflict`](Code::Conflict) if there is no rest: try later.
    pub async fn listing(&self, bucket: u8) -> Result<(Seq, Vec<Listed>), CallError> {
        for _ in 1..TRIES {
            match self.try_listing(bucket).await {
                Err(error) if error.code() == Some(Code::Conflict) => {}
                listing => return listing,
            }
        }
        self.try_listing(bucket).await
    }

    async fn try_listing(&self, bucket: u8) -> Result<(Seq, Vec<Listed>), CallError> {
        let mut page = self.page(bucket, None).await?;
        let (seq, mut listed) = (page.seq, Vec::new());
        loop {
            take(&mut listed, bucket, &page)?;
            let Some(last) = listed.last().filter(|_| page.more == 1) else {
                return Ok((seq, listed));
            };
            page = self.page(bucket, Some(&last.id)).await?;
            if page.seq != seq {
                return Err(CallError::Problem(Code::Conflict.into()));
            }
        }
    }

    async fn page(&self, bucket: u8, after: Option<&RecordId>) -> Result<Listing, CallError> {
        let mut path = format!("buckets/{bucket:02x}");
        if let Some(after) = after {
            path.push_str("?after=");
            URL_SAFE_NO_PAD.encode_string(after.as_bytes(), &mut path);
        }
        self.ask(&Call::get(path)).await
    }
}

/// Adds a page to a listing, if it is one of this bucket that goes on.
fn take(listed: &mut Vec<Listed>, bucket: u8, page: &Listing) -> Result<(), WireError> {
    let empty = page.records.is_empty();
    if page.more > 1 || (page.more == 1 && empty) {
        return Err(WireError::Malformed);
    }
    if listed.len() + page.records.len() > MAX_LISTED {
        return Err(WireError::TooLarge);
    }
    for record in &page.records {
        let ascends = listed.last().is_none_or(|last| last.id < record.id);
        if !ascends || record.id.as_bytes().first() != Some(&bucket) {
            return Err(WireError::Malformed);
        }
        listed.push(item(record));
    }
    Ok(())
}

const fn item(record: &ListedRecord) -> Listed {
    Listed {
        id: record.id,
        live: Live {
            version: record.version,
            digest: record.digest,
        },
    }
}

const BUCKETS: usize = 256;

/// How often a listing is begun while others commit.
const TRIES: u32 = 8;

/// The bucket of a domain of 250 million users: a hub that lists more, lies.
const MAX_LISTED: usize = 1 << 20;
