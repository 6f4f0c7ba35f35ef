//! `drain`.

use std::time::Duration;

use clap::Args;

use super::Output;

/// Arguments of `drain`.
#[derive(Args, Debug, Default)]
#[non_exhaustive]
pub struct DrainArgs {
    /// How long to serve while load balancers notice, as in 10, 10s or 2m: longer than it takes them
    /// to send nobody here. Default: `drain_seconds` of local.toml, and if that is 0, 10 seconds; at
    /// most five minutes.
    #[arg(long, value_name = "TIME", value_parser = parse_notice)]
    pub notice: Option<Duration>,

    /// Wait until the server has ended, and say how far it is meanwhile.
    #[arg(long)]
    pub wait: bool,

    /// How to print it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,
}

/// A whole number of seconds, or of minutes with m behind it.
pub(super) fn parse_notice(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(number) => (number, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let seconds = number.parse::<u64>().ok();
    let seconds = seconds.and_then(|it| it.checked_mul(unit));
    let notice = seconds.map(Duration::from_secs);
    let notice = notice.filter(|it| *it <= LONGEST_NOTICE);
    notice.ok_or_else(|| "expected at most five minutes, as in 10, 10s or 2m".into())
}

const LONGEST_NOTICE: Duration = Duration::from_mins(5);

pub(super) const HELP: &str = "\
What happens, in this order:
  1. /readyz answers 503: a load balancer that asks it sends nobody here any more. Whoever comes all
     the same is served, for the time of --notice.
  2. The server accepts no connection any more, and finishes the requests under way (30 s at most).
  3. Changes that wait for the hub are handed to it (10 s at most; they are kept on disk).
  4. The program ends with exit code 0.

Nobody has to sign in anew: a sign-in that was begun here ends at any server of the domain, and a
session is known to all. SIGTERM does the same with `drain_seconds` of local.toml; a second SIGTERM
ends the program at once.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_a_number_of_seconds_or_minutes_up_to_five() {
        for (text, seconds) in [("0", 0), ("10", 10), ("1s", 1), ("300s", 300), ("5m", 300)] {
            assert_eq!(parse_notice(text), Ok(Duration::from_secs(seconds)));
        }
        for odd in [
            "",
            "s",
            "301",
            "301s",
            "6m",
            "-1",
            "1.5s",
            "1h",
            "1ms",
            "307445734561825861m",
        ] {
            assert!(parse_notice(odd).is_err(), "{odd}");
        }
    }
}
