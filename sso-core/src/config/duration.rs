//! Durations as settings: a whole number and its unit.

use std::time::Duration;

/// Reads `90s`, `5m` or `8h`; `None` for everything else.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number = text.strip_suffix(unit)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    let seconds = match unit {
        'h' => 3600,
        'm' => 60,
        's' => 1,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

/// Writes a duration in the largest unit that divides it; a fraction of a second is cut off.
pub(super) fn write(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => "0s".into(),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_minutes_and_hours() {
        assert_eq!(parse("90s"), Some(Duration::from_secs(90)));
        assert_eq!(parse("5m"), Some(Duration::from_mins(5)));
        assert_eq!(parse("8h"), Some(Duration::from_hours(8)));
        assert_eq!(parse("0s"), Some(Duration::ZERO));
    }

    #[test]
    fn writes_the_largest_unit_that_fits() {
        for text in ["0s", "90s", "5m", "61m", "8h"] {
            assert_eq!(write(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "s",
            "5",
            "5 m",
            "-5m",
            "+5m",
            "5min",
            "1.5h",
            "5M",
            "8時",
            "99999999999999999999s",
            "9999999999999999999h",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
