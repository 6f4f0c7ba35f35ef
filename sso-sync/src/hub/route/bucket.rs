//! `GET /domains/{domain}/buckets/{bucket}?after=ID`: the listing of a bucket, at one head.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;

use crate::feed::record_digest;
use crate::hub::Hub;
use crate::hub::caller::{Caller, Rank};
use crate::hub::limit::Work;
use crate::hub::request::{self, Asked};
use crate::seal::RecordBody;
use crate::store::{RecordId, Seq, Stored};
use crate::wire::{Code, ListedRecord, Listing, PAGE_BYTES, Problem};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
    bucket: u8,
) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Administrator, Rank::Node])?;
    let mut after = after(asked.query.text("after"))?;
    let _begun = hub
        .under_way
        .begin(caller.id, caller.member_id(), Work::Page)?;
    let before = hub.seq(caller).await?;
    let mut listing = Listing {
        seq: before,
        records: Vec::new(),
        more: 0,
    };
    loop {
        let page = hub
            .store
            .bucket(&caller.id, bucket, after.as_ref(), PAGE_BYTES)
            .await?;
        let Some(last) = page.last() else { break };
        after = Some(last.record.id);
        listing.records.extend(page.iter().map(listed));
        if listing.records.len() >= MAX_RECORDS {
            listing.more = 1;
            break;
        }
    }
    if hub.seq(caller).await? != before {
        return Err(Problem::new(Code::Conflict).because(MOVED));
    }
    request::answer(&listing)
}

impl Hub {
    async fn seq(&self, caller: &Caller) -> Result<Seq, Problem> {
        let head = self.store.head(&caller.id).await?;
        Ok(head.ok_or(Code::UnknownDomain)?.seq)
    }
}

fn after(text: &str) -> Result<Option<RecordId>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let id = URL_SAFE_NO_PAD.decode(text).ok();
    let id = id.and_then(|id| id.try_into().ok());
    Ok(Some(RecordId::new(id.ok_or(Code::Malformed)?)))
}

fn listed(stored: &Stored) -> ListedRecord {
    let body = &stored.record.body;
    ListedRecord {
        id: stored.record.id,
        version: RecordBody::parse(body).map_or(0, |body| body.version()),
        digest: record_digest(body),
    }
}

/// About 1 MiB; what a page of the store goes beyond it fits as well.
const MAX_RECORDS: usize = 12_000;

const MOVED: &str = "something was committed meanwhile: ask again";
