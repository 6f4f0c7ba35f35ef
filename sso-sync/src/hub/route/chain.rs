//! `GET /domains/{domain}/chain?from=N`: statements in their order.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::caller::{Caller, Rank};
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
    let statements = statements.into_iter().take(until(caller, from));
    let statements = statements.map(Signed::stored);
    request::answer(&Statements(statements.collect()))
}

/// How many statements from a position on are for the caller: a server that was revoked is to
/// believe it, and is given nothing after that.
fn until(caller: &Caller, from: u64) -> usize {
    match caller.rank {
        Rank::Revoked(at) => usize::try_from((at + 1).saturating_sub(from)).unwrap_or(usize::MAX),
        Rank::Administrator | Rank::Node | Rank::Token => usize::MAX,
    }
}
