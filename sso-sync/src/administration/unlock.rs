//! From a chain and the keys of a member to the domain keys.

use bytes::Bytes;

use crate::chain::{Action, Chain, Statement};
use crate::seal::{DomainKey, EpochStart, KeyRing, MemberKeys, SealError, Wrap};

/// The domain keys of all epochs, opened with the keys of a member.
///
/// `statements` are those of `chain`, all of them: the wrap of a member that joined after the
/// epoch began stands in the statement that added it.
///
/// # Errors
///
/// [`SealError::NoKey`] if the member has no wrap for the current epoch; [`SealError::Closed`] if
/// the wrap is not for these keys, or holds another key than everybody else's.
pub fn unlock(
    chain: &Chain,
    statements: &[Bytes],
    keys: &MemberKeys,
) -> Result<KeyRing, SealError> {
    let epochs: Vec<EpochStart> = chain.epochs().cloned().collect();
    let epoch = chain.epoch();
    let started = epochs.last().and_then(|start| start.wrap_for(keys.id()));
    let newest = match started {
        Some(wrap) if epoch == 1 => wrap.open(&Wrap::NO_DOMAIN, epoch, keys)?,
        Some(wrap) => wrap.open(&chain.domain(), epoch, keys)?,
        None => joined(chain, statements, keys)?,
    };
    KeyRing::unlock(chain.domain(), &epochs, newest)
}

/// The key of the epoch in which the member joined, which is the current one.
fn joined(chain: &Chain, statements: &[Bytes], keys: &MemberKeys) -> Result<DomainKey, SealError> {
    let epoch = chain.epoch();
    let none = SealError::NoKey { epoch };
    let added = chain.standing(keys.id()).ok_or(none)?.added();
    if chain.epoch_at(added) != epoch {
        return Err(none);
    }
    let at = usize::try_from(added).map_err(|_| none)?;
    let statement = Statement::parse(statements.get(at).ok_or(none)?);
    let action = statement.and_then(|statement| statement.action());
    match action.map_err(|_| SealError::Malformed)? {
        Action::AdministratorAdded { wrap, .. }
        | Action::NodeAdded { wrap, .. }
        | Action::TokenMinted { wrap, .. } => wrap.open(&chain.domain(), epoch, keys),
        _ => Err(none),
    }
}
