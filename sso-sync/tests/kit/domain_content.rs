//! The content of one domain, for the simple store of level 2.

use std::collections::BTreeMap;

use bytes::Bytes;
use sso_sync::store::{Batch, FeedBatch, Head, Mark, Record, RecordId, Seq, Stored};

use crate::domain_model::Flaw;

#[derive(Clone, Debug, Default)]
pub(crate) struct Domain {
    pub(crate) statements: Vec<Bytes>,
    /// Those that were not compacted.
    pub(crate) batches: Vec<FeedBatch>,
    pub(crate) live: BTreeMap<RecordId, Stored>,
    pub(crate) seq: Seq,
    pub(crate) envelope: Bytes,
    pub(crate) compacted: Seq,
}

impl Domain {
    pub(crate) fn head(&self) -> Option<Head> {
        (!self.statements.is_empty()).then(|| Head {
            statements: self.statements.len() as u64,
            seq: self.seq,
            envelope: self.envelope.clone(),
            compacted: self.compacted,
        })
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            statements: self.statements.len() as u64,
            seq: self.seq,
        }
    }

    pub(crate) fn takes(&self, after: Seq) -> bool {
        !self.statements.is_empty() && after == self.seq
    }

    pub(crate) fn commit(&mut self, batch: Batch, flaw: Option<Flaw>) -> Seq {
        let after = self.seq;
        self.absorb(batch.records(), after);
        if flaw == Some(Flaw::EarlierOfTwoCounts) {
            let mut earlier: Vec<_> = batch.records().to_vec();
            earlier.truncate(1);
            self.absorb(&earlier, after);
        }
        self.seq = after.plus(batch.records().len());
        self.envelope = batch.envelope().clone();
        let batch = match flaw {
            Some(Flaw::EnvelopeIsAltered) => Batch::new("altered".into(), batch.into_parts().1),
            _ => Some(batch),
        };
        let first = after.plus(1);
        self.batches
            .extend(batch.map(|batch| FeedBatch { first, batch }));
        self.seq
    }

    pub(crate) fn absorb(&mut self, records: &[Record], after: Seq) {
        for (index, record) in records.iter().enumerate() {
            let (seq, record) = (after.plus(index + 1), record.clone());
            self.live.insert(record.id, Stored { seq, record });
        }
    }

    /// A record as it was first committed.
    pub(crate) fn first(&self, id: &RecordId) -> Option<Stored> {
        let batch = self.batches.iter();
        let records = batch.flat_map(|it| it.batch.records().iter().zip(it.first.number()..));
        let (record, seq) = records.into_iter().find(|(record, _)| record.id == *id)?;
        Some(Stored {
            seq: Seq::new(seq),
            record: record.clone(),
        })
    }

    pub(crate) fn forget_the_newest(&mut self) {
        if let Some(newest) = self.batches.pop() {
            self.seq = Seq::new(newest.first.number() - 1);
        }
    }
}

/// As many as fit, at least one.
pub(crate) fn fitting<T: Clone>(all: &[T], max_bytes: usize, size: impl Fn(&T) -> usize) -> Vec<T> {
    let mut sum = 0;
    let fits = |it: &&T| {
        let first = sum == 0;
        sum += size(it).max(1);
        first || sum <= max_bytes
    };
    all.iter().take_while(fits).cloned().collect()
}
