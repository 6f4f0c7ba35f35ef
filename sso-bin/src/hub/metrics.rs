//! Metrics in the text format that Prometheus reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sso_sync::hub::Counts;

/// What is known at one moment.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) audit_lost: u64,
    pub(super) body_bytes: usize,
    pub(super) connections: usize,
    pub(super) connection_limit: usize,
    pub(super) counts: Counts,
    pub(super) problems: BTreeMap<&'static str, u64>,
}

impl Reading {
    /// The text, version 0.0.4.
    pub(super) fn to_text(&self) -> String {
        let counts = &self.counts;
        let mut text = Text::default();
        text.family(REQUESTS, "counter", "Requests, by what became of them.");
        for (result, count) in [
            ("answered", counts.answered),
            ("busy", counts.busy),
            ("failed", counts.failed),
            ("refused", counts.refused),
        ] {
            text.labelled(REQUESTS, "result", result, count);
        }
        text.family(
            PROBLEMS,
            "counter",
            "Requests not answered as asked, by code.",
        );
        for (code, count) in &self.problems {
            text.labelled(PROBLEMS, "code", code, *count);
        }
        for (name, kind, help, value) in self.plain() {
            text.family(name, kind, help);
            text.plain(name, value);
        }
        text.family(INFO, "gauge", "The version of the program.");
        text.labelled(INFO, "version", crate::version::version(), 1);
        text.0
    }

    fn plain(&self) -> [(&'static str, &'static str, &'static str, u64); 8] {
        let counts = &self.counts;
        let number = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
        [
            (
                "sso_hub_batches_total",
                "counter",
                "Batches that were committed.",
                counts.batches,
            ),
            (
                "sso_hub_records_total",
                "counter",
                "Records that were committed.",
                counts.records,
            ),
            (
                "sso_hub_statements_total",
                "counter",
                "Statements that were appended.",
                counts.statements,
            ),
            (
                "sso_hub_waiting",
                "gauge",
                "Requests that wait for news.",
                counts.waiting,
            ),
            (
                "sso_hub_connections",
                "gauge",
                "Connections that are open.",
                number(self.connections),
            ),
            (
                "sso_hub_connections_limit",
                "gauge",
                "Connections that are served at most.",
                number(self.connection_limit),
            ),
            (
                "sso_hub_body_bytes",
                "gauge",
                "Memory of requests that are received or answered.",
                number(self.body_bytes),
            ),
            (
                "sso_hub_audit_lost_total",
                "counter",
                "Events that the audit log misses.",
                self.audit_lost,
            ),
        ]
    }
}

#[derive(Debug, Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn plain(&mut self, name: &str, value: u64) {
        self.line(format_args!("{name} {value}"));
    }

    /// Labels are our own words: nothing in them needs to be escaped.
    fn labelled(&mut self, name: &str, label: &str, word: &str, value: u64) {
        self.line(format_args!("{name}{{{label}=\"{word}\"}} {value}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to memory cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

const REQUESTS: &str = "sso_hub_requests_total";
const PROBLEMS: &str = "sso_hub_problems_total";
const INFO: &str = "sso_hub_info";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_explained_once_before_its_values() {
        let reading = Reading {
            connections: 3,
            problems: BTreeMap::from([("busy", 2), ("conflict", 1)]),
            ..Reading::default()
        };
        let text = reading.to_text();
        assert!(text.contains("\nsso_hub_connections 3\n"), "{text}");
        assert!(
            text.contains("\nsso_hub_problems_total{code=\"busy\"} 2\n"),
            "{text}"
        );
        let mut explained = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("# TYPE ") {
                Some(family) => explained.push(family.split(' ').next().unwrap()),
                None if line.starts_with('#') => {}
                None => {
                    let name = line.split(['{', ' ']).next().unwrap();
                    assert_eq!(explained.last(), Some(&name), "{line}");
                }
            }
        }
        let count = explained.len();
        explained.sort_unstable();
        explained.dedup();
        assert_eq!(explained.len(), count);
    }
}
