//! What stands in an object: who wrote it and its predecessors, then the value.
//!
//! | Bytes | What |
//! |---|---|
//! | 0 to 3 | `SSO` and the format, 1 |
//! | 4 to 11 | how many writes the key has seen with this one, big-endian |
//! | 12 to 155 | the nonces of the last nine writes, the newest first; zeros where there were fewer |
//! | 156 | 1 if a value follows; a tombstone ends here |
//! | 157 … | the value |

use bytes::{Bytes, BytesMut};
use sso_core::StoreError;

use super::super::{Entry, Version};

/// 16 random bytes that no other write has.
pub(super) type Nonce = [u8; 16];

/// The last writes of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lineage {
    writes: u64,
    /// The newest first.
    nonces: [Nonce; REMEMBERED],
}

/// Who made a certain write of a key, as far as a later lineage tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// Too many writes came since.
    Forgotten,
    /// The one with this nonce.
    Known(Nonce),
    /// Nobody so far.
    Nobody,
}

impl Lineage {
    /// What a write with this nonce makes of what was there.
    pub(super) fn following(base: Option<&Self>, nonce: Nonce) -> Self {
        let mut nonces = [Nonce::default(); REMEMBERED];
        let before = base.into_iter().flat_map(|base| base.nonces);
        for (place, nonce) in nonces.iter_mut().zip(std::iter::once(nonce).chain(before)) {
            *place = nonce;
        }
        let before = base.map_or(0, |base| base.writes);
        Self {
            writes: before.saturating_add(1),
            nonces,
        }
    }

    /// Which write of its key the last one is: 1, 2, 3 …
    pub(super) const fn writes(&self) -> u64 {
        self.writes
    }

    /// The nonce of the last write.
    pub(super) const fn nonce(&self) -> Nonce {
        let [newest, ..] = self.nonces;
        newest
    }

    /// Who made the write with this number.
    pub(super) fn writer(&self, number: u64) -> Writer {
        let Some(since) = self.writes.checked_sub(number) else {
            return Writer::Nobody;
        };
        usize::try_from(since)
            .ok()
            .and_then(|since| self.nonces.get(since))
            .map_or(Writer::Forgotten, |nonce| Writer::Known(*nonce))
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.writes.to_be_bytes());
        bytes.extend(self.nonces.as_flattened());
        bytes
    }

    /// The lineage at the beginning of these bytes, and the rest.
    fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let bytes = bytes.strip_prefix(&MAGIC)?;
        let (writes, mut bytes) = bytes.split_first_chunk()?;
        let mut nonces = [Nonce::default(); REMEMBERED];
        for nonce in &mut nonces {
            let (next, rest) = bytes.split_first_chunk()?;
            (*nonce, bytes) = (*next, rest);
        }
        let writes = u64::from_be_bytes(*writes);
        Some((Self { writes, nonces }, bytes))
    }
}

/// An object as a condition names it: by its tag, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whose.
    pub(super) lineage: Lineage,
    /// The tag; empty if it is known only that others have written since.
    pub(super) tag: String,
}

impl Standing {
    /// What a version names.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] if it is none of this backend: nothing has it.
    pub(super) fn of(version: &Version) -> Result<Self, StoreError> {
        let (lineage, tag) = Lineage::decode(version.as_bytes()).ok_or(StoreError::Conflict)?;
        let tag = std::str::from_utf8(tag).map_err(|_| StoreError::Conflict)?;
        Ok(Self {
            lineage,
            tag: tag.into(),
        })
    }

    /// Names it to the outside.
    pub(super) fn version(&self) -> Version {
        let mut bytes = self.lineage.encode();
        bytes.extend(self.tag.as_bytes());
        Version::new(bytes)
    }
}

/// What stands in an object.
#[derive(Debug)]
pub(super) struct Content {
    standing: Standing,
    /// `None` in a tombstone.
    value: Option<Bytes>,
}

impl Content {
    /// Reads an object that has this tag.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if it is none of ours.
    pub(super) fn decode(bytes: &Bytes, tag: String) -> Result<Self, StoreError> {
        let foreign = || StoreError::corrupt("an object of the bucket is of another format");
        let (lineage, rest) = Lineage::decode(bytes).ok_or_else(foreign)?;
        let value = match rest.split_first() {
            None => None,
            Some((&HAS_VALUE, value)) => Some(bytes.slice_ref(value)),
            Some(_) => return Err(foreign()),
        };
        let standing = Standing { lineage, tag };
        Ok(Self { standing, value })
    }

    /// What a condition on it names.
    pub(super) const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Whether the entry was deleted.
    pub(super) const fn is_tombstone(&self) -> bool {
        self.value.is_none()
    }

    /// The entry, if it was not deleted.
    pub(super) fn into_entry(self) -> Option<Entry> {
        Some(Entry {
            version: self.standing.version(),
            value: self.value?,
        })
    }
}

/// An object: a value, or a tombstone.
pub(super) fn encode(lineage: &Lineage, value: Option<&Bytes>) -> Bytes {
    let mut bytes = BytesMut::from(lineage.encode().as_slice());
    if let Some(value) = value {
        bytes.extend_from_slice(&[HAS_VALUE]);
        bytes.extend_from_slice(value);
    }
    bytes.freeze()
}

/// How long a tombstone is, in bytes; every entry is longer.
pub(super) const TOMBSTONE: u64 = 156;

/// How many writes a lineage names.
const REMEMBERED: usize = 9;
const MAGIC: [u8; 4] = *b"SSO\x01";
const HAS_VALUE: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tombstone_is_shorter_than_every_entry() {
        let lineage = Lineage::following(None, [1; 16]);
        assert_eq!(encode(&lineage, None).len() as u64, TOMBSTONE);
        assert_eq!(
            encode(&lineage, Some(&Bytes::new())).len() as u64,
            TOMBSTONE + 1
        );
    }

    #[test]
    fn a_lineage_names_the_last_nine_writers() {
        let mut lineage = Lineage::following(None, [1; 16]);
        for number in 2..=20 {
            lineage = Lineage::following(Some(&lineage), [number; 16]);
        }
        assert_eq!(lineage.writer(21), Writer::Nobody);
        assert_eq!(lineage.writer(20), Writer::Known([20; 16]));
        assert_eq!(lineage.writer(12), Writer::Known([12; 16]));
        assert_eq!(lineage.writer(11), Writer::Forgotten);
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let lineage = Lineage::following(None, [7; 16]);
        let value = Bytes::from_static(b"value");
        let content = Content::decode(&encode(&lineage, Some(&value)), "\"tag\"".into()).unwrap();
        let version = content.standing().version();
        assert_eq!(Standing::of(&version).unwrap(), content.standing().clone());
        assert_eq!(content.into_entry(), Some(Entry { value, version }));
    }

    #[test]
    fn what_is_none_of_ours_is_said_to_be_corrupt() {
        for bytes in ["", "SSO", "something else, and long enough to be an object"] {
            let foreign = Content::decode(&Bytes::from_static(bytes.as_bytes()), String::new());
            assert!(matches!(foreign, Err(StoreError::Corrupt(_))));
        }
    }
}
