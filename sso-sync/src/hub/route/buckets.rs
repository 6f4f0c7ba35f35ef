//! `GET /domains/{domain}/buckets`: the digests of all buckets.

use bytes::Bytes;

use crate::hub::caller::{Caller, Rank};
use crate::hub::limit::Work;
use crate::hub::{Hub, request};
use crate::wire::Problem;

pub(super) async fn answer(hub: &Hub, caller: &Caller) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Administrator, Rank::Node])?;
    let _begun = hub
        .under_way
        .begin(caller.id, caller.member_id(), Work::Page)?;
    let digests = caller.domain.digests(hub.stores()).await?;
    request::answer(&digests)
}
