//! Servers that left as planned, and what goes on after them.

use super::{Chain, Farewell, Refusal, Role, Statement};
use crate::seal::{EpochStart, MemberId};
use crate::wire::BeatBody;

/// A server that left as planned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retirement {
    /// Which.
    pub member: MemberId,
    /// When, in seconds since 1970, by the clock of the administrator.
    pub time: u64,
    /// Its last word.
    pub farewell: BeatBody,
}

/// An epoch that ended with a retirement: its sessions go on until they end by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing else to tell")]
pub struct Outlived {
    /// Its number.
    pub epoch: u64,
    /// When it ended, in seconds since 1970, by the clock of the administrator.
    pub time: u64,
}

impl Chain {
    /// The servers that left as planned, in that order.
    #[must_use]
    pub fn retirements(&self) -> impl DoubleEndedIterator<Item = &Retirement> {
        self.retired.values()
    }

    /// The epochs before the current one whose sessions go on, the newest first.
    ///
    /// They end with the first epoch that began in any other way than by a retirement: whoever was
    /// revoked then holds all keys before it.
    #[must_use]
    pub fn outlived(&self) -> Vec<Outlived> {
        let before = (1..self.epoch()).rev();
        let outlived = before.map_while(|epoch| {
            let time = self.retired.get(&epoch)?.time;
            Some(Outlived { epoch, time })
        });
        outlived.collect()
    }

    /// Whether a server left as planned, and sessions of its time still go on.
    #[must_use]
    pub fn is_outlived(&self, member: MemberId) -> bool {
        let outlived = self.outlived();
        let mut retired = outlived.iter().filter_map(|it| self.retired.get(&it.epoch));
        retired.any(|it| it.member == member)
    }

    pub(super) fn retire_node(
        &mut self,
        statement: &Statement,
        member: MemberId,
        epoch: EpochStart,
        farewell: &Farewell,
    ) -> Result<(), Refusal> {
        self.check_is(member, |role| matches!(role, Role::Node { .. }))?;
        let farewell = self.farewell_of(member, farewell);
        let farewell = farewell.ok_or(Refusal::NoFarewell(member))?;
        let ended = self.epoch();
        self.revoke(statement.position(), member, epoch)?;
        let time = statement.time();
        let retirement = Retirement {
            member,
            time,
            farewell,
        };
        self.retired.insert(ended, retirement);
        Ok(())
    }

    /// What the server said, if it said so itself, about this chain, in the current epoch.
    fn farewell_of(&self, member: MemberId, farewell: &Farewell) -> Option<BeatBody> {
        let said = farewell.read(self.standing(member)?.member())?;
        let knows = self.hash_at(said.chain.position) == Some(said.chain.hash);
        let is_of_now = self.epoch_at(said.chain.position) == self.epoch();
        (said.domain == self.domain() && knows && is_of_now).then_some(said)
    }
}
