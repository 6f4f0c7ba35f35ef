//! An answer, strictly read.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Response, StatusCode};

use super::CallError;
use crate::wire::{Message, Problem, WireError};

/// What a hub answers.
///
/// # Errors
///
/// What the hub says is wrong, or what is wrong with the answer.
pub(super) fn read<M: Message>(answer: Response<Bytes>) -> Result<M, CallError> {
    Ok(M::parse(&body(answer)?)?)
}

/// The body of an answer that was given.
///
/// # Errors
///
/// What the hub says is wrong, or that no hub has answered.
pub(super) fn body(answer: Response<Bytes>) -> Result<Bytes, CallError> {
    let status = answer.status();
    let kind = answer.headers().get(CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != CBOR) {
        return Err(CallError::Stranger(status));
    }
    if status == StatusCode::OK {
        return Ok(answer.into_body());
    }
    let problem = <Problem as Message>::parse(answer.body())?;
    if problem.status() != status {
        return Err(WireError::Malformed.into());
    }
    Err(CallError::Problem(problem))
}

pub(super) const CBOR: &str = "application/cbor";
