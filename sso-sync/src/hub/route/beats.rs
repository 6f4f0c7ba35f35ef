//! `GET /domains/{domain}/beats`: what the servers tell about themselves.

use bytes::Bytes;

use crate::hub::caller::{Caller, Rank};
use crate::hub::{Hub, beats, request};
use crate::wire::Problem;

pub(super) async fn answer(hub: &Hub, caller: &Caller) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Administrator, Rank::Node])?;
    let chain = &caller.view.chain;
    let beats = beats::all(&*hub.documents, caller.id, chain).await?;
    request::answer(&beats)
}
