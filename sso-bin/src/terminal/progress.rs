//! How far something is: a bar in a terminal, a line every few seconds elsewhere.

use std::fmt;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use sso_core::UnixTime;

/// Shows how far something is, with rate and remaining time.
pub trait Progress: fmt::Debug + Send {
    /// `done` of `of` records are there at `now`. `of` may grow.
    fn set(&mut self, done: u64, of: u64, now: UnixTime);

    /// It is over; the bar goes away.
    fn finish(&mut self);
}

/// A bar in a terminal.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(what: &str) -> Self {
        let bar = ProgressBar::new(0).with_message(what.to_owned());
        let style = ProgressStyle::with_template(TEMPLATE);
        Self(match style {
            Ok(style) => bar.with_style(style.progress_chars("█▉▊▋▌▍▎▏ ")),
            Err(_) => bar,
        })
    }
}

impl Progress for Bar {
    fn set(&mut self, done: u64, of: u64, _now: UnixTime) {
        self.0.set_length(of);
        self.0.set_position(done);
    }

    fn finish(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A line every few seconds, for logs.
pub struct Lines {
    what: String,
    write: Box<dyn FnMut(String) + Send>,
    first: Option<(u64, UnixTime)>,
    last: UnixTime,
}

impl Lines {
    /// Hands lines to `write`; each begins with `what`.
    pub fn new(what: &str, write: impl FnMut(String) + Send + 'static) -> Self {
        Self {
            what: what.into(),
            write: Box::new(write),
            first: None,
            last: UnixTime::default(),
        }
    }

    fn line(&self, done: u64, of: u64, rate: Option<u64>) -> String {
        let percent = done.saturating_mul(100).checked_div(of).unwrap_or(100);
        let pace = match rate {
            Some(rate) => format!(", {rate} a second, {} left", remaining(done, of, rate)),
            None => String::new(),
        };
        format!("{}: {done} of {of} ({percent} %){pace}", self.what)
    }
}

impl Progress for Lines {
    fn set(&mut self, done: u64, of: u64, now: UnixTime) {
        let (first_done, first) = *self.first.get_or_insert((done, now));
        if now.since(self.last) < INTERVAL {
            return;
        }
        self.last = now;
        let rate = rate(done.saturating_sub(first_done), now.since(first));
        let line = self.line(done, of, rate);
        (self.write)(line);
    }

    fn finish(&mut self) {}
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lines({})", self.what)
    }
}

/// Records a second; none before there is anything to divide.
fn rate(done: u64, elapsed: Duration) -> Option<u64> {
    let millis = u64::try_from(elapsed.as_millis()).ok()?;
    let rate = done.saturating_mul(1000).checked_div(millis)?;
    (rate > 0).then_some(rate)
}

fn remaining(done: u64, of: u64, rate: u64) -> String {
    let seconds = of.saturating_sub(done).checked_div(rate).unwrap_or(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

const TEMPLATE: &str = "{msg} {bar:24} {human_pos} of {human_len}, {per_sec:.0}, {eta} left";

/// Between two lines.
const INTERVAL: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_line_every_five_seconds_says_how_far_how_fast_and_how_long() {
        let (sender, lines) = mpsc::channel();
        let mut progress = Lines::new("users", move |line| sender.send(line).unwrap());
        for (done, after) in [(0, 0), (900, 4_999), (1_000, 5_000), (10_000, 10_000)] {
            let now = UnixTime::from_epoch(Duration::from_millis(1_800_000_000_000 + after));
            progress.set(done, 100_000, now);
        }
        progress.finish();
        drop(progress);
        let lines: Vec<String> = lines.iter().collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        users: 0 of 100000 (0 %)
        users: 1000 of 100000 (1 %), 200 a second, 8 min 15 s left
        users: 10000 of 100000 (10 %), 1000 a second, 1 min 30 s left
        ");
    }

    #[test]
    fn remaining_time_is_said_in_the_unit_that_fits() {
        assert_eq!(remaining(0, 59, 1), "59 s");
        assert_eq!(remaining(0, 60, 1), "1 min 0 s");
        assert_eq!(remaining(0, 3_599, 1), "59 min 59 s");
        assert_eq!(remaining(0, 3_600, 1), "1 h 0 min");
    }

    #[test]
    fn the_template_of_the_bar_is_one() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
