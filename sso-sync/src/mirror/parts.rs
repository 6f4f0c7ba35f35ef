//! What a mirror holds that does not hold everything.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;

use crate::feed::{Listed, Live, LiveSet, bucket_of, record_digest};
use crate::seal::RecordBody;
use crate::store::{Record, RecordId, Stored};

/// Proven listings and the records that were proven, at the head.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The envelope of the head; empty before the first batch.
    pub(super) envelope: Bytes,
    /// By bucket, each ascending.
    listings: BTreeMap<u8, Vec<Listed>>,
    /// The buckets that are held, the one that was proven first at the front.
    order: VecDeque<u8>,
    records: Recent,
}

impl Parts {
    pub(super) fn new(envelope: Bytes) -> Self {
        Self {
            envelope,
            ..Self::default()
        }
    }

    /// Keeps a listing that is proven; answers the buckets that are forgotten for it.
    pub(super) fn prove(&mut self, bucket: u8, listing: Vec<Listed>) -> Vec<u8> {
        self.listings.insert(bucket, listing);
        self.order.retain(|it| *it != bucket);
        self.order.push_back(bucket);
        let mut forgotten = Vec::new();
        while self.listed() > MAX_LISTED && self.order.len() > 1 {
            let oldest = self.order.pop_front();
            oldest.iter().for_each(|it| drop(self.listings.remove(it)));
            forgotten.extend(oldest);
        }
        forgotten
    }

    /// Keeps a record that is live.
    pub(super) fn keep(&mut self, stored: Stored) {
        self.records.insert(stored);
    }

    /// Takes in a batch that counts.
    pub(super) fn apply(&mut self, records: &[Stored]) {
        for stored in records {
            self.list(&stored.record);
            self.keep(stored.clone());
        }
    }

    /// The record, if it is here.
    pub(super) fn record(&self, id: &RecordId) -> Option<&Stored> {
        self.records.by_id.get(id)
    }

    /// The listing of a bucket, if it is held.
    pub(super) fn listing(&self, bucket: u8) -> Option<&[Listed]> {
        self.listings.get(&bucket).map(Vec::as_slice)
    }

    /// The records that are here, in no particular order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &RecordId> {
        self.records.by_id.keys()
    }

    fn listed(&self) -> usize {
        self.listings.values().map(Vec::len).sum()
    }

    fn list(&mut self, record: &Record) {
        let Some(listing) = self.listings.get_mut(&bucket_of(&record.id)) else {
            return;
        };
        let listed = Listed {
            id: record.id,
            live: live(record),
        };
        match listing.binary_search_by_key(&record.id, |it| it.id) {
            Ok(at) => listing.splice(at..=at, [listed]).for_each(drop),
            Err(at) => listing.insert(at, listed),
        }
    }
}

impl LiveSet for Parts {
    fn live(&self, id: &RecordId) -> Option<Live> {
        let listing = self.listing(bucket_of(id))?;
        let at = listing.binary_search_by_key(id, |it| it.id).ok()?;
        listing.get(at).map(|it| it.live)
    }
}

/// The records that were proven last.
#[derive(Debug, Default)]
struct Recent {
    by_id: HashMap<RecordId, Stored>,
    /// The one that came first at the front.
    order: VecDeque<RecordId>,
    bytes: usize,
}

impl Recent {
    fn insert(&mut self, stored: Stored) {
        let id = stored.record.id;
        self.bytes += stored.record.size();
        match self.by_id.insert(id, stored) {
            Some(before) => self.bytes -= before.record.size(),
            None => self.order.push_back(id),
        }
        while self.bytes > MAX_BYTES {
            let oldest = self.order.pop_front();
            let Some(oldest) = oldest.and_then(|id| self.by_id.remove(&id)) else {
                return;
            };
            self.bytes -= oldest.record.size();
        }
    }
}

/// The state of an id that this record is.
pub(crate) fn live(record: &Record) -> Live {
    Live {
        version: RecordBody::parse(&record.body).map_or(0, |body| body.version()),
        digest: record_digest(&record.body),
    }
}

/// How many entries of listings are kept, of 72 bytes each.
const MAX_LISTED: usize = 300_000;

/// How many bytes of records are kept.
const MAX_BYTES: usize = 16 * 1024 * 1024;
