//! `POST /administrators`: sign-in, registration, recovery, second factor.

use bytes::Bytes;

use crate::hub::Hub;
use crate::hub::request::Asked;
use crate::wire::{Code, Problem};

pub(super) async fn answer(hub: &Hub, asked: &Asked<'_>) -> Result<Bytes, Problem> {
    if asked.body.len() > MAX_BYTES {
        return Err(Code::TooLarge.into());
    }
    let administrators = &hub.administrators;
    administrators
        .answer(asked.body, asked.peer, asked.now)
        .await
}

/// Longest message of an administrator's program.
const MAX_BYTES: usize = 16 * 1024;
