//! The root: the one value of a domain that is ever replaced.

use bytes::{BufMut as _, Bytes};

use crate::store::Seq;

use super::super::key::Name;
use super::{FORMAT, Malformed, Reader, put_name};

/// Decides what of a domain counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Root {
    /// The domain exists.
    Alive {
        /// Its life.
        life: Name,
        /// What was compacted; `None` as long as nothing was.
        base: Option<Base>,
    },
    /// The domain does not exist any more.
    Erased {
        /// The number of its last life.
        number: u32,
    },
}

/// What was compacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Base {
    /// The snapshot that holds the live records up to `seq`.
    pub(in super::super) snapshot: Name,
    /// Batches that begin up to here may have been removed.
    pub(in super::super) floor: Seq,
    /// Where the last batch in the snapshot ends.
    pub(in super::super) seq: Seq,
    /// How many parts the snapshot has.
    pub(in super::super) parts: u32,
    /// How many pages list the first ids of the parts.
    pub(in super::super) pages: u32,
    /// How many records the snapshot has.
    pub(in super::super) records: u64,
}

impl Root {
    pub(in super::super) fn encode(&self) -> Bytes {
        let mut value = vec![FORMAT];
        match self {
            Self::Erased { number } => {
                value.put_u8(ERASED);
                value.put_u32(*number);
            }
            Self::Alive { life, base: None } => {
                value.put_u8(ALIVE);
                put_name(&mut value, *life);
            }
            Self::Alive {
                life,
                base: Some(base),
            } => {
                value.put_u8(COMPACTED);
                put_name(&mut value, *life);
                base.encode(&mut value);
            }
        }
        value.into()
    }

    pub(in super::super) fn decode(value: Bytes) -> Result<Self, Malformed> {
        let mut reader = Reader::new(value)?;
        let root = match reader.u8()? {
            ERASED => Self::Erased {
                number: reader.u32()?,
            },
            ALIVE => Self::Alive {
                life: reader.name()?,
                base: None,
            },
            COMPACTED => Self::Alive {
                life: reader.name()?,
                base: Some(Base::decode(&mut reader)?),
            },
            _ => return Err(Malformed::Contradiction),
        };
        reader.end()?;
        Ok(root)
    }
}

impl Base {
    fn encode(&self, value: &mut Vec<u8>) {
        put_name(value, self.snapshot);
        value.put_u64(self.floor.number());
        value.put_u64(self.seq.number());
        value.put_u32(self.parts);
        value.put_u32(self.pages);
        value.put_u64(self.records);
    }

    fn decode(reader: &mut Reader) -> Result<Self, Malformed> {
        let base = Self {
            snapshot: reader.name()?,
            floor: Seq::new(reader.u64()?),
            seq: Seq::new(reader.u64()?),
            parts: reader.u32()?,
            pages: reader.u32()?,
            records: reader.u64()?,
        };
        base.is_sensible()
            .then_some(base)
            .ok_or(Malformed::Contradiction)
    }

    fn is_sensible(&self) -> bool {
        let ascending = [
            1,
            u64::from(self.pages),
            u64::from(self.parts),
            self.records,
            self.seq.number(),
        ];
        self.snapshot.number >= 1 && self.floor <= self.seq && ascending.is_sorted()
    }
}

const ERASED: u8 = 0;
const ALIVE: u8 = 1;
const COMPACTED: u8 = 2;
