//! Programs as child processes: started with a log, waited for, ended by process id.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

/// A running program. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts `command` with both outputs in `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let output = File::create(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; has `.ci/install` been run?"));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// Waits until `ready` has an answer.
    ///
    /// # Panics
    ///
    /// With the program's log, if it ends before, or is not ready within [`PATIENCE`].
    pub(crate) async fn until<T>(&mut self, ready: impl AsyncFn() -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(answer) = ready().await {
                    return Some(answer);
                }
                if self.child.try_wait().unwrap().is_some() {
                    return None;
                }
                tokio::time::sleep(PACE).await;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(Some(answer)) => answer,
            Ok(None) => panic!("ended before it was ready:\n{}", self.log()),
            Err(_) => panic!("not ready after {PATIENCE:?}:\n{}", self.log()),
        }
    }

    /// What the program has written so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `command` to its end and returns what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// A port that nobody listens on.
///
/// Below the range that the system hands out by itself, so that no connection takes it before the
/// program does; tests that run at once start at places of their own.
pub(crate) fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let start = process::id() as u16 % 750 * 16;
    (0..12_000)
        .map(|_| 20_000 + (start + TAKEN.fetch_add(1, Ordering::Relaxed)) % 12_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of twelve thousand ports is free")
}

/// How long a program may take to be ready, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

const PACE: Duration = Duration::from_millis(20);
