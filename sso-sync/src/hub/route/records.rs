//! `POST /domains/{domain}/records`: single records, by their ids.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::caller::{Caller, Rank};
use crate::hub::limit::Work;
use crate::hub::request::{self, Asked};
use crate::wire::{Code, Found, PAGE_BYTES, Problem, Wanted};

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
    let (mut found, mut size) = (Vec::new(), 0);
    for ids in ids.chunks(AT_ONCE) {
        let some = hub.store.find(&caller.id, ids).await?;
        size += some.iter().map(|it| it.record.size()).sum::<usize>();
        found.extend(some);
        if size > PAGE_BYTES && found.len() > 1 {
            return Err(Problem::new(Code::TooLarge).because(TOO_MUCH));
        }
    }
    request::answer(&Found(found))
}

/// The store is asked for so many, so that huge records do not fill the memory.
const AT_ONCE: usize = 64;

const TOO_MUCH: &str = "these records are more than one answer holds: ask for fewer at once";
