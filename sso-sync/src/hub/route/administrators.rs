//! `POST /administrators`: sign-in, registration, recovery, second factor.

use bytes::Bytes;

use crate::admin::desk::DeskEvent;
use crate::hub::request::Asked;
use crate::hub::{Attended, AuditEvent, Hub, source};
use crate::wire::{Code, Problem};

pub(super) async fn answer(hub: &Hub, asked: &Asked<'_>) -> Result<Bytes, Problem> {
    if asked.body.len() > MAX_BYTES {
        return Err(Code::TooLarge.into());
    }
    let attended = hub.administrators.answer(asked.body, asked.peer, asked.now);
    let Attended { answer, event } = attended.await?;
    if let Some(event) = event {
        hub.record_visit(&event, asked);
    }
    Ok(answer)
}

impl Hub {
    /// Takes down who did what. Strangers do not fill the audit log: of what is refused to one
    /// address, twenty at once and then one in ten seconds are taken down.
    fn record_visit(&self, event: &DeskEvent, asked: &Asked<'_>) {
        let peer = source(asked.peer);
        if !event.what.is_refusal() || self.strangers.count(peer, asked.now).is_ok() {
            self.audit.record(&AuditEvent::of_visit(event, asked.peer));
        }
    }
}

/// Longest message of an administrator's program.
const MAX_BYTES: usize = 16 * 1024;
