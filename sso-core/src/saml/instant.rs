//! Moments in SAML messages: `xs:dateTime` (XML Schema 2, 3.2.7; SAML Core 1.3.3).

use std::time::Duration;

use time::{Date, Month, PrimitiveDateTime, Time, UtcOffset};

use crate::UnixTime;

/// Reads a moment, such as `2027-01-15T12:00:00.5Z`.
///
/// Stricter than XML Schema where leniency helps nobody but an attacker: the zone must be there
/// (`Z`, or up to 14 hours), the year has four digits and is 1970 or later, a fraction has at most
/// 64 digits, of which nine count, and a day has no hour 24. A leap second is the second before it.
///
/// # Errors
///
/// [`InstantError::Format`] or [`InstantError::Range`].
pub fn parse(text: &str) -> Result<UnixTime, InstantError> {
    let mut rest = Rest(text);
    let date = rest.date()?;
    rest.expect('T')?;
    let clock = rest.clock()?;
    let fraction = rest.fraction()?;
    let offset = rest.offset()?;
    if !rest.0.is_empty() {
        return Err(InstantError::Format);
    }
    moment(date, &clock, offset).map(|second| second.later(fraction))
}

/// Writes a moment to the second, in UTC, as in `2027-01-15T12:00:00Z`.
#[must_use]
pub fn write(moment: UnixTime) -> String {
    moment.to_the_second().to_string()
}

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstantError {
    /// Not a date and time of the form described at [`parse`].
    #[error("not a date and time with a zone, such as 2027-01-15T12:00:00Z")]
    Format,
    /// There is no such date or time, or it is before 1970.
    #[error("there is no such date and time, or it is before 1970")]
    Range,
}

/// What the hands of a clock show.
struct Clock {
    hour: u8,
    minute: u8,
    /// Up to 60: a leap second.
    second: u8,
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn date(&mut self) -> Result<Date, InstantError> {
        let year = self.number(4)?;
        self.expect('-')?;
        let month = self.number(2)?;
        self.expect('-')?;
        let day = self.number(2)?;
        let month = u8::try_from(month)
            .ok()
            .and_then(|it| Month::try_from(it).ok());
        let date = month
            .zip(u8::try_from(day).ok())
            .and_then(|(month, day)| Date::from_calendar_date(i32::from(year), month, day).ok());
        date.ok_or(InstantError::Range)
    }

    fn clock(&mut self) -> Result<Clock, InstantError> {
        let hour = self.two_digits()?;
        self.expect(':')?;
        let minute = self.two_digits()?;
        self.expect(':')?;
        let second = self.two_digits()?;
        Ok(Clock {
            hour,
            minute,
            second,
        })
    }

    /// `.` and digits, or nothing.
    fn fraction(&mut self) -> Result<Duration, InstantError> {
        let Some(rest) = self.0.strip_prefix('.') else {
            return Ok(Duration::ZERO);
        };
        let end = rest.find(|it: char| !it.is_ascii_digit());
        let (digits, rest) = rest
            .split_at_checked(end.unwrap_or(rest.len()))
            .unwrap_or((rest, ""));
        if !(1..=MAX_FRACTION_DIGITS).contains(&digits.len()) {
            return Err(InstantError::Format);
        }
        self.0 = rest;
        let nanos = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
        let nanos = nanos.fold(0, |sum, digit| 10 * sum + u64::from(digit - b'0'));
        Ok(Duration::from_nanos(nanos))
    }

    /// How far the clock is ahead of UTC.
    fn offset(&mut self) -> Result<UtcOffset, InstantError> {
        if self.eat('Z') {
            return Ok(UtcOffset::UTC);
        }
        let is_behind = self.eat('-');
        if !is_behind {
            self.expect('+')?;
        }
        let hours = i32::from(self.two_digits()?);
        self.expect(':')?;
        let minutes = i32::from(self.two_digits()?);
        let total = 60 * hours + minutes;
        if minutes > 59 || total > MAX_OFFSET_MINUTES {
            return Err(InstantError::Range);
        }
        let seconds = if is_behind { -60 * total } else { 60 * total };
        UtcOffset::from_whole_seconds(seconds).map_err(|_| InstantError::Range)
    }

    fn two_digits(&mut self) -> Result<u8, InstantError> {
        u8::try_from(self.number(2)?).map_err(|_| InstantError::Format)
    }

    /// Exactly `digits` digits, at most four.
    fn number(&mut self, digits: usize) -> Result<u16, InstantError> {
        let split = self.0.split_at_checked(digits);
        let (number, rest) = split.ok_or(InstantError::Format)?;
        if !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(InstantError::Format);
        }
        self.0 = rest;
        number.parse().map_err(|_| InstantError::Format)
    }

    fn expect(&mut self, expected: char) -> Result<(), InstantError> {
        match self.eat(expected) {
            true => Ok(()),
            false => Err(InstantError::Format),
        }
    }

    fn eat(&mut self, expected: char) -> bool {
        let rest = self.0.strip_prefix(expected);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }
}

