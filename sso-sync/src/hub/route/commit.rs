//! `POST /domains/{domain}/feed?after=N`: the next batch.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::behind::{Claims, Log};
use crate::hub::caller::{Caller, Rank};
use crate::hub::request::{self, Asked};
use crate::store::Seq;
use crate::wire::{Code, Commit, Problem};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Node])?;
    let after = Seq::new(asked.number("after")?);
    let batch = asked
        .body::<Commit>()?
        .into_batch()
        .ok_or(Code::Malformed)?;
    if batch.size() > hub.store.caps().max_batch {
        return Err(Code::TooLarge.into());
    }
    let claims = Claims::read(&*hub.documents, caller.id).await?;
    if let Some(claims) = &claims {
        claims.check(caller, Log::Feed)?;
    }
    let records = batch.records().len();
    let (stores, quotas) = (hub.stores(), hub.settings.quotas());
    let view = caller.domain.commit(stores, quotas, after, batch).await?;
    hub.counters.count_batch(records);
    hub.settle(caller.id, claims.as_ref(), &view).await?;
    request::answer(&view.hub_head())
}
