//! Time, as everything else in this crate sees it.
//!
//! The system clock is read here and nowhere else, so that a test, a simulation or a host decides
//! what "now" is.

use std::fmt;
use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Tells the time.
///
/// # Contract
///
/// - **Civil time**: counts from 1970-01-01T00:00:00Z; leap seconds do not exist.
/// - **May jump**: callers compare with time stamps of other machines and allow for skew, so a
///   step of the clock is harmless as long as it stays within the configured `clock_skew`.
///
/// # Security
///
/// A clock that runs behind prolongs the validity of assertions and sessions by as much.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> UnixTime;
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a unit struct is its own constructor"
)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn now(&self) -> UnixTime {
        let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        UnixTime(elapsed.unwrap_or(Duration::ZERO))
    }
}

/// A moment, as the time that has passed since 1970-01-01T00:00:00Z.
///
/// Arithmetic saturates, so that absurd time stamps from the network cannot overflow.
/// `Display` writes RFC 3339 in UTC, to the second unless there is a fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(Duration);

impl UnixTime {
    /// The moment `seconds` after the epoch.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The moment `elapsed` after the epoch.
    #[must_use]
    pub const fn from_epoch(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// Whole seconds since the epoch; a fraction is cut off.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0.as_secs()
    }

    /// Time since the epoch.
    #[must_use]
    pub const fn since_epoch(self) -> Duration {
        self.0
    }

    /// Time from `earlier` to this moment; zero if `earlier` is in fact later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment, `by` later.
    #[must_use]
    pub const fn later(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// This moment, `by` earlier; the epoch at the earliest.
    #[must_use]
    pub const fn earlier(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(by))
    }

    /// This moment without its fraction of a second, as SAML messages of ours carry it.
    #[must_use]
    pub const fn to_the_second(self) -> Self {
        Self::from_secs(self.0.as_secs())
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = i128::try_from(self.0.as_nanos())
            .ok()
            .and_then(|nanos| OffsetDateTime::from_unix_timestamp_nanos(nanos).ok())
            .and_then(|moment| moment.format(&Rfc3339).ok());
        match text {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} s after 1970-01-01T00:00:00Z", self.0.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_in_utc() {
        assert_eq!(
            UnixTime::from_secs(1_700_000_000).to_string(),
            "2023-11-14T22:13:20Z"
        );
        let fraction = UnixTime::from_epoch(Duration::from_millis(1_700_000_000_250));
        assert_eq!(fraction.to_string(), "2023-11-14T22:13:20.25Z");
    }

    #[test]
    fn absurd_moments_neither_overflow_nor_fail_to_print() {
        let end = UnixTime::from_secs(u64::MAX).later(Duration::MAX);
        assert_eq!(end.since(UnixTime::from_secs(0)), Duration::MAX);
        assert!(end.to_string().ends_with("s after 1970-01-01T00:00:00Z"));
        assert_eq!(
            UnixTime::from_secs(1).earlier(Duration::MAX),
            UnixTime::default()
        );
    }
}
