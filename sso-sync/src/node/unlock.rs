//! The domain keys, as far as this server may have them.

use crate::chain::{Action, Chain, Statement};
use crate::seal::{EpochStart, KeyRing, MemberKeys, SealError, Wrap};

/// Opens the domain keys of all epochs up to the newest that was handed to this member.
///
/// `added` is the statement that added it: it has the key of the epoch of that time.
///
/// # Errors
///
/// [`SealError::NoKey`] if no key was handed to it; otherwise why one does not open.
pub(crate) fn unlock(
    chain: &Chain,
    keys: &MemberKeys,
    added: Option<&Statement>,
) -> Result<KeyRing, SealError> {
    let domain = chain.domain();
    let epochs: Vec<EpochStart> = chain.epochs().cloned().collect();
    let handed = epochs.iter().enumerate().rev();
    let mut handed = handed.filter_map(|(at, start)| Some((at, start.wrap_for(keys.id())?)));
    if let Some((at, wrap)) = handed.next() {
        let epoch = at as u64 + 1;
        let of = if epoch == 1 { Wrap::NO_DOMAIN } else { domain };
        let newest = wrap.open(&of, epoch, keys)?;
        return KeyRing::unlock(domain, epochs.get(..=at).unwrap_or_default(), newest);
    }
    let (epoch, wrap) = added
        .and_then(|statement| when_added(chain, statement))
        .ok_or_else(|| SealError::NoKey {
            epoch: chain.epoch(),
        })?;
    let newest = wrap.open(&domain, epoch, keys)?;
    let known = usize::try_from(epoch)
        .unwrap_or(usize::MAX)
        .min(epochs.len());
    KeyRing::unlock(domain, epochs.get(..known).unwrap_or_default(), newest)
}

/// The epoch in which a member was added, and the key that it was handed then.
fn when_added(chain: &Chain, statement: &Statement) -> Option<(u64, Wrap)> {
    match statement.action() {
        Ok(
            Action::AdministratorAdded { wrap, .. }
            | Action::NodeAdded { wrap, .. }
            | Action::TokenMinted { wrap, .. },
        ) => Some((chain.epoch_at(statement.position()), wrap)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::tests::keys;
    use crate::feed::tests::TestFeed;

    #[test]
    fn a_server_opens_the_keys_with_what_it_was_handed_when_it_was_added() {
        let domain = TestFeed::with([1]).domain;
        let added = domain.chain.standing(keys(1).id()).unwrap().added();
        let added = Statement::parse(&domain.statements[usize::try_from(added).unwrap()]).unwrap();
        let ring = unlock(&domain.chain, &keys(1), Some(&added)).unwrap();
        assert_eq!(ring.newest(), domain.chain.epoch());
    }

    #[test]
    fn who_was_handed_nothing_opens_nothing() {
        let domain = TestFeed::with([1]).domain;
        let opened = unlock(&domain.chain, &keys(9), None);
        assert!(matches!(opened, Err(SealError::NoKey { .. })));
    }
}
