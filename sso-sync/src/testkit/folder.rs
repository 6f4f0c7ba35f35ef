//! Places of backends that keep everything in one folder.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fmt, io};

use tempfile::TempDir;

use super::Place;

/// A backend whose data are in one folder. [`Folder`] is its [`Place`].
#[expect(async_fn_in_trait, reason = "the kit awaits it on one thread")]
pub trait InFolder: 'static {
    /// The backend.
    type Store: Send + Sync + 'static;

    /// Opens the store in `folder`, or makes it there.
    async fn open(folder: &Path) -> Self::Store;

    /// Each lays what an earlier version of the backend wrote about the content that the kit knows
    /// into an empty folder. Default: none, for backends that lack `earlier_files`.
    const EARLIER: &'static [fn(&Path)] = &[];

    /// What a store without content takes on the disk, in bytes.
    const EMPTY: u64 = 0;
}

/// A temporary folder. Everything is opened anew by its path, so nothing is lacking, as long as the
/// process may mount small disks (as root, or by `sudo` without a password).
pub struct Folder<B> {
    path: PathBuf,
    /// Unmounted before the folder is removed.
    disk: Option<SmallDisk>,
    made: Option<TempDir>,
    backend: PhantomData<fn() -> B>,
}

impl<B: InFolder> Place for Folder<B> {
    type Store = B::Store;

    async fn fresh() -> Self {
        let made = tempfile::tempdir().expect("a temporary folder can be made");
        Self {
            path: made.path().into(),
            disk: None,
            made: Some(made),
            backend: PhantomData,
        }
    }

    async fn open(&self) -> B::Store {
        B::open(&self.path).await
    }

    fn name(&self) -> Option<String> {
        self.path.to_str().map(Into::into)
    }

    async fn named(name: &str) -> Self {
        Self {
            path: name.into(),
            disk: None,
            made: None,
            backend: PhantomData,
        }
    }

    async fn small(bytes: u64) -> Option<Self> {
        let mut place = Self::fresh().await;
        place.disk = Some(SmallDisk::mount(&place.path, B::EMPTY + bytes));
        Some(place)
    }

    async fn enlarge(&self) {
        self.disk.as_ref().expect("a small disk").enlarge();
    }

    async fn earlier() -> Vec<Self> {
        let mut places = Vec::new();
        for lay in B::EARLIER {
            let place = Self::fresh().await;
            lay(&place.path);
            places.push(place);
        }
        places
    }
}

impl<B> fmt::Debug for Folder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder")
            .field("path", &self.path)
            .field("disk", &self.disk)
            .field("made", &self.made)
            .finish_non_exhaustive()
    }
}

/// A file system in memory; unmounted when it is dropped.
#[derive(Debug)]
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path, bytes: u64) -> Self {
        let options = format!("size={bytes},mode=0777");
        let arguments = ["-t", "tmpfs", "-o", &options, "tmpfs"];
        must_succeed(privileged("mount", &arguments, folder));
        Self(folder.into())
    }

    fn enlarge(&self) {
        let arguments = ["-o", "remount,size=256m"];
        must_succeed(privileged("mount", &arguments, &self.0));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a store may still be closing its files.
        let _ = privileged("umount", &["--lazy"], &self.0);
    }
}

/// Runs a program as who may mount; answers what both tries said if neither succeeded.
fn privileged(program: &str, arguments: &[&str], folder: &Path) -> Result<(), String> {
    let run = |command: &mut Command| command.args(arguments).arg(folder).output();
    let succeeded = |output: &io::Result<Output>| {
        let output = output.as_ref();
        output.is_ok_and(|output| output.status.success())
    };
    let direct = run(&mut Command::new(program));
    if succeeded(&direct) {
        return Ok(());
    }
    let by_sudo = run(Command::new("sudo").args(["--non-interactive", program]));
    if succeeded(&by_sudo) {
        return Ok(());
    }
    Err(format!("{direct:?}, and by sudo {by_sudo:?}"))
}

fn must_succeed(mounted: Result<(), String>) {
    if let Err(said) = mounted {
        panic!("a small disk takes root, or `sudo` without a password: {said}");
    }
}
