//! A snapshot: parts with the live records in the order of their ids, and the list of the parts.

use bytes::{BufMut as _, Bytes};

use crate::store::{Record, RecordId, Seq, Stored};

use super::{FORMAT, Malformed, Reader, put_bytes, put_count};

/// Records of a snapshot that stand together; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Part {
    pub(in super::super) records: Vec<Stored>,
}

impl Part {
    pub(in super::super) fn decode(value: Bytes) -> Result<Self, Malformed> {
        let mut reader = Reader::new(value)?;
        let count = reader.count(SMALLEST_RECORD)?;
        let records = (0..count)
            .map(|_| decode_stored(&mut reader))
            .collect::<Result<Vec<_>, _>>()?;
        reader.end()?;
        if records.is_empty() {
            return Err(Malformed::Contradiction);
        }
        if !records.is_sorted_by(|one, next| one.record.id < next.record.id) {
            return Err(Malformed::Order);
        }
        Ok(Self { records })
    }

    /// What it takes in memory, roughly.
    pub(in super::super) fn size(&self) -> usize {
        self.records.iter().map(|stored| stored.record.size()).sum()
    }
}

/// Puts parts together, one after the other.
#[derive(Debug, Default)]
pub(in super::super) struct PartBuilder {
    first: Option<RecordId>,
    count: usize,
    records: Vec<u8>,
}

impl PartBuilder {
    /// Whether the part would have at most `limit` bytes with a further record. The first fits.
    pub(in super::super) fn takes(&self, record: &Record, limit: usize) -> bool {
        let longer = HEADER + self.records.len() + SMALLEST_RECORD + record.body.len();
        self.count == 0 || longer <= limit
    }

    /// Adds a record whose id is greater than those before.
    pub(in super::super) fn add(&mut self, stored: &Stored) {
        self.first.get_or_insert(stored.record.id);
        self.count += 1;
        self.records.put_slice(stored.record.id.as_bytes());
        self.records.put_u64(stored.seq.number());
        put_bytes(&mut self.records, &stored.record.body);
    }

    /// The first id and the value of the part, if it has records; goes on with an empty one.
    pub(in super::super) fn finish(&mut self) -> Option<(RecordId, Bytes)> {
        let first = self.first.take()?;
        let mut value = Vec::with_capacity(HEADER + self.records.len());
        value.put_u8(FORMAT);
        put_count(&mut value, self.count);
        value.append(&mut self.records);
        self.count = 0;
        Some((first, value.into()))
    }
}

/// A page of the first ids of parts, as many as fit into `limit` bytes; the rest is left.
pub(in super::super) fn encode_index(ids: &mut &[RecordId], limit: usize) -> Bytes {
    let fitting = (limit.saturating_sub(HEADER) / ID).clamp(1, ids.len());
    let (page, rest) = ids.split_at_checked(fitting).unwrap_or((ids, &[]));
    *ids = rest;
    let mut value = Vec::with_capacity(HEADER + page.len() * ID);
    value.put_u8(FORMAT);
    put_count(&mut value, page.len());
    page.iter().for_each(|id| value.put_slice(id.as_bytes()));
    value.into()
}

/// Adds a page to the first ids of the parts before.
pub(in super::super) fn decode_index(
    value: Bytes,
    ids: &mut Vec<RecordId>,
) -> Result<(), Malformed> {
    let mut reader = Reader::new(value)?;
    let count = reader.count(ID)?;
    for _ in 0..count {
        let id = reader.id()?;
        if ids.last().is_some_and(|last| *last >= id) {
            return Err(Malformed::Order);
        }
        ids.push(id);
    }
    match count {
        0 => Err(Malformed::Contradiction),
        _ => reader.end(),
    }
}

fn decode_stored(reader: &mut Reader) -> Result<Stored, Malformed> {
    let id = reader.id()?;
    let seq = Seq::new(reader.u64()?);
    let body = reader.bytes()?;
    Ok(Stored {
        seq,
        record: Record { id, body },
    })
}

/// Format and count.
const HEADER: usize = 1 + 4;

const ID: usize = 32;

/// Id, place and length.
const SMALLEST_RECORD: usize = ID + 8 + 4;
