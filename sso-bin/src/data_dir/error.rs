//! Why a data folder cannot be used, and what mends it.

use std::io;
use std::path::{Path, PathBuf};

use super::Program;

/// Why the data folder cannot be used.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// `init` was told to make what is there.
    #[error("{} holds a configuration already", path.display())]
    Initialised {
        /// The folder.
        path: PathBuf,
        /// Whose it was to be.
        program: Program,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// There is no configuration.
    #[error("{} holds no configuration", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
        /// Whose it should be.
        program: Program,
    },
    /// There was a database, and it is gone.
    #[error("{} is missing: it holds {}", path.display(), program.content())]
    NoDatabase {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        program: Program,
    },
    /// Others can read it.
    #[error("{} has mode {found:04o}: others than its owner can use it", path.display())]
    Permissions {
        /// The file or folder.
        path: PathBuf,
        /// Its mode.
        found: u32,
        /// The mode it should have.
        wanted: u32,
    },
}

impl DataDirError {
    /// The command that mends it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::Initialised { path, program } => format!(
                "edit {}, or choose another folder with --data-dir",
                path.join(program.settings_file()).display()
            ),
            Self::Io { path, source } => fix_io(path, source.kind()),
            Self::Missing { path, program } => {
                format!("{} --data-dir {}", program.init(), path.display())
            }
            Self::NoDatabase { path, program } => format!(
                "restore {} from a backup; {} --data-dir {}",
                path.display(),
                program.new_database(),
                path.parent().unwrap_or(path).display()
            ),
            Self::Permissions { path, wanted, .. } => {
                format!("chmod {wanted:03o} {}", path.display())
            }
        }
    }

    /// A file that should be there is not.
    pub(crate) fn missing(path: &Path) -> Self {
        Self::io(path, io::ErrorKind::NotFound.into())
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.into(),
            source,
        }
    }
}

fn fix_io(path: &Path, kind: io::ErrorKind) -> String {
    let shown = path.display();
    match kind {
        io::ErrorKind::NotFound => format!("restore {shown} from a backup"),
        io::ErrorKind::PermissionDenied if matches!(path.try_exists(), Ok(false)) => {
            format!("sudo install -d -m 700 -o \"$(id -un)\" {shown}")
        }
        // Files that change hands would be out of reach of the server that uses them.
        io::ErrorKind::PermissionDenied => format!(
            "give the command as the owner: sudo -u \"$(sudo stat -c %U {shown})\" sso-connect …"
        ),
        _ => format!("ls -ld {shown}"),
    }
}
