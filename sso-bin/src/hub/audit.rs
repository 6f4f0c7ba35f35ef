//! The audit log: one JSON object a line, in a file of the hub's folder.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;
use sso_core::UnixTime;
use sso_sync::hub::{Audit, AuditEvent};
use tokio::sync::{mpsc, oneshot};

use super::HubError;
use crate::wiring;

/// Writes events to a file, which only its owner can read, and to the log under the target
/// `audit`.
///
/// A thread of its own waits for the disk. What comes faster than that is counted and left out:
/// whoever is refused a thousand times a second shall not stop the hub.
#[derive(Debug)]
pub struct AuditLog {
    entries: mpsc::Sender<Entry>,
    lost: Arc<AtomicU64>,
}

enum Entry {
    Flush(oneshot::Sender<()>),
    Line(String),
    Reopen,
}

impl AuditLog {
    /// Appends to the file at `path`, or makes it.
    ///
    /// # Errors
    ///
    /// [`HubError::Audit`].
    pub fn open(path: &Path) -> Result<Self, HubError> {
        let failed = |error: io::Error| HubError::Audit {
            path: path.into(),
            reason: error.to_string(),
        };
        let file = append_to(path).map_err(failed)?;
        let lost = Arc::new(AtomicU64::new(0));
        let (entries, received) = mpsc::channel(WAITING);
        let writer = Writer {
            path: path.into(),
            file,
            lost: Arc::clone(&lost),
        };
        let thread = std::thread::Builder::new().name("audit".into());
        thread.spawn(|| writer.run(received)).map_err(failed)?;
        Ok(Self { entries, lost })
    }

    /// Goes on in a new file if the old one was moved away.
    pub async fn reopen(&self) {
        let _ = self.entries.send(Entry::Reopen).await;
    }

    /// Waits until everything that was recorded so far is written.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.entries.send(Entry::Flush(done)).await.is_ok() {
            let _ = flushed.await;
        }
    }

    /// How many events are missing in the file.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Audit for AuditLog {
    fn record(&self, event: &AuditEvent) {
        let line = line(event, wiring::now());
        tracing::info!(target: "audit", event = event.name(), entry = line.as_str(), "recorded");
        if self.entries.try_send(Entry::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct Writer {
    path: PathBuf,
    file: File,
    lost: Arc<AtomicU64>,
}

impl Writer {
    fn run(mut self, mut entries: mpsc::Receiver<Entry>) {
        while let Some(entry) = entries.blocking_recv() {
            match entry {
                Entry::Flush(done) => {
                    let synced = self.file.sync_data();
                    self.complain(synced);
                    let _ = done.send(());
                }
                Entry::Line(line) => self.write(&line),
                Entry::Reopen => match append_to(&self.path) {
                    Ok(file) => self.file = file,
                    Err(error) => self.complain(Err(error)),
                },
            }
        }
    }

    /// In one call, so that the lines of several processes do not mix.
    fn write(&mut self, line: &str) {
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        if written.is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        self.complain(written);
    }

    fn complain(&self, result: io::Result<()>) {
        if let Err(error) = result {
            tracing::error!(
                reason = error.to_string().as_str(),
                file = self.path.display().to_string().as_str(),
                "the audit log cannot be written"
            );
        }
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn line(event: &AuditEvent, now: UnixTime) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        time: String,
        #[serde(flatten)]
        event: &'a AuditEvent,
    }

    let time = now.to_string();
    // Nothing in an event could fail to be written.
    serde_json::to_string(&Line { time, event }).unwrap_or_default()
}

/// So many events wait for the disk.
const WAITING: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_recorded_is_in_the_file_one_line_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        for name in ["one\n", "other"] {
            let log = AuditLog::open(&path).unwrap();
            log.record(&event(name));
            log.flush().await;
            assert_eq!(log.lost(), 0);
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().map(serde_json::from_str::<serde_json::Value>);
        let names: Vec<_> = lines.map(|line| line.unwrap()["name"].clone()).collect();
        assert_eq!(names, ["one\n", "other"]);
    }

    #[tokio::test]
    async fn a_file_that_was_moved_away_is_left_alone_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let old = folder.path().join("audit.1");
        let log = AuditLog::open(&path).unwrap();
        log.record(&event("one"));
        log.flush().await;
        std::fs::rename(&path, &old).unwrap();
        log.reopen().await;
        log.record(&event("other"));
        log.flush().await;
        assert!(std::fs::read_to_string(&old).unwrap().contains("one"));
        let new = std::fs::read_to_string(&path).unwrap();
        assert!(new.contains("other") && !new.contains("one"), "{new}");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        AuditLog::open(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let nowhere = folder.path().join("missing/audit.jsonl");
        assert!(AuditLog::open(&nowhere).is_err());
    }

    #[test]
    fn a_line_says_when_and_what() {
        let moment = UnixTime::from_secs(1_800_000_000);
        assert_eq!(
            line(&event("example"), moment),
            r#"{"time":"2027-01-15T08:00:00Z","event":"domain-invited","name":"example"}"#
        );
    }

    fn event(name: &str) -> AuditEvent {
        AuditEvent::DomainInvited { name: name.into() }
    }
}
