//! Batches and records.

use minicbor::{Decode, Encode};

use super::{Malformed, cbor};
use crate::store::{Batch, Feed, FeedBatch, Record, RecordId, Seq, Stored};

/// What a hub has to tell of the feed: [`Feed`] as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct FeedAnswer(pub Feed);

impl FeedAnswer {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is none, or a batch has no record.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        match cbor::decode(bytes)? {
            Told::Batches(batches) => {
                let batches = batches.into_iter().map(FeedBatch::try_from);
                Ok(Self(Feed::Batches(batches.collect::<Result<_, _>>()?)))
            }
            Told::Compacted(seq) => Ok(Self(Feed::Compacted(seq))),
        }
    }

    /// As it is sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        cbor::encode(&match &self.0 {
            Feed::Batches(batches) => Told::Batches(batches.iter().map(Placed::from).collect()),
            Feed::Compacted(seq) => Told::Compacted(*seq),
        })
    }
}

/// A part of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct SnapshotAnswer {
    /// Records, each with its place.
    pub records: Vec<Stored>,
    /// Where to go on; empty if this was the last part.
    pub next: String,
    /// After the last part: all parts and the feed after this place are everything.
    pub since: Seq,
}

impl SnapshotAnswer {
    /// Reads the message.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let (records, next, since): (Vec<PlacedRecord>, String, Seq) = cbor::decode(bytes)?;
        Ok(Self {
            records: records.into_iter().map(Stored::from).collect(),
            next,
            since,
        })
    }

    /// As it is sent.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let records: Vec<_> = self.records.iter().map(PlacedRecord::from).collect();
        cbor::encode(&(records, &self.next, self.since))
    }
}

/// A batch as it is sent to be committed.
#[must_use]
pub fn batch_message(batch: &Batch) -> Vec<u8> {
    cbor::encode(&Written::from(batch))
}

/// Reads a batch that is to be committed.
///
/// # Errors
///
/// [`Malformed`] if it is none, or has no record.
pub fn read_batch_message(bytes: &[u8]) -> Result<Batch, Malformed> {
    let Written { envelope, records } = cbor::decode(bytes)?;
    let records = records.into_iter().map(Record::from).collect();
    Batch::new(envelope.into(), records).ok_or(Malformed)
}

/// Ids of records that are asked for.
#[must_use]
pub fn find_request(ids: &[RecordId]) -> Vec<u8> {
    cbor::encode(&ids.to_vec())
}

/// Reads which records are asked for.
///
/// # Errors
///
/// [`Malformed`] if it is no list of ids.
pub fn read_find_request(bytes: &[u8]) -> Result<Vec<RecordId>, Malformed> {
    Ok(cbor::decode(bytes)?)
}

/// Records that were asked for.
#[must_use]
pub fn find_answer(records: &[Stored]) -> Vec<u8> {
    let records: Vec<_> = records.iter().map(PlacedRecord::from).collect();
    cbor::encode(&records)
}

/// Reads records that were asked for.
///
/// # Errors
///
/// [`Malformed`] if it is no list of records.
pub fn read_find_answer(bytes: &[u8]) -> Result<Vec<Stored>, Malformed> {
    let records: Vec<PlacedRecord> = cbor::decode(bytes)?;
    Ok(records.into_iter().map(Stored::from).collect())
}

#[derive(Encode, Decode)]
#[cbor(flat)]
enum Told {
    #[n(0)]
    Batches(#[n(0)] Vec<Placed>),
    #[n(1)]
    Compacted(#[n(0)] Seq),
}

#[derive(Encode, Decode)]
struct Placed {
    #[n(0)]
    first: Seq,
    #[cbor(n(1), with = "minicbor::bytes")]
    envelope: Vec<u8>,
    #[n(2)]
    records: Vec<Sent>,
}

#[derive(Encode, Decode)]
struct Written {
    #[cbor(n(0), with = "minicbor::bytes")]
    envelope: Vec<u8>,
    #[n(1)]
    records: Vec<Sent>,
}

#[derive(Encode, Decode)]
struct Sent {
    #[n(0)]
    id: RecordId,
    #[cbor(n(1), with = "minicbor::bytes")]
    body: Vec<u8>,
}

#[derive(Encode, Decode)]
struct PlacedRecord {
    #[n(0)]
    seq: Seq,
    #[n(1)]
    id: RecordId,
    #[cbor(n(2), with = "minicbor::bytes")]
    body: Vec<u8>,
}

impl From<&FeedBatch> for Placed {
    fn from(batch: &FeedBatch) -> Self {
        let Written { envelope, records } = Written::from(&batch.batch);
        Self {
            first: batch.first,
            envelope,
            records,
        }
    }
}

impl TryFrom<Placed> for FeedBatch {
    type Error = Malformed;

    fn try_from(placed: Placed) -> Result<Self, Malformed> {
        let records = placed.records.into_iter().map(Record::from).collect();
        let batch = Batch::new(placed.envelope.into(), records).ok_or(Malformed)?;
        let first = placed.first;
        Ok(Self { first, batch })
    }
}

impl From<&Batch> for Written {
    fn from(batch: &Batch) -> Self {
        Self {
            envelope: batch.envelope().to_vec(),
            records: batch.records().iter().map(Sent::from).collect(),
        }
    }
}

impl From<&Record> for Sent {
    fn from(record: &Record) -> Self {
        Self {
            id: record.id,
            body: record.body.to_vec(),
        }
    }
}

impl From<Sent> for Record {
    fn from(sent: Sent) -> Self {
        Self {
            id: sent.id,
            body: sent.body.into(),
        }
    }
}

impl From<&Stored> for PlacedRecord {
    fn from(stored: &Stored) -> Self {
        let Sent { id, body } = Sent::from(&stored.record);
        Self {
            seq: stored.seq,
            id,
            body,
        }
    }
}

impl From<PlacedRecord> for Stored {
    fn from(placed: PlacedRecord) -> Self {
        let PlacedRecord { seq, id, body } = placed;
        let body = body.into();
        Self {
            seq,
            record: Record { id, body },
        }
    }
}
