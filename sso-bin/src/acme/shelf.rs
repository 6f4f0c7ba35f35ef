//! What the servers behind one name know together: the account, who orders, what the authority will
//! ask for, and the certificate.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sso_core::config::document::KeyPairDocument;

use crate::data_dir::{DataDir, DataDirError, KeyFile};

/// What is shared. `Debug` shows no secret.
#[derive(Clone, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Shared {
    /// Counts the changes; a change names the one that it was made from.
    #[serde(default)]
    pub version: u64,
    /// The account at the authority, with its key, as the library writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The directory that the account is at.
    #[serde(default)]
    pub directory: String,
    /// What the authority issued last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<KeyPairDocument>,
    /// Who orders just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// What the authority may ask of any server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub challenges: Vec<Challenge>,
    /// Nothing is tried before, in seconds since 1970.
    #[serde(default)]
    pub not_before: u64,
    /// Attempts that failed one after the other.
    #[serde(default)]
    pub failures: u32,
    /// Why the last one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Somebody asked for a new certificate whatever the old one says.
    #[serde(default)]
    pub wanted: bool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("version", &self.version)
            .field("lease", &self.lease)
            .field("not_before", &self.not_before)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

/// The right to order, for a while: who ends in the middle is taken over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "who, and how long")]
pub struct Lease {
    /// The server.
    pub holder: String,
    /// Until then, in seconds since 1970.
    pub until: u64,
}

/// What the authority asks for, and the answer.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[expect(clippy::exhaustive_structs, reason = "what RFC 8555, 8.1 names")]
pub struct Challenge {
    /// The host name.
    pub name: String,
    /// What is asked for.
    pub token: String,
    /// What is answered.
    pub authorization: String,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Challenge({:?})", self.name)
    }
}

/// Where it is kept. All servers behind one name have one shelf.
#[async_trait]
pub trait Shelf: fmt::Debug + Send + Sync + 'static {
    /// What is there; the default if nothing was ever put.
    ///
    /// # Errors
    ///
    /// A [`ShelfError`] if it cannot be read now.
    async fn read(&self) -> Result<Shared, ShelfError>;

    /// Puts `shared` in place of the version that it names, as the next one; `false` if somebody
    /// else was first, and then nothing is changed.
    ///
    /// # Errors
    ///
    /// A [`ShelfError`] if it cannot be written now.
    async fn put(&self, shared: Shared) -> Result<bool, ShelfError>;
}

/// Why a shelf is out of reach.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// The file cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// Something else is there.
    #[error("{what} is damaged: remove it to begin anew")]
    Damaged {
        /// Where.
        what: String,
    },
}

/// The shelf of a server by itself: a file in the folder `keys`.
#[derive(Clone, Debug)]
pub struct FileShelf(DataDir);

impl FileShelf {
    /// The one in `dir`.
    #[must_use]
    pub const fn new(dir: DataDir) -> Self {
        Self(dir)
    }

    fn load(&self) -> Result<Shared, ShelfError> {
        let path = self.0.key_file(KeyFile::Acme);
        let Some(text) = self.0.read_if_present(&path)? else {
            return Ok(Shared::default());
        };
        serde_json::from_str(&text).map_err(|_| ShelfError::Damaged {
            what: path.display().to_string(),
        })
    }
}

#[async_trait]
impl Shelf for FileShelf {
    async fn read(&self) -> Result<Shared, ShelfError> {
        self.load()
    }

    async fn put(&self, shared: Shared) -> Result<bool, ShelfError> {
        if self.load()?.version != shared.version {
            return Ok(false);
        }
        let version = shared.version + 1;
        let shared = Shared { version, ..shared };
        let path = self.0.key_file(KeyFile::Acme);
        let text = serde_json::to_string(&shared).map(zeroize::Zeroizing::new);
        let text = text.map_err(|_| ShelfError::Damaged {
            what: path.display().to_string(),
        })?;
        self.0.write(&path, &text)?;
        Ok(true)
    }
}
