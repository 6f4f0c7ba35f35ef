//! What a failed request means.

use std::time::Duration;

use sso_core::StoreError;
use tonic::{Code, Status};

/// A request without a good answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is an error instead.
    Answered(etcd_client::Error),
    /// There is none within this time.
    Silent(Duration),
}

impl Failure {
    /// What it means to who only reads.
    pub(super) fn of_read(self) -> StoreError {
        match self {
            Self::Answered(error) => StoreError::unavailable(error),
            Self::Silent(time) => StoreError::unavailable(silence(time)),
        }
    }

    /// What it means to who wrote: known to have changed nothing only if etcd says so, or if there
    /// was no connection to send it over.
    pub(super) fn of_write(self) -> StoreError {
        match self {
            Self::Answered(error) if is_full(&error) => StoreError::full(error),
            Self::Answered(error) if has_changed_nothing(&error) => StoreError::unavailable(error),
            Self::Answered(error) => StoreError::unknown(error),
            Self::Silent(time) => StoreError::unknown(silence(time)),
        }
    }

    /// Whether etcd does not let this user do that.
    pub(super) fn is_denied(&self) -> bool {
        let Self::Answered(etcd_client::Error::GRpcStatus(status)) = self else {
            return false;
        };
        matches!(
            status.code(),
            Code::PermissionDenied | Code::Unauthenticated
        )
    }
}

fn silence(time: Duration) -> String {
    format!("etcd has not answered within {time:?}")
}

fn is_full(error: &etcd_client::Error) -> bool {
    match error {
        etcd_client::Error::GRpcStatus(status) => status.message().contains(NO_SPACE),
        _ => false,
    }
}

fn has_changed_nothing(error: &etcd_client::Error) -> bool {
    match error {
        etcd_client::Error::GRpcStatus(status) => match status.code() {
            Code::FailedPrecondition
            | Code::InvalidArgument
            | Code::NotFound
            | Code::OutOfRange
            | Code::PermissionDenied
            | Code::ResourceExhausted
            | Code::Unauthenticated
            | Code::Unimplemented => true,
            // Of an operation that was handed to the other members, etcd says "unavailable", too.
            Code::Unavailable => status.message().contains(NO_LEADER) || was_not_sent(status),
            _ => false,
        },
        etcd_client::Error::InvalidArgs(_) => true,
        _ => false,
    }
}

/// Whether no connection came about.
fn was_not_sent(status: &Status) -> bool {
    let mut cause = std::error::Error::source(status);
    while let Some(error) = cause {
        if error.to_string().contains(NO_CONNECTION) {
            return true;
        }
        cause = error.source();
    }
    false
}

const NO_CONNECTION: &str = "tcp connect error";
const NO_LEADER: &str = "etcdserver: no leader";
const NO_SPACE: &str = "etcdserver: mvcc: database space exceeded";
