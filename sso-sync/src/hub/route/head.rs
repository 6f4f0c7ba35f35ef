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
    hub.wait_for_news(caller, seen, wait).await;
    // It may have been closed meanwhile.
    hub.open_domain(caller.id).await?;
    let view = caller.domain.view(&*hub.store).await?;
    request::answer(&view.hub_head())
}

impl Hub {
    /// Waits until there is something new, `wait` is over or the hub stops.
    async fn wait_for_news(&self, caller: &Caller, seen: Mark, wait: Duration) {
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            () = self.store.changed(&caller.id, seen, wait) => {}
            _ = stopping.wait_for(|stopping| *stopping) => {}
        }
    }

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
