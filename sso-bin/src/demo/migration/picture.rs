//! What the terminal shows: steps with their time, servers, and counters. Elsewhere than in a
//! terminal, a line for each step.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sso_core::UnixTime;

use super::crowd::{Crowd, Tally};
use super::{Done, LAST, Settings};
use crate::wiring;

/// The picture. It is drawn on standard error.
#[derive(Debug)]
pub(super) struct Picture {
    all: MultiProgress,
    steps: Vec<(&'static str, ProgressBar)>,
    servers: ProgressBar,
    counters: ProgressBar,
    watching: Mutex<Option<tokio::task::JoinHandle<()>>>,
    is_drawn: bool,
}

impl Picture {
    /// Of steps that are all to come.
    pub(super) fn new(settings: &Settings, names: Vec<&'static str>) -> Self {
        let all = MultiProgress::new();
        let line = |text: String| {
            let bar = all.add(ProgressBar::new_spinner().with_style(style("{msg}")));
            bar.set_message(text);
            bar
        };
        let balancer = match settings.haproxy {
            Some(_) => "HAProxy",
            None => "a small load balancer",
        };
        line(format!(
            "A domain moves while {} people sign in, behind {balancer} (seed {})",
            settings.people, settings.seed
        ));
        let names = names.into_iter().chain([LAST]);
        let steps = names
            .map(|name| (name, line(format!("  [ ] {name}"))))
            .collect();
        let servers = line(String::new());
        let people = u64::try_from(settings.people).unwrap_or(u64::MAX);
        let counters = all.add(ProgressBar::new(people).with_style(style(COUNTERS)));
        Self {
            steps,
            servers,
            counters,
            watching: Mutex::default(),
            is_drawn: std::io::stderr().is_terminal(),
            all,
        }
    }

    /// Shows what a crowd is counted by, from now on.
    pub(super) fn watch(&self, crowd: &Crowd) {
        let (crowd, counters) = (crowd.clone(), self.counters.clone());
        let task = tokio::spawn(async move {
            loop {
                show(&counters, crowd.tally());
                tokio::time::sleep(PACE).await;
            }
        });
        *self.watching.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    /// A step begins.
    pub(super) fn begin(&self, name: &str, servers: &[String]) {
        if let Some(bar) = self.bar(name) {
            bar.set_style(style("  [>] {msg:<40} {elapsed}"));
            bar.set_message(name.to_owned());
            bar.reset_elapsed();
            bar.enable_steady_tick(PACE);
        }
        self.servers
            .set_message(format!("  servers: {}", servers.join(", ")));
    }

    /// A step is over.
    pub(super) fn over(
        &self,
        name: &'static str,
        begun: UnixTime,
        before: Tally,
        after: Tally,
        said: String,
    ) -> Done {
        let done = Done {
            name,
            seconds: wiring::now().since(begun).as_secs_f64(),
            sign_ins: after.sign_ins.saturating_sub(before.sign_ins),
            failed: after.failed.saturating_sub(before.failed),
            said,
        };
        let line = line(&done);
        match self.bar(name) {
            Some(bar) if self.is_drawn => {
                bar.disable_steady_tick();
                bar.set_style(style("{msg}"));
                bar.set_message(line);
            }
            _ => self.write(&line),
        }
        done
    }

    /// Nothing more is drawn; what is there stays.
    pub(super) fn end(&self) {
        let watching = self.watching.lock();
        let watching = watching.unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = watching {
            task.abort();
        }
        for (_, bar) in &self.steps {
            bar.abandon();
        }
        self.servers.abandon();
        self.counters.abandon();
    }

    fn write(&self, line: &str) {
        use std::io::Write as _;

        // Nobody is there to be told that nobody reads it.
        let _ = self.all.suspend(|| writeln!(std::io::stderr(), "{line}"));
    }

    fn bar(&self, name: &str) -> Option<&ProgressBar> {
        let found = self.steps.iter().find(|(step, _)| *step == name);
        found.map(|(_, bar)| bar)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.end();
    }
}

fn show(counters: &ProgressBar, tally: Tally) {
    let Tally {
        sign_ins,
        failed,
        repeated,
        known,
    } = tally;
    counters.set_position(known);
    counters.set_message(format!(
        "{sign_ins} sign-ins, {failed} failed, {repeated} requests sent once more"
    ));
}

fn line(done: &Done) -> String {
    let Done {
        name,
        seconds,
        sign_ins,
        failed,
        said,
    } = done;
    format!("  [x] {name:<40} {seconds:>6.1} s  {sign_ins:>6} ok {failed:>3} failed  {said}")
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("█▉▊▋▌▍▎▏ ")
}

const COUNTERS: &str = "  {bar:30} {pos} of {len} people known\n  {msg}";

const PACE: Duration = Duration::from_millis(100);