fn moment(date: Date, clock: &Clock, offset: UtcOffset) -> Result<UnixTime, InstantError> {
    let is_leap_second = clock.second == 60;
    let second = if is_leap_second { 59 } else { clock.second };
    let time = Time::from_hms(clock.hour, clock.minute, second);
    let time = time.map_err(|_| InstantError::Range)?;
    let moment = PrimitiveDateTime::new(date, time).assume_offset(offset);
    let seconds = u64::try_from(moment.unix_timestamp()).map_err(|_| InstantError::Range)?;
    // Leap seconds end a day in UTC, whatever the clock on the wall shows.
    if is_leap_second && (seconds + 1) % SECONDS_PER_DAY != 0 {
        return Err(InstantError::Range);
    }
    Ok(UnixTime::from_secs(seconds))
}

const MAX_FRACTION_DIGITS: usize = 64;
/// XML Schema 2, 3.2.7.3.
const MAX_OFFSET_MINUTES: i32 = 14 * 60;
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixTime = UnixTime::from_secs(1_800_014_400);

    #[test]
    fn reads_what_it_writes() {
        assert_eq!(write(NOON), "2027-01-15T12:00:00Z");
        assert_eq!(parse("2027-01-15T12:00:00Z"), Ok(NOON));
        assert_eq!(write(NOON.later(Duration::from_millis(999))), write(NOON));
    }

    #[test]
    fn any_zone_of_the_earth_will_do() {
        for text in [
            "2027-01-15T14:00:00+02:00",
            "2027-01-15T06:30:00-05:30",
            "2027-01-16T02:00:00+14:00",
            "2027-01-14T22:00:00-14:00",
            "2027-01-15T12:00:00-00:00",
        ] {
            assert_eq!(parse(text), Ok(NOON), "{text}");
        }
    }

    #[test]
    fn dos_08_a_fraction_counts_to_the_nanosecond() {
        let after = |nanos| Ok(NOON.later(Duration::from_nanos(nanos)));
        assert_eq!(parse("2027-01-15T12:00:00.5Z"), after(500_000_000));
        assert_eq!(parse("2027-01-15T12:00:00.1234567Z"), after(123_456_700));
        assert_eq!(parse("2027-01-15T12:00:00.1234567899Z"), after(123_456_789));
        let digits = |count| format!("2027-01-15T12:00:00.{}Z", "0".repeat(count));
        assert_eq!(parse(&digits(64)), Ok(NOON));
        assert_eq!(parse(&digits(65)), Err(InstantError::Format));
        assert_eq!(parse(&digits(100_000)), Err(InstantError::Format));
    }

    #[test]
    fn dos_08_a_leap_second_is_the_second_before_it() {
        let last = parse("2016-12-31T23:59:59Z");
        assert!(last.is_ok());
        assert_eq!(parse("2016-12-31T23:59:60Z"), last);
        assert_eq!(parse("2017-01-01T00:59:60+01:00"), last);
        assert_eq!(parse("2016-12-31T23:58:60Z"), Err(InstantError::Range));
        assert_eq!(parse("2016-12-31T23:59:61Z"), Err(InstantError::Range));
    }

    #[test]
    fn leap_years_are_those_of_the_calendar() {
        assert!(parse("2028-02-29T00:00:00Z").is_ok());
        assert_eq!(parse("2027-02-29T00:00:00Z"), Err(InstantError::Range));
        assert_eq!(parse("2100-02-29T00:00:00Z"), Err(InstantError::Range));
    }

    #[test]
    fn dos_08_only_the_years_1970_to_9999_exist() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Ok(UnixTime::default()));
        assert_eq!(parse("1970-01-01T00:00:00+00:01"), Err(InstantError::Range));
        assert_eq!(parse("1969-12-31T23:59:59Z"), Err(InstantError::Range));
        assert_eq!(parse("0000-01-01T00:00:00Z"), Err(InstantError::Range));
        let end = parse("9999-12-31T23:59:59-14:00");
        assert!(end.is_ok(), "{end:?}");
        assert_eq!(parse("10000-01-01T00:00:00Z"), Err(InstantError::Format));
        assert_eq!(parse("-2027-01-15T12:00:00Z"), Err(InstantError::Format));
    }

    #[test]
    fn dos_08_there_is_no_other_spelling() {
        for text in [
            "",
            "2027-01-15",
            "2027-01-15T12:00:00",
            "2027-01-15T12:00:00z",
            "2027-01-15t12:00:00Z",
            "2027-01-15 12:00:00Z",
            " 2027-01-15T12:00:00Z",
            "2027-01-15T12:00:00Z ",
            "2027-01-15T12:00Z",
            "2027-1-15T12:00:00Z",
            "2027-01-15T12:00:00.Z",
            "2027-01-15T12:00:00,5Z",
            "2027-01-15T12:00:00+02",
            "2027-01-15T12:00:00+0200",
            "2027-01-15T12:00:00Z+00:00",
            "+027-01-15T12:00:00Z",
            "２０２７-01-15T12:00:00Z",
            "20é7-01-15T12:00:00Z",
        ] {
            assert_eq!(parse(text), Err(InstantError::Format), "{text}");
        }
    }

    #[test]
    fn dos_08_there_is_no_other_hour_month_or_zone() {
        for text in [
            "2027-01-15T24:00:00Z",
            "2027-01-15T12:60:00Z",
            "2027-13-15T12:00:00Z",
            "2027-00-15T12:00:00Z",
            "2027-01-00T12:00:00Z",
            "2027-01-15T12:00:00+14:01",
            "2027-01-15T12:00:00-99:99",
            "2027-01-15T12:00:00+01:60",
        ] {
            assert_eq!(parse(text), Err(InstantError::Range), "{text}");
        }
    }
}
