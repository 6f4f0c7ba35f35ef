//! What the servers behind one name know together: the account, who orders, what the authority will
//! ask for, and the certificate.

use std::fmt;

use async_trait::async_trait;
use rustls_pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use sso_core::config::document::KeyPairDocument;
use sso_core::{StoreError, UnixTime};
use zeroize::Zeroizing;

use crate::data_dir::DataDirError;

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
    /// Former names of the service that the authority could not see to be ours: certificates are
    /// ordered without them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Somebody asked for a new certificate whatever the old one says.
    #[serde(default)]
    pub wanted: bool,
    /// What a newer program wrote; it is kept.
    #[serde(flatten)]
    pub others: serde_json::Map<String, serde_json::Value>,
}

impl Shared {
    /// Who orders at `now`, as far as people are told.
    #[must_use]
    pub fn ordering(&self, now: UnixTime) -> Option<&Lease> {
        self.lease.as_ref().filter(|it| now.as_secs() < it.until)
    }
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
    /// The server, as no other one is called.
    pub holder: String,
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// Until then by its clock, in seconds since 1970, unless it goes on. People are told; other
    /// servers go by their own clocks.
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

    /// Why nothing can be ordered now, in words for people. Default: nothing is in the way.
    async fn obstacle(&self) -> Option<String> {
        None
    }

    /// This server answers by that version from now on; nothing if no authority asks. Default: there
    /// is nobody to tell.
    fn tell(&self, _version: Option<u64>) {}

    /// The names of the other servers that do not answer by `version` yet. Default: there are none.
    async fn behind(&self, _version: u64) -> Vec<String> {
        Vec::new()
    }

    /// Browsers get this certificate from now on; nothing if they get another one than the
    /// authority's. Default: there is nobody to tell.
    fn serves(&self, _certificate: Option<&CertificateDer<'static>>) {}
}

/// Why a shelf is out of reach.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShelfError {
    /// The file cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// Something else is there.
    #[error(
        "{what} is damaged or sealed by another key; to begin anew: sso-connect certificate acme renew"
    )]
    Damaged {
        /// Where.
        what: String,
    },
    /// Somebody else changed it meanwhile.
    #[error("another server took the order over")]
    Lost,
    /// What the servers of a domain keep together is out of reach.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Shared {
    /// Reads what [`to_bytes`](Self::to_bytes) made.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// As JSON.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Writing plain data into memory does not fail.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}
