//! Moments as the tables keep them.

use std::time::Duration;

use sso_core::UnixTime;

/// Nanoseconds since 1970; later than 2262 is 2262.
pub(super) fn nanos(moment: UnixTime) -> i64 {
    i64::try_from(moment.since_epoch().as_nanos()).unwrap_or(i64::MAX)
}

/// The end of entries that may be dropped at `now`.
///
/// They are kept for an hour more, so that setting the clock back by less revives nothing.
pub(super) fn expired_before(now: UnixTime) -> i64 {
    nanos(now.earlier(Duration::from_hours(1)))
}
