//! A slot of the feed: one whole batch.

use bytes::{BufMut as _, Bytes};

use crate::store::{Batch, FeedBatch, Record, Seq};

use super::{FORMAT, Malformed, Reader, put_bytes, put_count};

/// The value of the slot of a batch whose first record has the place `first`; at most
/// [`Batch::size`] bytes.
pub(in super::super) fn encode_slot(first: Seq, batch: &Batch) -> Bytes {
    let mut value = Vec::with_capacity(batch.size());
    value.put_u8(FORMAT);
    value.put_u64(first.number());
    put_bytes(&mut value, batch.envelope());
    put_count(&mut value, batch.records().len());
    for record in batch.records() {
        value.put_slice(record.id.as_bytes());
        put_bytes(&mut value, &record.body);
    }
    value.into()
}

/// The batch in the slot whose key says that it begins with `first`.
pub(in super::super) fn decode_slot(value: Bytes, first: Seq) -> Result<FeedBatch, Malformed> {
    let mut reader = Reader::new(value)?;
    if reader.u64()? != first.number() {
        return Err(Malformed::WrongPlace);
    }
    let envelope = reader.bytes()?;
    let count = reader.count(SMALLEST_RECORD)?;
    let records = (0..count)
        .map(|_| decode_record(&mut reader))
        .collect::<Result<_, _>>()?;
    reader.end()?;
    let has_place = first > Seq::START && first.number().checked_add(count as u64).is_some();
    let batch = Batch::new(envelope, records).filter(|_| has_place);
    let batch = batch.ok_or(Malformed::Contradiction)?;
    Ok(FeedBatch { first, batch })
}

fn decode_record(reader: &mut Reader) -> Result<Record, Malformed> {
    Ok(Record {
        id: reader.id()?,
        body: reader.bytes()?,
    })
}

/// Id and length.
const SMALLEST_RECORD: usize = 32 + 4;
