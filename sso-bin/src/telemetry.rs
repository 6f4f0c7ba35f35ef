//! The log: one line an event, on standard error.
//!
//! Values from the network are recorded as fields, never as part of a message: fields are written
//! quoted and escaped, so that nobody can forge a line or move a terminal's cursor.

use std::io;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

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
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_target(false);
    let _ = match format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Text => lines.with_ansi(false).try_init(),
    };
}
