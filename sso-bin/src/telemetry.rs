//! The log: one line an event, on standard error.
//!
//! Values from the network are recorded as fields, never as part of a message: fields are written
//! quoted and escaped, so that nobody can forge a line or move a terminal's cursor.

use std::io;

use serde::Deserialize;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{self, MakeWriter};

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    #[default]
    Text,
}

/// Starts logging. A second call changes nothing.
///
/// The environment variable `SSO_CONNECT_LOG` sets the level, by module if need be
/// (`debug`, `info,sso_bin::http=debug`). Default: `info`.
pub fn start(format: LogFormat) {
    let filter =
        EnvFilter::try_from_env("SSO_CONNECT_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let _ = tracing::subscriber::set_global_default(subscriber(format, filter, io::stderr));
}

fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_target(false);
    match format {
        LogFormat::Json => Box::new(lines.json().with_span_list(false).finish()),
        LogFormat::Text => Box::new(lines.with_ansi(false).finish()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn http_15_nobody_can_forge_a_line_or_move_the_cursor() {
        for format in [LogFormat::Json, LogFormat::Text] {
            let log = logged(
                format,
                "Mallory\r\n2026-01-01 INFO signed in\u{1b}[2J\u{85}\u{2028}",
            );
            assert_eq!(log.lines().count(), 1, "{log}");
            assert!(!log.contains(['\r', '\u{1b}']), "{log}");
            assert!(log.contains("Mallory"), "{log}");
        }
    }

    #[test]
    fn a_line_of_json_carries_the_fields_and_the_trace_id() {
        let log: serde_json::Value = serde_json::from_str(&logged(LogFormat::Json, "x")).unwrap();
        assert_eq!(log["fields"]["reason"], "x");
        assert_eq!(log["span"]["trace_id"], "0123");
    }

    fn logged(format: LogFormat, reason: &str) -> String {
        let log = Log::default();
        let written = log.clone();
        let subscriber = subscriber(format, EnvFilter::new("info"), move || written.clone());
        tracing::subscriber::with_default(subscriber, || {
            let _request = tracing::info_span!("request", trace_id = "0123").entered();
            tracing::warn!(reason, "refused");
        });
        let bytes = log.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
