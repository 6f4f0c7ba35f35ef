//! Runs targets on the stable toolchain: mutations of the corpus, decided by a number.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use fastrand::Rng;
use sso_core::{Clock, SystemClock, UnixTime};

use crate::targets::Target;

/// How long to run, and where the random numbers begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "each field is a setting of its own"
)]
pub struct Plan {
    /// When to stop.
    pub until: Until,
    /// The number that decides everything.
    pub seed: u64,
    /// The first execution, counted from 0: it is the one that failed, if one did.
    pub first: u64,
}

/// When to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to count")]
pub enum Until {
    /// After so many executions.
    Executions(u64),
    /// After so long.
    Passed(Duration),
}

impl Plan {
    /// What the environment asks for.
    ///
    /// - `SSO_FUZZ_SECONDS`: run that long, with a seed of the clock.
    /// - `SSO_FUZZ_EXECUTIONS`: run that often. Default: a few thousand times.
    /// - `SSO_FUZZ_SEED`: the seed. Default: always the same.
    /// - `SSO_FUZZ_FIRST`: the first execution. Default: 0.
    ///
    /// # Panics
    ///
    /// If one of them is not a number.
    #[must_use]
    pub fn from_environment() -> Self {
        let until = match (number("SSO_FUZZ_SECONDS"), number("SSO_FUZZ_EXECUTIONS")) {
            (Some(seconds), _) => Until::Passed(Duration::from_secs(seconds)),
            (None, executions) => Until::Executions(executions.unwrap_or(EXECUTIONS)),
        };
        let default = match until {
            Until::Executions(_) => 0,
            Until::Passed(_) => SystemClock.now().as_secs(),
        };
        Self {
            until,
            seed: number("SSO_FUZZ_SEED").unwrap_or(default),
            first: number("SSO_FUZZ_FIRST").unwrap_or(0),
        }
    }

    /// Runs `target` on its seeds as they are, and then on mutations of them.
    ///
    /// # Panics
    ///
    /// If the target does; it prints before how to repeat that, and where the input is.
    #[must_use]
    pub fn run(&self, target: &Target) -> Report {
        let seeds = (target.seeds)();
        for (index, seed) in seeds.iter().enumerate() {
            self.execute(target, seed, &format!("the seed file {index}"));
        }
        let begin = SystemClock.now();
        let mut execution = self.first;
        while self.goes_on(execution - self.first, begin) {
            let input = self.input(target, seeds, execution);
            let command = format!("SSO_FUZZ_SEED={} SSO_FUZZ_FIRST={execution}", self.seed);
            self.execute(target, &input, &command);
            execution += 1;
        }
        Report {
            executions: execution - self.first,
            took: SystemClock.now().since(begin),
        }
    }

    /// The input of one execution, which depends on nothing but seed and number.
    fn input(&self, target: &Target, seeds: &[Vec<u8>], execution: u64) -> Vec<u8> {
        let mut random = Rng::with_seed(self.seed ^ execution.wrapping_mul(SPREAD));
        let mut seed = || seeds.get(random.usize(..seeds.len()));
        let (data, other) = (seed().expect("a seed"), seed().expect("a seed"));
        (target.mutate)(data, other, &mut random)
    }

    fn goes_on(&self, executions: u64, begin: UnixTime) -> bool {
        match self.until {
            Until::Executions(wanted) => executions < wanted,
            // Asking for the time costs more than some targets.
            Until::Passed(wanted) => {
                !executions.is_multiple_of(64) || SystemClock.now().since(begin) < wanted
            }
        }
    }

    fn execute(&self, target: &Target, input: &[u8], what: &str) {
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
        if let Err(panic) = outcome {
            let file = std::env::temp_dir().join(format!("sso-fuzz-{}", target.name));
            let kept = std::fs::write(&file, input).is_ok();
            let place = if kept {
                file.display().to_string()
            } else {
                "nowhere".to_owned()
            };
            report(&format!(
                "target {} failed with {what}; the input is in {place}",
                target.name
            ));
            std::panic::resume_unwind(panic);
        }
    }
}

/// What a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How often the target ran on a mutation.
    pub executions: u64,
    /// How long that took.
    pub took: Duration,
}

impl std::fmt::Display for Report {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.took.as_secs_f64();
        let rate = self.executions as f64 / seconds.max(0.001);
        write!(
            formatter,
            "{} executions in {seconds:.1} s, {rate:.0} a second",
            self.executions
        )
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is not a number: {text}")),
    )
}

#[expect(clippy::print_stderr, reason = "it says how to repeat what failed")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// Enough for a first look in a few seconds.
const EXECUTIONS: u64 = 2_000;
/// Odd, and far from a power of two: neighbours begin far apart.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
