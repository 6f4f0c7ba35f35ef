//! `GET /hub`: what everybody may know.

use bytes::Bytes;

use crate::hub::{Hub, request};
use crate::wire::{HubInfo, Problem};

pub(super) fn answer(hub: &Hub) -> Result<Bytes, Problem> {
    request::answer(&HubInfo {
        format: HubInfo::FORMAT,
        program: hub.settings.program().into(),
    })
}
