//! `POST /session`: what a member signs into its requests.
//!
//! Everybody gets one, for every id: whether there is such a member shows with the first request
//! that is signed.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::request::{self, Asked};
use crate::wire::{OpenSession, Problem, SessionOpened};

pub(super) fn answer(hub: &Hub, asked: &Asked<'_>) -> Result<Bytes, Problem> {
    let OpenSession { domain, member } = asked.body()?;
    let session = hub.sessions.open(domain, member, asked.now);
    request::answer(&SessionOpened { session })
}
