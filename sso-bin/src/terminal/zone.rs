//! Moments for people, in the time of where they are.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sso_core::UnixTime;

/// A time zone to show moments in.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone that this machine is set to.
    #[must_use]
    pub fn of_machine() -> Self {
        Self(TimeZone::system())
    }

    /// A zone by its name in the time zone database; UTC if there is none of that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }

    /// To the minute, with the short name of the zone: `2026-11-28 06:05 CET`.
    #[must_use]
    pub fn show(&self, moment: UnixTime) -> String {
        self.format(moment, "%Y-%m-%d %H:%M %Z")
    }

    /// To the second, with name and offset: `2026-11-28 06:05:09 CET (+01:00)`.
    #[must_use]
    pub fn show_exactly(&self, moment: UnixTime) -> String {
        self.format(moment, "%Y-%m-%d %H:%M:%S %Z (%:z)")
    }

    fn format(&self, moment: UnixTime, format: &str) -> String {
        let seconds = i64::try_from(moment.as_secs()).ok();
        match seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
            Some(timestamp) => timestamp
                .to_zoned(self.0.clone())
                .strftime(format)
                .to_string(),
            None => moment.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_in_local_time_with_the_zone() {
        let moment = UnixTime::from_secs(1_800_000_000);
        let berlin = Zone::named("Europe/Berlin");
        assert_eq!(berlin.show(moment), "2027-01-15 09:00 CET");
        assert_eq!(
            berlin.show_exactly(moment),
            "2027-01-15 09:00:00 CET (+01:00)"
        );
        assert_eq!(Zone::named("UTC").show(moment), "2027-01-15 08:00 UTC");
        let absurd = UnixTime::from_secs(u64::MAX);
        assert!(berlin.show(absurd).contains("1970-01-01"));
    }
}
