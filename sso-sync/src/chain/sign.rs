//! Making statements.

use super::statement::{FORMAT, Header, SUITE};
use super::{Action, Chain, FeedMark, Policy, Refusal, Statement};
use crate::seal::{DomainKey, EpochStart, MemberId, MemberKeys, SealError, random};
use crate::store::{DomainId, Seq};
use crate::{Digest, cbor};

/// When, where and knowing what somebody states something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Occasion {
    /// Seconds since 1970.
    pub time: u64,
    /// The server at which an administrator sits; [`MemberId::NOBODY`] if at none.
    pub via: MemberId,
    /// The end of the feed, as far as the signer knows it.
    pub mark: FeedMark,
}

impl Chain {
    /// Signs what is to become the next statement. The hub, and this chain, take it only if the
    /// signer may state it.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooLarge`] if no store would take it.
    pub fn sign(
        &self,
        keys: &MemberKeys,
        action: &Action,
        occasion: Occasion,
    ) -> Result<Vec<u8>, Refusal> {
        let header = Header {
            format: FORMAT,
            suite: SUITE,
            domain: self.domain(),
            position: self.len(),
            previous: self.head().1,
            signer: keys.id(),
            via: occasion.via,
            time: occasion.time,
            mark: occasion.mark,
            action: cbor::encode(action),
        };
        let statement = Statement::sign(&header, keys);
        let limit = match action.revises() {
            true => Statement::MAX_BYTES,
            false => Statement::MAX_OTHER_BYTES,
        };
        if statement.len() > limit {
            return Err(Refusal::TooLarge);
        }
        Ok(statement)
    }
}

/// Signs the first statement of a new domain, with one administrator.
///
/// `name` is the domain's, `e_mail` the administrator's, `time` in seconds since 1970.
///
/// # Errors
///
/// [`SealError::Refused`] if there is no randomness.
pub fn genesis(
    name: &str,
    e_mail: &str,
    keys: &MemberKeys,
    key: &DomainKey,
    policy: Policy,
    time: u64,
) -> Result<Vec<u8>, SealError> {
    let administrator = keys.member(e_mail);
    let epoch = EpochStart::first(key, [&administrator])?;
    let action = Action::Genesis {
        name: name.into(),
        salt: Digest::new(random()?),
        administrator,
        policy,
        epoch,
    };
    Ok(first_statement(keys, &action, time))
}

pub(crate) fn first_statement(keys: &MemberKeys, action: &Action, time: u64) -> Vec<u8> {
    let header = Header {
        format: FORMAT,
        suite: SUITE,
        domain: DomainId::new([0; 32]),
        position: 0,
        previous: Digest::ZERO,
        signer: keys.id(),
        via: MemberId::NOBODY,
        time,
        mark: FeedMark {
            seq: Seq::START,
            hash: Digest::ZERO,
        },
        action: cbor::encode(action),
    };
    Statement::sign(&header, keys)
}
