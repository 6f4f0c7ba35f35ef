//! `GET /domains/{domain}/snapshot?cursor=TEXT`: a part of all live records.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::caller::{Caller, Rank};
use crate::hub::limit::Work;
use crate::hub::request::{self, Asked};
use crate::wire::{Code, PAGE_BYTES, Problem, SnapshotPart};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Administrator, Rank::Node])?;
    let cursor = match asked.query.text("cursor") {
        "" => None,
        text => Some(SnapshotPart::cursor(text).ok_or(Code::Malformed)?),
    };
    let _begun = hub
        .under_way
        .begin(caller.id, caller.member_id(), Work::Page)?;
    let page = hub
        .store
        .snapshot(&caller.id, cursor.as_ref(), PAGE_BYTES)
        .await?;
    request::answer(&SnapshotPart::from(page))
}
