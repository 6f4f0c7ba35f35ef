//! Epochs: who gets the next domain key.

use std::collections::BTreeSet;

use super::{Chain, Refusal};
use crate::seal::{EpochStart, MemberId, Wrap};

impl Chain {
    /// Starts the next epoch, with a key for everybody but `without`.
    pub(super) fn start_epoch(
        &mut self,
        position: u64,
        start: EpochStart,
        without: Option<MemberId>,
    ) -> Result<(), Refusal> {
        let (current, found) = (self.epoch(), start.number());
        if found != current + 1 {
            return Err(Refusal::WrongEpoch { current, found });
        }
        let entitled = self.recipients(without).map(|it| it.id()).collect();
        check_wraps(&start, &entitled)?;
        self.epochs.push((position, start));
        Ok(())
    }

    pub(super) fn check_current_epoch(&self, found: u64) -> Result<(), Refusal> {
        let current = self.epoch();
        if found != current {
            return Err(Refusal::WrongEpoch { current, found });
        }
        Ok(())
    }
}

/// Whether exactly those who are entitled get the key.
pub(super) fn check_wraps(
    start: &EpochStart,
    entitled: &BTreeSet<MemberId>,
) -> Result<(), Refusal> {
    if !start
        .wraps()
        .is_sorted_by(|one, next| one.member() < next.member())
    {
        return Err(Refusal::Malformed);
    }
    let given: BTreeSet<_> = start.wraps().iter().map(Wrap::member).collect();
    if let Some(member) = entitled.difference(&given).next() {
        return Err(Refusal::MissingWrap(*member));
    }
    if let Some(member) = given.difference(entitled).next() {
        return Err(Refusal::SurplusWrap(*member));
    }
    Ok(())
}
