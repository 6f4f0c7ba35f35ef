//! From a chain and the keys of a member to the domain keys.

use bytes::Bytes;

use crate::chain::{Chain, Statement};
use crate::node;
use crate::seal::{KeyRing, MemberKeys, SealError};

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
    let added = chain.standing(keys.id()).map(|standing| standing.added());
    let added = added.and_then(|at| statements.get(usize::try_from(at).ok()?));
    let added = added.and_then(|bytes| Statement::parse(bytes).ok());
    let ring = node::unlock::unlock(chain, keys, added.as_ref())?;
    let epoch = chain.epoch();
    if ring.newest() != epoch {
        return Err(SealError::NoKey { epoch });
    }
    Ok(ring)
}
