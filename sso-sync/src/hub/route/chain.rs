//! `GET /domains/{domain}/chain?from=N`: statements in their order.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::caller::Caller;
use crate::hub::limit::Work;
use crate::hub::request::{self, Asked};
use crate::wire::{PAGE_BYTES, Problem, Signed, Statements};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    let from = asked.number("from")?;
    let _begun = hub
        .under_way
        .begin(caller.id, caller.member_id(), Work::Page)?;
    let statements = hub.store.statements(&caller.id, from, PAGE_BYTES).await?;
    let statements = statements.into_iter().map(Signed::stored);
    request::answer(&Statements(statements.collect()))
}
