//! Why a hub cannot be run or asked.

use std::path::{Path, PathBuf};

use sso_core::StoreError;
use sso_sync::admin::CryptographyFailed;
use sso_sync::admin::desk::DeskError;

use crate::address::AddressError;
use crate::failure::root_cause;

/// Why a hub cannot be run or asked.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The hub cannot listen.
    #[error("{source}")]
    Address {
        /// Why not.
        source: AddressError,
        /// The setting that says where.
        setting: &'static str,
    },
    /// The audit log cannot be written.
    #[error("{}: {reason}", path.display())]
    Audit {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// The database cannot be used.
    #[error("{reason}")]
    Database {
        /// Which, and why.
        reason: String,
    },
    /// The key file holds something else.
    #[error("{} holds no keys of a hub: {reason}", path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key file is that of another hub.
    #[error(
        "{} is not the key file that the administrators in the database registered with: nobody \
         could sign in",
        path.display()
    )]
    OtherKeys {
        /// The file.
        path: PathBuf,
    },
    /// There is no randomness.
    #[error("the operating system gives no random bytes")]
    Randomness,
    /// The settings make no sense.
    #[error("{}: {reason}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The storage does not do what it was asked for.
    #[error("the storage of the hub does not answer: {reason}")]
    Storage {
        /// What it says.
        reason: String,
    },
}

impl HubError {
    /// What the desk refuses, with the key file that it works with.
    pub(super) fn of_desk(error: DeskError, keys: &Path) -> Self {
        match error {
            DeskError::OtherKeys => Self::OtherKeys { path: keys.into() },
            other => other.into(),
        }
    }

    /// The command, or the line in a file, that mends it.
    #[must_use]
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Address { source, setting } => Some(fix_address(source, setting)),
            Self::Audit { path, .. } => Some(format!("ls -l {}", path.display())),
            Self::Database { .. } => {
                Some("see [postgres] in hub.toml, and whether the database runs".into())
            }
            Self::Keys { path, .. } => Some(format!("restore {} from a backup", path.display())),
            Self::OtherKeys { path } => Some(format!(
                "all processes of a hub have the same key file: copy it from another one, or \
                 restore {} from the backup that the database is from",
                path.display()
            )),
            Self::Settings { path, .. } => Some(format!("edit {}", path.display())),
            Self::Randomness | Self::Storage { .. } => None,
        }
    }

    /// Whether the place to listen is to blame.
    pub(crate) const fn is_about_an_address(&self) -> bool {
        matches!(self, Self::Address { .. })
    }

    /// Whether the settings are to blame.
    pub(crate) const fn is_about_settings(&self) -> bool {
        matches!(self, Self::Settings { .. })
    }

    /// Whether files, keys or the database are to blame.
    pub(crate) const fn is_about_data(&self) -> bool {
        matches!(
            self,
            Self::Audit { .. } | Self::Database { .. } | Self::Keys { .. } | Self::OtherKeys { .. }
        )
    }
}

fn fix_address(error: &AddressError, setting: &str) -> String {
    let other = format!("set `{setting}` in hub.toml to another address or port");
    match error {
        AddressError::InUse { address, .. } => format!(
            "`ss -ltnp 'sport = :{}'` names the other process; or {other}",
            address.port()
        ),
        _ => other,
    }
}

impl From<StoreError> for HubError {
    fn from(error: StoreError) -> Self {
        Self::Storage {
            reason: root_cause(&error),
        }
    }
}

impl From<DeskError> for HubError {
    fn from(error: DeskError) -> Self {
        Self::Storage {
            reason: root_cause(&error),
        }
    }
}

impl From<CryptographyFailed> for HubError {
    fn from(_: CryptographyFailed) -> Self {
        Self::Randomness
    }
}
