//! What stands under a key, and what a version of it is.
//!
//! A value begins with 16 random bytes, by which its writer knows it again.

use bytes::{Buf as _, Bytes};
use etcd_client::{Compare, CompareOp, KeyValue};
use sso_core::StoreError;

use super::super::{Entry, Expect, Version};

/// 16 random bytes that no other write has.
pub(super) type Nonce = [u8; 16];

/// What stands under a key.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) nonce: Nonce,
    pub(super) revisions: Revisions,
    value: Bytes,
}

impl Stored {
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if it is none of ours.
    pub(super) fn read(pair: KeyValue) -> Result<Self, StoreError> {
        let revisions = Revisions {
            created: pair.create_revision(),
            modified: pair.mod_revision(),
        };
        let (_, value) = pair.into_key_value();
        let mut value = Bytes::from(value);
        let mut nonce = Nonce::default();
        value
            .try_copy_to_slice(&mut nonce)
            .map_err(|_| StoreError::corrupt("a value in etcd is too short"))?;
        Ok(Self {
            nonce,
            revisions,
            value,
        })
    }

    /// The entry, as it was put.
    pub(super) fn into_entry(self) -> Entry {
        Entry {
            value: self.value,
            version: self.revisions.version(),
        }
    }
}

/// How a value stands in etcd.
pub(super) fn encode(nonce: &Nonce, value: &[u8]) -> Vec<u8> {
    [nonce, value].concat()
}

/// Which write an entry comes from: when its key was made, and when it was written last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Revisions {
    created: i64,
    modified: i64,
}

impl Revisions {
    fn of(version: &Version) -> Option<Self> {
        let (created, modified) = version.as_bytes().split_first_chunk()?;
        Some(Self {
            created: i64::from_be_bytes(*created),
            modified: i64::from_be_bytes(modified.try_into().ok()?),
        })
    }

    pub(super) fn version(self) -> Version {
        let bytes = [self.created.to_be_bytes(), self.modified.to_be_bytes()];
        Version::new(bytes.concat())
    }
}

/// What a writer expects, in the words of etcd: `None` is nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected(Option<Revisions>);

impl Expected {
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if the version is none of this backend: nothing has it.
    pub(super) fn of(expect: &Expect) -> Result<Self, StoreError> {
        match expect {
            Expect::Absent => Ok(Self(None)),
            Expect::Is(version) => {
                let revisions = Revisions::of(version).ok_or(StoreError::Conflict)?;
                Ok(Self(Some(revisions)))
            }
        }
    }

    /// The conditions of a transaction.
    pub(super) fn compare(self, key: &str) -> Vec<Compare> {
        let created = self.0.map_or(0, |there| there.created);
        let modified = self.0.map_or(0, |there| there.modified);
        vec![
            Compare::create_revision(key, CompareOp::Equal, created),
            Compare::mod_revision(key, CompareOp::Equal, modified),
        ]
    }

    pub(super) fn is_met_by(self, there: Option<&Stored>) -> bool {
        self.0 == there.map(|there| there.revisions)
    }

    /// What a write with this revision makes of it.
    pub(super) fn followed_by(self, modified: i64) -> Revisions {
        Revisions {
            created: self.0.map_or(modified, |there| there.created),
            modified,
        }
    }
}
