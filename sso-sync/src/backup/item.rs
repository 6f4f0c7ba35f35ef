//! What stands in a backup.

use bytes::Bytes;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::BackupError;
use crate::cbor;
use crate::seal::{Content, SealedUser};

/// One thing in a backup: first [`Item::Domain`], then the statements, then the users.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item {
    /// What domain it is, and its configuration.
    Domain(DomainItem),
    /// The next statement of the authority chain.
    Statement(Bytes),
    /// A user, with the secret.
    User(Box<SealedUser>),
}

/// What domain a backup is of, and its configuration.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[expect(
    clippy::exhaustive_structs,
    reason = "whoever writes a backup builds it"
)]
pub struct DomainItem {
    /// The name of the domain.
    #[n(0)]
    pub name: String,
    /// The server that wrote it.
    #[n(1)]
    pub server: String,
    /// The version of the program that wrote it.
    #[n(2)]
    pub program: String,
    /// When, in seconds since 1970.
    #[n(3)]
    pub time: u64,
    /// The revision of the configuration; 0 if there is none.
    #[n(4)]
    pub revision: u64,
    /// The configuration: paths and values, secrets included.
    #[n(5)]
    pub fields: Vec<(String, String)>,
    /// How many statements follow.
    #[n(6)]
    pub statements: u64,
}

impl std::fmt::Debug for DomainItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "DomainItem({}, revision {}, …)",
            self.name, self.revision
        )
    }
}

impl Item {
    /// The item as bytes: its kind, then what it is.
    pub(super) fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let (kind, mut bytes) = match self {
            Self::Domain(domain) => (DOMAIN, Zeroizing::new(cbor::encode(domain))),
            Self::Statement(statement) => (STATEMENT, Zeroizing::new(statement.to_vec())),
            Self::User(user) => (USER, Content::User((**user).clone()).to_plain_bytes()),
        };
        bytes.insert(0, kind);
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BackupError> {
        let (kind, rest) = bytes.split_first().ok_or(BackupError::Malformed)?;
        match *kind {
            DOMAIN => cbor::decode(rest)
                .map(Self::Domain)
                .map_err(|_| BackupError::Malformed),
            STATEMENT => Ok(Self::Statement(Bytes::copy_from_slice(rest))),
            USER => match Content::of_plain_bytes(rest) {
                Ok(Content::User(user)) => Ok(Self::User(Box::new(user))),
                _ => Err(BackupError::Malformed),
            },
            _ => Err(BackupError::Malformed),
        }
    }
}

const DOMAIN: u8 = 0;
const STATEMENT: u8 = 1;
const USER: u8 = 2;
