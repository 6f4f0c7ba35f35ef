//! `sso-connect demo`: a first look.

use std::time::Duration;

use super::{print, to_json};
use crate::args::{DemoArgs, Output};
use crate::demo::Demo;
use crate::demo::migration::{self, Outcome, Settings};
use crate::failure::Failure;
use crate::shutdown::{Signal, Signals};
use crate::telemetry::{self, LogFormat};
use crate::wiring;

pub(super) async fn run(args: &DemoArgs) -> Result<(), Failure> {
    if args.migrate {
        return migrate(args).await;
    }
    let mut signals = Signals::listen()
        .map_err(|error| Failure::because(format!("cannot listen for signals: {error}")))?;
    let demo = Demo::start(args.listen).await?;
    print(&demo.introduction())?;
    // Only now, so that what the server says of its own start does not bury the addresses.
    telemetry::start(LogFormat::default());
    while signals.next().await == Signal::Reload {}
    tokio::select! {
        stopped = demo.stop() => stopped,
        // A second signal means: at once.
        _ = signals.next() => Ok(()),
    }
}

/// A domain moves while people sign in.
async fn migrate(args: &DemoArgs) -> Result<(), Failure> {
    let program = std::env::current_exe();
    let program = program.map_err(|error| Failure::because(error.to_string()))?;
    let settings = Settings {
        program,
        newer: args.newer.clone(),
        listen: args.listen,
        haproxy: args.haproxy.clone(),
        also_trust: args.also_trust.clone(),
        folder: args.folder.clone(),
        people: args.people,
        seed: args.seed.unwrap_or_else(|| wiring::now().as_secs()),
        hub_away: Duration::from_secs(args.hub_away),
        notice: NOTICE,
    };
    let mut signals = Signals::listen()
        .map_err(|error| Failure::because(format!("cannot listen for signals: {error}")))?;
    let outcome = tokio::select! {
        outcome = migration::run(&settings) => outcome?,
        _ = signals.next() => return Err(Failure::Interrupted),
    };
    print(&match args.output {
        Output::Json => to_json(&outcome)?,
        Output::Text => in_words(&outcome),
    })?;
    match outcome.is_good() {
        true => Ok(()),
        false => Err(Failure::because("people noticed that the domain moved")),
    }
}

fn in_words(outcome: &Outcome) -> String {
    let Outcome {
        sign_ins,
        failed,
        repeated,
        asked,
        wrong,
        seed,
        ..
    } = outcome;
    let failures: String = outcome
        .failures
        .iter()
        .chain(wrong)
        .map(|it| format!("  {it}\n"))
        .collect();
    format!(
        "{sign_ins} sign-ins, {failed} failed; {repeated} requests without an answer were sent once \
         more.\n{asked} times somebody was asked for in the end, {} times there was something wrong.\n\
         {failures}Seed {seed}.\n",
        wrong.len()
    )
}

/// HAProxy asks every second, and wants to hear it twice.
const NOTICE: u16 = 4;
