//! The files for containers, which no engine runs here: their commands are those of the program, and
//! HAProxy understands its configuration.

use std::fs;
use std::process::Command;

use clap::Parser as _;
use sso_bin::args::Cli;

use super::packaging;
use crate::program::run;

#[test]
fn every_command_of_a_container_is_one_of_the_program() {
    let mut commands = Vec::new();
    for file in ["Containerfile", "compose.yaml"] {
        let text = fs::read_to_string(packaging().join("container").join(file)).unwrap();
        commands.extend(text.lines().filter_map(command));
    }
    assert_eq!(commands.len(), 6, "{commands:?}");
    for words in commands {
        let parsed = Cli::try_parse_from([&["sso-connect".to_owned()], &words[..]].concat());
        assert!(parsed.is_ok(), "{words:?}: {}", parsed.unwrap_err());
    }
}

#[test]
fn haproxy_understands_its_configuration() {
    let file = packaging().join("container/haproxy.cfg");
    run(Command::new("haproxy").arg("-c").arg("-f").arg(file));
}

/// The words behind the name of the program, if it is called in this line.
fn command(line: &str) -> Option<Vec<String>> {
    let (_, list) = line.split_once('[')?;
    let words: Vec<String> = serde_json::from_str(&format!("[{list}")).ok()?;
    let starts = |start: &str| line.trim_start().starts_with(start);
    match words.as_slice() {
        [shell, program, words @ ..] if shell == "CMD" && program == PROGRAM => {
            Some(words.to_vec())
        }
        [program, words @ ..] if program == PROGRAM && !words.is_empty() => Some(words.to_vec()),
        words if starts("CMD") || starts("command:") => Some(words.to_vec()),
        _ => None,
    }
}

const PROGRAM: &str = "/usr/bin/sso-connect";
