//! `PUT /domains/{domain}/beat`: a server tells about itself.

use bytes::Bytes;

use crate::hub::caller::{Caller, Rank};
use crate::hub::request::{self, Asked};
use crate::hub::{Hub, beats, behind};
use crate::wire::{Beat, Code, Problem};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Node])?;
    let beat = Beat::parse(asked.body)?;
    if beat.body().domain != caller.id || !beat.is_signed_by(&caller.member) {
        return Err(Code::NotPermitted.into());
    }
    beats::keep(&*hub.documents, caller.id, &beat, asked.body).await?;
    let statements = beat.body().chain.position.saturating_add(1);
    let known = behind::known(statements, beat.body().head.seq);
    hub.listen(caller, known).await?;
    if !behind::is_beyond(known, caller.view.head.mark()) {
        behind::withdraw(&*hub.documents, caller.id, caller.member_id()).await?;
    }
    request::answer(&caller.view.hub_head())
}
