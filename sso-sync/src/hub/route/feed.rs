//! `GET /domains/{domain}/feed?after=N`: batches in their order.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::caller::{Caller, Rank};
use crate::hub::limit::Work;
use crate::hub::request::{self, Asked};
use crate::store::Seq;
use crate::wire::{FeedPage, PAGE_BYTES, Problem};

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    caller.check_is(&[Rank::Administrator, Rank::Node])?;
    let after = Seq::new(asked.number("after")?);
    let _begun = hub
        .under_way
        .begin(caller.id, caller.member_id(), Work::Page)?;
    let feed = hub.store.feed(&caller.id, after, PAGE_BYTES).await?;
    request::answer(&FeedPage::from(feed))
}
