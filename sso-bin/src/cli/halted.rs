//! A server that cannot read its own files, since a newer program wrote them: it serves nobody, says
//! why, and tries again as soon as they have changed.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::control::{
    AcmeReport, Control, Controlled, DrainReport, ForkReport, Refusal, Report, ServerLine,
    SyncDone, UserDetail, UserLine, Wish,
};
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::status::State;

/// Waits until the files of this folder are others than `before` the start; meanwhile whoever asks the server is told why
/// it stands still, and what mends it.
///
/// # Errors
///
/// A [`Failure`] if nobody could ask.
pub(super) async fn wait(dir: &DataDir, before: &Files, failure: &Failure) -> Result<(), Failure> {
    let halted = Halted {
        reason: format!("{failure} (this is version {})", crate::version::version()),
        remedy: failure.fix(),
    };
    tracing::error!(
        reason = halted.reason,
        fix = halted.remedy,
        "nobody can sign in: waiting for files that this version can read"
    );
    let control = Control::start(dir, Arc::new(halted))?;
    // One look later, so that a start which itself put a log away is no busy loop.
    tokio::time::sleep(LOOKS_AGAIN).await;
    while Files::of(dir) == *before {
        tokio::time::sleep(LOOKS_AGAIN).await;
    }
    control.stop();
    Ok(())
}

/// How the databases of a folder look from outside.
#[derive(PartialEq, Eq)]
pub(super) struct Files(Vec<(PathBuf, u64, Option<SystemTime>)>);

impl Files {
    pub(super) fn of(dir: &DataDir) -> Self {
        let in_node = fs::read_dir(dir.node_folder()).into_iter().flatten();
        let in_node = in_node.flatten().map(|entry| entry.path());
        let paths = in_node.chain([dir.database()]);
        let databases = paths.filter(|path| !is_index(path));
        let seen = databases.filter_map(|path| {
            let found = fs::metadata(&path).ok()?;
            Some((path, found.len(), found.modified().ok()))
        });
        let mut all: Vec<_> = seen.collect();
        all.sort();
        Self(all)
    }
}

/// Looking at a database touches it.
fn is_index(path: &std::path::Path) -> bool {
    path.extension()
        .is_some_and(|it| it == "db-shm" || it == "sqlite3-shm")
}

/// Answers for a server that stands still.
#[derive(Debug)]
struct Halted {
    reason: String,
    remedy: Option<String>,
}

impl Halted {
    fn refuses<T>(&self) -> Result<T, Refusal> {
        Err(Refusal::Why(self.reason.clone()))
    }
}

#[async_trait]
impl Controlled for Halted {
    async fn report(&self) -> Report {
        Report {
            version: crate::version::version().into(),
            status: State::Stopped,
            reason: Some(self.reason.clone()),
            remedy: self.remedy.clone(),
            base_url: String::new(),
            revision: None,
            refused: None,
            former_sign_in: None,
            hub: None,
            traffic: None,
        }
    }

    async fn sync(&self, _force: bool) -> Result<SyncDone, Refusal> {
        self.refuses()
    }

    async fn users(&self, _after: Option<&str>, _limit: usize) -> Result<Vec<UserLine>, Refusal> {
        self.refuses()
    }

    async fn user(&self, _wanted: &str) -> Result<Option<UserDetail>, Refusal> {
        self.refuses()
    }

    async fn servers(&self) -> Result<Vec<ServerLine>, Refusal> {
        self.refuses()
    }

    async fn fork(&self) -> Result<ForkReport, Refusal> {
        self.refuses()
    }

    async fn settle(&self, _hub: bool) -> Result<(), Refusal> {
        self.refuses()
    }

    async fn acme(&self) -> Result<AcmeReport, Refusal> {
        self.refuses()
    }

    async fn renew(&self) -> Result<Wish, Refusal> {
        self.refuses()
    }

    async fn drain(&self, _notice: Option<Duration>) -> Result<DrainReport, Refusal> {
        self.refuses()
    }
}

const LOOKS_AGAIN: Duration = Duration::from_secs(2);
