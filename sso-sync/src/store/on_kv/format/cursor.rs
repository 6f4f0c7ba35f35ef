//! Where a reader of a whole set goes on.

use bytes::BufMut as _;

use crate::store::{Cursor, RecordId, Seq};

use super::super::key::Name;
use super::{FORMAT, Malformed, Reader, put_name};

/// How far a reader of a snapshot has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Position {
    /// The life of the domain.
    pub(in super::super) life: Name,
    /// Records up to here were told already.
    pub(in super::super) told: Seq,
    /// What was compacted when the reader began at the first id.
    pub(in super::super) started: Seq,
    /// The last id that was told; none at the beginning.
    pub(in super::super) after: Option<RecordId>,
}

impl Position {
    pub(in super::super) fn encode(&self) -> Cursor {
        let mut bytes = vec![FORMAT];
        put_name(&mut bytes, self.life);
        bytes.put_u64(self.told.number());
        bytes.put_u64(self.started.number());
        if let Some(id) = self.after {
            bytes.put_slice(id.as_bytes());
        }
        Cursor::new(bytes)
    }

    pub(in super::super) fn decode(cursor: &Cursor) -> Result<Self, Malformed> {
        let mut reader = Reader::new(cursor.as_bytes().to_vec().into())?;
        let position = Self {
            life: reader.name()?,
            told: Seq::new(reader.u64()?),
            started: Seq::new(reader.u64()?),
            after: match reader.is_empty() {
                true => None,
                false => Some(reader.id()?),
            },
        };
        reader.end()?;
        Ok(position)
    }
}
