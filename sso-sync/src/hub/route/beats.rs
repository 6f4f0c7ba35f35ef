//! `GET /domains/{domain}/beats?after=NODE`: what the servers tell about themselves.

use bytes::Bytes;

use crate::hub::caller::{Caller, Rank};
use crate::hub::request::{self, Asked};
use crate::hub::{Hub, beats};
use crate::seal::MemberId;
use crate::wire::{Code, Problem, unhex};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Administrator, Rank::Node])?;
    let chain = &caller.view.chain;
    let after = after(asked.query.text("after"))?;
    let beats = beats::page(&*hub.documents, caller.id, chain, after).await?;
    request::answer(&beats)
}

fn after(text: &str) -> Result<Option<MemberId>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let node = unhex(text).map(MemberId::new);
    Ok(Some(node.ok_or(Code::Malformed)?))
}
