//! `GET /domains/{domain}/head`: where both logs end, at once or when there is something new.

use std::time::Duration;

use bytes::Bytes;

use crate::hub::caller::{Caller, Rank};
use crate::hub::limit::Work;
use crate::hub::request::{self, Asked};
use crate::hub::{AuditEvent, Hub, behind};
use crate::store::{Mark, Seq};
use crate::wire::Problem;

pub(super) async fn answer(
    hub: &Hub,
    asked: &Asked<'_>,
    caller: &Caller,
) -> Result<Bytes, Problem> {
    let seq = Seq::new(asked.number("seq")?);
    let seen = behind::known(asked.number("statements")?, seq);
    let wait = Duration::from_secs(asked.number("wait")?.min(MAX_WAIT_SECONDS));
    hub.listen(caller, seen).await?;
    let mark = caller.view.head.mark();
    if mark != seen || wait.is_zero() {
        return request::answer(&caller.view.hub_head());
    }
    let _begun = hub
        .under_way
        .begin(caller.id, caller.member_id(), Work::Wait)?;
    let _waiting = hub.counters.wait();
    hub.store.changed(&caller.id, seen, wait).await;
    let view = caller.domain.view(&*hub.store).await?;
    request::answer(&view.hub_head())
}

impl Hub {
    /// Takes down if a member knows more than this hub.
    pub(super) async fn listen(&self, caller: &Caller, known: Mark) -> Result<(), Problem> {
        let beyond = behind::is_beyond(known, caller.view.head.mark());
        if !beyond || caller.rank == Rank::Token {
            return Ok(());
        }
        let (domain, member) = (caller.id, caller.member_id());
        if behind::claim(&*self.documents, domain, member, known).await? {
            self.audit.record(&AuditEvent::Behind {
                domain,
                member,
                statements: known.statements,
                seq: known.seq,
            });
        }
        Ok(())
    }
}

/// Longest wait.
const MAX_WAIT_SECONDS: u64 = 50;
