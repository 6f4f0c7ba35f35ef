//! Writing a batch.

use super::batch::MAX_BATCH;
use super::check::check_content;
use super::envelope::{ChainMark, FORMAT, SUITE, Stated, body_digests, records_digest};
use super::{Envelope, Follower, LiveSet, Presence, Refusal};
use crate::chain::{self, Chain, Deletion, Role};
use crate::seal::MemberKeys;
use crate::store::{Batch, Record};

/// Why a server does not write.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The domain was deleted.
    #[error("the SSO domain was deleted: nothing is written any more")]
    Deleted,
    /// The keys are not those of a server that belongs to the domain.
    #[error("this server does not belong to the domain, or not any more")]
    NotANode,
    /// This server is not of the version that writes.
    #[error("{0}: this server goes on serving, and writes nothing")]
    OutsidePolicy(#[source] chain::Refusal),
    /// The records are none that followers take.
    #[error("followers would refuse this batch: {0}")]
    Refused(#[source] Refusal),
    /// Something is wrong between the servers, or with the hub.
    #[error("nothing is written until this is settled: {0}")]
    Stopped(#[source] Refusal),
    /// A bucket that the batch touches is not held, or its digest not known.
    #[error("fetch the digests of the buckets and the listings of those that are written to")]
    Unproven,
}

impl Follower {
    /// Makes the batch that commits these records on the head: send it to the hub, and take it in
    /// once the hub has it.
    ///
    /// Each record is the next state of its id. For a new user, the id is
    /// [`Presence::Absent`] in what is `held`.
    ///
    /// # Errors
    ///
    /// A [`WriteError`]; nothing is changed then.
    pub fn write(
        &mut self,
        chain: &Chain,
        keys: &MemberKeys,
        records: Vec<Record>,
        held: &dyn LiveSet,
    ) -> Result<Batch, WriteError> {
        self.check_may_write(chain, keys)?;
        if records.iter().any(|it| !self.set.holds(&it.id)) {
            return Err(WriteError::Unproven);
        }
        let digests = body_digests(&records);
        let new = records
            .iter()
            .filter(|it| self.set.presence(&it.id, held) == Presence::Absent);
        let live = self.head.live + new.count() as u64;
        let saved = self.change_set(&records, &digests, held);
        let commitment = self.set.commitment();
        self.set.restore(saved);
        let (position, hash) = chain.head();
        let stated = Stated {
            format: FORMAT,
            suite: SUITE,
            domain: self.domain,
            previous: self.head.mark.hash,
            first: self.head.mark.seq.plus(1),
            last: self.head.mark.seq.plus(records.len()),
            records: records_digest(&records, &digests),
            commitment: commitment.ok_or(WriteError::Unproven)?,
            live,
            epoch: chain.epoch(),
            schema: chain.policy().schema(),
            writer: keys.id(),
            chain: ChainMark { position, hash },
        };
        self.check_own(chain, &stated, &records, held)?;
        let envelope = Envelope::sign(&stated, keys);
        let empty = WriteError::Refused(Refusal::WrongRecords);
        let batch = Batch::new(envelope.into(), records).ok_or(empty)?;
        if batch.size() > MAX_BATCH {
            return Err(WriteError::Refused(Refusal::TooLarge));
        }
        Ok(batch)
    }

    fn check_may_write(&self, chain: &Chain, keys: &MemberKeys) -> Result<(), WriteError> {
        if let Some(refusal) = self.stopped() {
            return Err(WriteError::Stopped(refusal.clone()));
        }
        if chain.deletion() == Deletion::Confirmed {
            return Err(WriteError::Deleted);
        }
        let standing = chain
            .standing(keys.id())
            .filter(|it| it.revoked().is_none());
        let Some(Role::Node { program }) = standing.map(chain::Standing::role) else {
            return Err(WriteError::NotANode);
        };
        let program = chain.policy().check_program(program);
        program.map_err(WriteError::OutsidePolicy)
    }

    /// What others would refuse is not sent.
    fn check_own(
        &self,
        chain: &Chain,
        stated: &Stated,
        records: &[Record],
        held: &dyn LiveSet,
    ) -> Result<(), WriteError> {
        check_content(chain, stated, records)
            .and_then(|()| self.check_versions(stated, records, held))
            .map_err(WriteError::Refused)
    }
}
