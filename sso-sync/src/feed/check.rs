//! Checks of what a writer states, that need no follower.

use std::collections::BTreeSet;

use super::envelope::{Stated, records_digest};
use super::{Envelope, FeedHead, Refusal, Step};
use crate::Digest;
use crate::chain::{Chain, FeedMark, Role};
use crate::seal::RecordBody;
use crate::store::{DomainId, Record, Seq};

/// Whether a server of the domain signed it, knowing this chain; a step if the chain has to be
/// fetched first.
pub(super) fn check_signed(
    domain: DomainId,
    chain: &Chain,
    envelope: &Envelope,
) -> Result<Option<Step>, Refusal> {
    let stated = envelope.stated();
    if stated.domain != domain {
        return Err(Refusal::OtherDomain);
    }
    let Some(hash) = chain.hash_at(stated.chain.position) else {
        let from = chain.len();
        return Ok(Some(Step::FetchChain { from }));
    };
    let writer = stated.writer;
    let standing = chain.standing(writer);
    if standing.is_some_and(|it| !envelope.is_signed_by(it.member())) {
        return Err(Refusal::ForgedSignature);
    }
    if hash != stated.chain.hash {
        return Err(Refusal::ChainFork);
    }
    let position = stated.chain.position;
    let node = standing.filter(|it| matches!(it.role(), Role::Node { .. }));
    match node.filter(|it| it.added() <= position) {
        None => Err(Refusal::UnknownWriter { writer }),
        Some(node) if node.revoked().is_some_and(|at| at <= position) => {
            Err(Refusal::RevokedWriter { writer })
        }
        Some(_) => Ok(None),
    }
}

/// Whether these are the records that were signed: their number, order, and every byte.
pub(super) fn check_records(
    stated: &Stated,
    first: Seq,
    records: &[Record],
    digests: &[Digest],
) -> Result<(), Refusal> {
    let last = first.plus(records.len().saturating_sub(1));
    let places = (stated.first, stated.last) == (first, last);
    if places && !records.is_empty() && stated.records == records_digest(records, digests) {
        return Ok(());
    }
    Err(Refusal::WrongRecords)
}

/// Whether the batch fits the chain that its writer knew, and each record the batch.
pub(super) fn check_content(
    chain: &Chain,
    stated: &Stated,
    records: &[Record],
) -> Result<(), Refusal> {
    let position = stated.chain.position;
    let current = chain.epoch_at(position);
    check_epoch(stated, current, stated.epoch)?;
    let current = chain.schema_at(position);
    check_schema(stated, current, stated.schema)?;
    let mut seen = BTreeSet::new();
    for record in records {
        let (writer, id) = (stated.writer, record.id);
        let body = RecordBody::parse(&record.body);
        let body = body.map_err(|_| Refusal::BadRecord { writer, id })?;
        check_epoch(stated, stated.epoch, body.epoch())?;
        check_schema(stated, stated.schema, body.schema())?;
        if !seen.insert(&record.id) {
            return Err(Refusal::RepeatedId { writer, id });
        }
    }
    Ok(())
}

const fn check_epoch(stated: &Stated, current: u64, found: u64) -> Result<(), Refusal> {
    if found == current {
        return Ok(());
    }
    Err(Refusal::WrongEpoch {
        writer: stated.writer,
        current,
        found,
    })
}

const fn check_schema(stated: &Stated, current: u64, found: u64) -> Result<(), Refusal> {
    if found == current {
        return Ok(());
    }
    Err(Refusal::WrongSchema {
        writer: stated.writer,
        current,
        found,
    })
}

/// The head after a batch: as its writer states it, or as it was judged.
pub(super) fn head_after(chain: &Chain, envelope: &Envelope) -> FeedHead {
    let (commitment, live) = match chain.judgement(&envelope.hash()) {
        Some(judgement) => (judgement.commitment, judgement.live),
        None => envelope.set(),
    };
    FeedHead {
        mark: mark_of(envelope),
        commitment,
        live,
        chain: envelope.stated().chain.position,
    }
}

pub(super) fn mark_of(envelope: &Envelope) -> FeedMark {
    FeedMark {
        seq: envelope.places().1,
        hash: envelope.hash(),
    }
}

/// The version of a record; 0 if it has none.
pub(super) fn version(record: &Record) -> u64 {
    RecordBody::parse(&record.body).map_or(0, |body| body.version())
}
