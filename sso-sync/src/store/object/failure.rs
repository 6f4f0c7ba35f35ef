//! What a failed request means.

use std::error::Error;

use object_store::client::{HttpError, HttpErrorKind};
use sso_core::StoreError;

/// A `PUT` that was not answered with success, by what may have become of it.
#[derive(Debug)]
pub(super) enum Failure {
    /// The store works on a request for the same object, and did not do ours.
    Busy,
    /// It may have happened.
    Lost(object_store::Error),
    /// The condition was not met.
    Refused,
    /// It has not happened, for this reason.
    Unwritten(StoreError),
}

impl Failure {
    pub(super) fn of(error: object_store::Error) -> Self {
        use object_store::Error as E;

        match error {
            // Both codes of refusal become this variant. Inside, 412 is again an error of the
            // crate; 409 is not.
            E::AlreadyExists { source, .. }
                if !source.is::<E>() && source.to_string().contains(CONFLICT) =>
            {
                Self::Busy
            }
            E::AlreadyExists { .. } | E::NotModified { .. } | E::Precondition { .. } => {
                Self::Refused
            }
            error if is_full(&error) => Self::Unwritten(StoreError::full(error)),
            error if was_not_sent(&error) || is_denied(&error) => {
                Self::Unwritten(StoreError::unavailable(error))
            }
            error => Self::Lost(error),
        }
    }
}

/// Sorts a failed reading.
pub(super) fn read_error(error: object_store::Error) -> StoreError {
    StoreError::unavailable(error)
}

/// Whether the store understood the request and declined to do it.
const fn is_denied(error: &object_store::Error) -> bool {
    use object_store::Error as E;

    matches!(
        error,
        E::InvalidPath { .. }
            | E::NotFound { .. }
            | E::NotImplemented { .. }
            | E::NotSupported { .. }
            | E::PermissionDenied { .. }
            | E::Unauthenticated { .. }
            | E::UnknownConfigurationKey { .. }
    )
}

/// Whether no connection came about. Of other transport errors none is safe to repeat: "request
/// failed" is also what a connection that was closed before the answer is called.
fn was_not_sent(error: &object_store::Error) -> bool {
    causes(error)
        .filter_map(|cause| cause.downcast_ref::<HttpError>())
        .any(|cause| cause.kind() == HttpErrorKind::Connect)
}

/// Stores have no common code for it; these are what the known ones answer.
fn is_full(error: &object_store::Error) -> bool {
    let text = error.to_string();
    FULL.iter().any(|sign| text.contains(sign))
}

fn causes(error: &object_store::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

const CONFLICT: &str = "status code: 409";
const FULL: [&str; 3] = [
    "<Code>QuotaExceeded",
    "status code: 507",
    "XMinioStorageFull",
];
