//! Every target, on the stable toolchain: what must hold, holds for some thousand mutations.
//!
//! `SSO_FUZZ_SECONDS=60` runs each for a minute, `SSO_FUZZ_SEED` and `SSO_FUZZ_FIRST` repeat what
//! failed.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test helpers, and how much was done is of interest"
)]

use std::sync::LazyLock;

use sso_fuzz::run::{Plan, Report, Until};
use sso_fuzz::targets::{TARGETS, Target};

#[test]
fn canonicalizer_holds() {
    run("canonicalizer");
}

#[test]
fn configuration_holds() {
    run("configuration");
}

#[test]
fn key_holds() {
    run("key");
}

#[test]
fn metadata_holds() {
    run("metadata");
}

#[test]
fn parser_holds() {
    run("parser");
}

#[test]
fn redirect_holds() {
    run("redirect");
}

#[test]
fn response_holds() {
    run("response");
}

#[test]
fn signature_holds() {
    run("signature");
}

#[test]
fn every_target_is_run_here() {
    let source = include_str!("fuzz.rs");
    for target in TARGETS {
        assert!(source.contains(&format!("run(\"{}\")", target.name)));
    }
}

/// Otherwise nobody could look again at what failed.
#[test]
fn an_execution_is_repeated_by_seed_and_number() {
    fn fails_once(data: &[u8]) {
        assert!(!data.starts_with(b"\x00\x00"));
    }
    static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| vec![vec![0, 1]]);
    let target = Target::new("fails", fails_once, || &SEEDS, sso_fuzz::mutate::bytes);
    let first_failure = (0..100_000).find(|number| execute(&target, *number).is_err());
    let number = first_failure.expect("two zeros come up sooner or later");
    assert!(execute(&target, number).is_err());
    assert!(number == 0 || execute(&target, number - 1).is_ok());
}

fn execute(target: &Target, number: u64) -> std::thread::Result<Report> {
    let plan = Plan {
        until: Until::Executions(1),
        seed: 7,
        first: number,
    };
    std::panic::catch_unwind(|| plan.run(target))
}

fn run(name: &str) {
    let plan = Plan::from_environment();
    let report = plan.run(Target::named(name).unwrap());
    println!("{name}: {report}, seed {}", plan.seed);
}
