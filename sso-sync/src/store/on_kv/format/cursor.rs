//! Where a reader of a whole set goes on.

use bytes::{BufMut as _, Bytes};

use crate::store::{Cursor, RecordId, Seq};

use super::super::key::Name;
use super::{FORMAT, Malformed, Reader, put_name};

/// How far a reader of all live records has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Position {
    /// The life of the domain.
    pub(in super::super) life: Name,
    /// All live records up to here were told, or newer ones of the same ids.
    pub(in super::super) told: Seq,
    /// What comes next.
    pub(in super::super) stage: Stage,
}

/// What a reader of all live records reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Stage {
    /// The batches from [`Position::told`] on.
    Batches {
        /// Where the last of them ends.
        until: Seq,
    },
    /// A snapshot.
    Parts {
        /// The last id that was told; `None` at the beginning.
        after: Option<RecordId>,
        /// How far the feed was compacted at the beginning.
        compacted: Seq,
    },
}

impl Position {
    pub(in super::super) fn encode(&self) -> Cursor {
        let mut bytes = vec![FORMAT];
        put_name(&mut bytes, self.life);
        bytes.put_u64(self.told.number());
        match self.stage {
            Stage::Batches { until } => {
                bytes.put_u8(BATCHES);
                bytes.put_u64(until.number());
            }
            Stage::Parts { after, compacted } => {
                bytes.put_u8(PARTS);
                bytes.put_u64(compacted.number());
                if let Some(id) = after {
                    bytes.put_slice(id.as_bytes());
                }
            }
        }
        Cursor::new(bytes)
    }

    pub(in super::super) fn decode(cursor: &Cursor) -> Result<Self, Malformed> {
        let mut reader = Reader::new(Bytes::copy_from_slice(cursor.as_bytes()))?;
        let life = reader.name()?;
        let told = Seq::new(reader.u64()?);
        let stage = match reader.u8()? {
            BATCHES => Stage::Batches {
                until: Seq::new(reader.u64()?),
            },
            PARTS => Stage::Parts {
                compacted: Seq::new(reader.u64()?),
                after: match reader.is_empty() {
                    true => None,
                    false => Some(reader.id()?),
                },
            },
            _ => return Err(Malformed::Contradiction),
        };
        reader.end()?;
        Ok(Self { life, told, stage })
    }
}

const BATCHES: u8 = 1;
const PARTS: u8 = 0;
