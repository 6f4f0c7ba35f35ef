//! What is known about single records.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use crate::Digest;
use crate::store::RecordId;

/// The state of an id that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a listing has nothing else")]
pub struct Live {
    /// Which state of the id it is.
    pub version: u64,
    /// The [`record_digest`] of its body.
    pub digest: Digest,
}

/// An id and its state, as a listing of a bucket has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a listing has nothing else")]
pub struct Listed {
    /// Whose record.
    pub id: RecordId,
    /// Its state.
    pub live: Live,
}

/// Whether there is a record of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it is there, not there or unknown")]
pub enum Presence {
    /// Proven: there never was one.
    Absent,
    /// Proven: this one counts.
    Live(Live),
    /// Its bucket is not held: fetch the listing.
    Unknown,
}

/// What a server holds of the live set: complete for every bucket that its
/// [`SetHash`](super::SetHash) holds.
pub trait LiveSet {
    /// The state of an id; `None` if there is none.
    fn live(&self, id: &RecordId) -> Option<Live>;
}

impl LiveSet for BTreeMap<RecordId, Live> {
    fn live(&self, id: &RecordId) -> Option<Live> {
        self.get(id).copied()
    }
}

impl<S: BuildHasher> LiveSet for HashMap<RecordId, Live, S> {
    fn live(&self, id: &RecordId) -> Option<Live> {
        self.get(id).copied()
    }
}

/// The digest by which batches, listings and the set hash name the body of a record.
#[must_use]
pub fn record_digest(body: &[u8]) -> Digest {
    Digest::of("sso-connect body 1", [body])
}
