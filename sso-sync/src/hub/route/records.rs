//! `POST /domains/{domain}/records`: single records, by their ids.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::caller::{Caller, Rank};
use crate::hub::limit::Work;
use crate::hub::request::{self, Asked};
use crate::wire::{Found, Problem, Wanted};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Administrator, Rank::Node])?;
    let Wanted(ids) = asked.body()?;
    let _begun = hub
        .under_way
        .begin(caller.id, caller.member_id(), Work::Page)?;
    let found = hub.store.find(&caller.id, &ids).await?;
    request::answer(&Found(found))
}
