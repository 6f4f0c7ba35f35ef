//! The configuration and its history.

use minicbor::{Decode, Encode};

use super::{Chain, Refusal, Statement};
use crate::seal::MemberId;

/// One state of the configuration, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Revision {
    /// 1, 2, 3 …
    #[n(0)]
    pub number: u64,
    /// The revision whose content this one has again; 0 if it is none.
    #[n(1)]
    pub restores: u64,
    /// The epoch it is sealed in.
    #[n(2)]
    pub epoch: u64,
    /// The schema of what is sealed.
    #[n(3)]
    pub schema: u64,
    /// The sealed document.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
}

/// Who made a revision, when and where. Its content stands in the chain at `position`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revised {
    /// 1, 2, 3 …
    pub number: u64,
    /// The revision that it restores; 0 if it is none.
    pub restores: u64,
    /// Where its statement stands.
    pub position: u64,
    /// The administrator.
    pub signer: MemberId,
    /// The server at which the administrator sat; [`MemberId::NOBODY`] if at none.
    pub via: MemberId,
    /// Seconds since 1970, by the signer's clock.
    pub time: u64,
}

impl Chain {
    pub(super) fn revise(
        &mut self,
        statement: &Statement,
        revision: Revision,
    ) -> Result<(), Refusal> {
        let current = self.revisions.len() as u64;
        let stale = |found| Refusal::StaleRevision { current, found };
        if revision.number != current + 1 {
            return Err(stale(revision.number));
        }
        if revision.restores > current {
            return Err(stale(revision.restores));
        }
        self.check_current_epoch(revision.epoch)?;
        self.check_current_schema(revision.schema)?;
        self.revisions.push(Revised {
            number: revision.number,
            restores: revision.restores,
            position: statement.position(),
            signer: statement.signer(),
            via: statement.via(),
            time: statement.time(),
        });
        self.configuration = Some(revision);
        Ok(())
    }

    fn check_current_schema(&self, found: u64) -> Result<(), Refusal> {
        let current = self.policy().schema();
        if found != current {
            return Err(Refusal::WrongSchema { current, found });
        }
        Ok(())
    }
}
