//! Records, their names and places, and the batches that they are committed in.

use std::fmt;

use bytes::Bytes;

/// Names an SSO domain: the digest of its genesis statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainId([u8; 32]);

/// Names the record of one user, or a signpost to it: a keyed digest of the user's account or id, so
/// that it says nothing to who lacks the key. Its first byte is its bucket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId([u8; 32]);

macro_rules! thirty_two_bytes {
    ($name:ident) => {
        impl $name {
            /// From its bytes.
            #[must_use]
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            /// 64 lower-case hexadecimal digits.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

thirty_two_bytes!(DomainId);
thirty_two_bytes!(RecordId);

impl RecordId {
    /// Names the signpost with this keyed digest, of which 24 bytes count.
    #[must_use]
    pub(crate) fn signpost(digest: [u8; 32]) -> Self {
        let marked = digest.into_iter().take(24).chain(SIGNPOST);
        let mut bytes = [0; 32];
        bytes
            .iter_mut()
            .zip(marked)
            .for_each(|(to, from)| *to = from);
        Self(bytes)
    }

    /// Whether it names a signpost. Of the names of users one in 2⁶⁴ looks like it.
    #[must_use]
    pub fn is_signpost(&self) -> bool {
        self.0.ends_with(&SIGNPOST)
    }
}

/// The place of a record in the feed of its domain: 1, 2, 3 … [`Seq::START`] is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(u64);

impl Seq {
    /// Before the first record.
    pub const START: Self = Self(0);

    /// The place with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number of the place.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The place `count` further on.
    #[must_use]
    pub const fn plus(self, count: usize) -> Self {
        Self(self.0.saturating_add(count as u64))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is kept about one user: sealed, or a sealed note that there is nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "nothing else is stored")]
pub struct Record {
    /// Whose.
    pub id: RecordId,
    /// The sealed content.
    pub body: Bytes,
}

/// A record and its place in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "nothing else is stored")]
pub struct Stored {
    /// Its place.
    pub seq: Seq,
    /// What was committed there.
    pub record: Record,
}

/// Records that are committed together, and what their writer states about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    envelope: Bytes,
    records: Vec<Record>,
}

impl Batch {
    /// Puts a batch together; `None` without records.
    #[must_use]
    pub fn new(envelope: Bytes, records: Vec<Record>) -> Option<Self> {
        (!records.is_empty()).then_some(Self { envelope, records })
    }

    /// The signed statement of the writer.
    #[must_use]
    pub const fn envelope(&self) -> &Bytes {
        &self.envelope
    }

    /// The records in their order; at least one.
    #[must_use]
    pub const fn records(&self) -> &[Record] {
        self.records.as_slice()
    }

    /// Envelope and records, given away.
    #[must_use]
    pub fn into_parts(self) -> (Bytes, Vec<Record>) {
        (self.envelope, self.records)
    }

    /// What the batch counts as against [`max_batch`](super::DomainCaps::max_batch) and the bounds
    /// of readers, in bytes: envelope, bodies, and [`OVERHEAD`](Self::OVERHEAD) for the batch and
    /// for each record.
    #[must_use]
    pub fn size(&self) -> usize {
        let records = self.records.iter().map(Record::size).sum::<usize>();
        Self::OVERHEAD + self.envelope.len() + records
    }

    /// What a batch and each of its records count beside their bytes: ids, lengths.
    pub const OVERHEAD: usize = 48;
}

impl Record {
    /// What the record counts as, in bytes: see [`Batch::size`].
    #[must_use]
    pub fn size(&self) -> usize {
        Batch::OVERHEAD + self.body.len()
    }
}

/// How the names of signposts end.
const SIGNPOST: [u8; 8] = [0; 8];
