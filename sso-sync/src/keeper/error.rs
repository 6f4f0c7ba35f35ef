//! Why a server's secret could not be sealed or unsealed.

use std::io;
use std::path::{Path, PathBuf};

use sso_core::BoxError;

use super::{MAX_SECRET_BYTES, Protection};
use crate::seal::SealError;

/// Why a secret could not be sealed or unsealed.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// It was changed, or sealed for something else.
    #[error("it does not open: it was changed, or belongs to another domain or another purpose")]
    Closed,
    /// A file cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is nothing that a sealer made.
    #[error("its form makes no sense: it was not sealed by SSO Connect, or is damaged")]
    Malformed,
    /// A newer program sealed it.
    #[error("a newer program sealed it")]
    Newer,
    /// systemd has not handed the credential over.
    #[error("there is no systemd credential {name}: {reason}")]
    NoCredential {
        /// The credential.
        name: String,
        /// Why.
        reason: String,
    },
    /// There is something else where a key should be.
    #[error("{place} holds no key, which is 32 bytes, as they are or in base64 (44 characters)")]
    NoKey {
        /// Where.
        place: Protection,
    },
    /// The key file is not there.
    #[error("there is no key file {}", path.display())]
    NoKeyFile {
        /// Where it should be.
        path: PathBuf,
    },
    /// It was sealed with another key of the same kind.
    #[error("it was sealed by {by}, with another key than {settings} has now")]
    OtherKey {
        /// What sealed it.
        by: Protection,
        /// What should unseal it.
        settings: Protection,
    },
    /// It was sealed by something of another kind.
    #[error("it was sealed by {by}, but the settings say {settings}")]
    OtherSealer {
        /// What sealed it.
        by: Protection,
        /// What should unseal it.
        settings: Protection,
    },
    /// Others can read the file.
    #[error("others can read {}, its mode is {mode:03o}", path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The cryptographic library refused, or the operating system has no randomness.
    #[error("the cryptographic library refused, or the operating system has no randomness")]
    Refused,
    /// A token, or the key on it, cannot be used.
    #[cfg(feature = "pkcs11")]
    #[error(transparent)]
    Token(#[from] super::pkcs11::TokenError),
    /// The secret is longer than [`MAX_SECRET_BYTES`].
    #[error("a secret has at most {MAX_SECRET_BYTES} bytes, not {found}")]
    TooLarge {
        /// Its length in bytes.
        found: usize,
    },
    /// What has the key is out of reach: trying again later may help.
    #[error("what seals cannot be reached")]
    Unavailable(#[source] BoxError),
}

impl KeeperError {
    /// The command, or the line in a file, that mends it, if that is known.
    #[must_use]
    pub fn fix(&self) -> Option<String> {
        match self {
            Self::Closed | Self::Malformed => {
                Some("restore it from a backup, or enrol this server again".into())
            }
            Self::File { path, .. } => Some(format!("ls -ld {}", path.display())),
            Self::Newer => Some("update this server".into()),
            Self::NoCredential { name, .. } => Some(make_credential(name)),
            Self::NoKey { place }
            | Self::OtherKey {
                settings: place, ..
            } => Some(format!("restore {place} from a backup")),
            Self::NoKeyFile { path } => Some(format!("restore {} from a backup", path.display())),
            Self::OtherSealer { by, .. } => Some(format!("let local.toml name {by} again")),
            Self::Permissions { path, .. } => Some(format!("chmod 600 {}", path.display())),
            #[cfg(feature = "pkcs11")]
            Self::Token(error) => Some(error.fix()),
            Self::Refused | Self::TooLarge { .. } | Self::Unavailable(_) => None,
        }
    }

    /// Whether trying again later may help without anybody doing anything.
    #[must_use]
    pub const fn is_worth_retrying(&self) -> bool {
        match self {
            #[cfg(feature = "pkcs11")]
            Self::Token(error) => error.is_worth_retrying(),
            _ => matches!(self, Self::Unavailable(_)),
        }
    }

    pub(super) fn file(path: &Path, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NoKeyFile { path },
            _ => Self::File { path, source },
        }
    }
}

impl From<SealError> for KeeperError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Closed => Self::Closed,
            SealError::Malformed => Self::Malformed,
            SealError::Newer => Self::Newer,
            SealError::NoKey { .. } | SealError::Refused => Self::Refused,
        }
    }
}

fn make_credential(name: &str) -> String {
    format!(
        "if it never existed, make it: head -c 32 /dev/urandom | systemd-creds encrypt \
         --name={name} - /etc/credstore.encrypted/{name}; then hand it over: in the unit, under \
         [Service], LoadCredentialEncrypted={name}:/etc/credstore.encrypted/{name}"
    )
}
