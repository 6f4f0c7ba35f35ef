//! The domain keys of all epochs.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use sso_core::user::{AccountKey, UserId, UserSecret};
use zeroize::Zeroizing;

use super::aead::AeadKey;
use super::key::Purpose;
use super::{DomainKey, EpochStart, SealError};
use crate::store::{DomainId, RecordId};

/// The domain keys of all epochs up to the newest, ready for use.
///
/// There is no `Display`, and `Debug` shows no key.
pub struct KeyRing {
    domain: DomainId,
    epochs: BTreeMap<u64, EpochKeys>,
    index: Zeroizing<[u8; 32]>,
}

struct EpochKeys {
    key: DomainKey,
    records: AeadKey,
    config: Zeroizing<[u8; 32]>,
    mint: Zeroizing<[u8; 32]>,
}

impl KeyRing {
    /// A ring for a domain that is in its first epoch.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses.
    pub fn first(domain: DomainId, key: DomainKey) -> Result<Self, SealError> {
        let index = key.derive(Purpose::Index)?;
        let epochs = BTreeMap::from([(1, EpochKeys::new(key)?)]);
        Ok(Self {
            domain,
            epochs,
            index,
        })
    }

    /// A ring of all `epochs` of a domain, from the first on, opened with the key of the last.
    ///
    /// # Errors
    ///
    /// [`SealError::Closed`] if `newest` or one of the keys before it is not the one that its
    /// epoch began with.
    pub fn unlock(
        domain: DomainId,
        epochs: &[EpochStart],
        newest: DomainKey,
    ) -> Result<Self, SealError> {
        let mut key = newest;
        let mut keys = Vec::new();
        for (at, start) in epochs.iter().enumerate().rev() {
            check(start, &key)?;
            let before = match at {
                0 => None,
                _ => Some(start.open_previous(&domain, &key)?),
            };
            keys.push((start, key));
            match before {
                Some(before) => key = before,
                None => break,
            }
        }
        let mut keys = keys.into_iter().rev();
        let (_, first) = keys.next().ok_or(SealError::NoKey { epoch: 1 })?;
        let mut ring = Self::first(domain, first)?;
        for (start, key) in keys {
            ring.advance(start, key)?;
        }
        Ok(ring)
    }

    /// Takes in the key of the next epoch.
    ///
    /// # Errors
    ///
    /// [`SealError::Closed`] if it is not the key that the epoch began with, or does not open the
    /// key before it; [`SealError::NoKey`] if an epoch between is missing.
    pub fn advance(&mut self, start: &EpochStart, key: DomainKey) -> Result<(), SealError> {
        let newest = self.newest();
        if start.number() != newest + 1 {
            return Err(SealError::NoKey { epoch: newest + 1 });
        }
        check(start, &key)?;
        if start.open_previous(&self.domain, &key)? != *self.key(newest)? {
            return Err(SealError::Closed);
        }
        self.epochs.insert(start.number(), EpochKeys::new(key)?);
        Ok(())
    }

    /// Whose keys these are.
    #[must_use]
    pub const fn domain(&self) -> DomainId {
        self.domain
    }

    /// The newest epoch: what is sealed is sealed in it.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.epochs.keys().next_back().copied().unwrap_or_default()
    }

    /// The domain key of an epoch, to be wrapped for a member.
    ///
    /// # Errors
    ///
    /// [`SealError::NoKey`] if it is not there.
    pub fn key(&self, epoch: u64) -> Result<&DomainKey, SealError> {
        self.of(epoch).map(|keys| &keys.key)
    }

    /// The name of the record of an account.
    #[must_use]
    pub fn record_id(&self, account: &AccountKey) -> RecordId {
        RecordId::new(hmac(&self.index, &[&account.digest()]))
    }

    /// Id and secret of the user whose first record is `version` of `id`: whichever server makes
    /// the user in this epoch arrives at the same.
    ///
    /// # Errors
    ///
    /// [`SealError::NoKey`] if the key of the epoch is not there.
    pub fn mint(
        &self,
        epoch: u64,
        id: &RecordId,
        version: u64,
    ) -> Result<(UserId, UserSecret), SealError> {
        let mint = &self.of(epoch)?.mint;
        let version = version.to_be_bytes();
        let derived = |label: &str| {
            let parts: [&[u8]; 4] = [label.as_bytes(), &[0], id.as_bytes(), &version];
            Zeroizing::new(hmac(mint, &parts))
        };
        let user = derived("sso-connect user 1");
        let (user, _) = user.split_at(16);
        let user = super::content::user_id(user)?;
        let secret = UserSecret::from_bytes(*derived("sso-connect secret 1"));
        Ok((user, secret))
    }

    pub(super) fn records(&self, epoch: u64) -> Result<&AeadKey, SealError> {
        self.of(epoch).map(|keys| &keys.records)
    }

    pub(super) fn config(&self, epoch: u64) -> Result<&[u8; 32], SealError> {
        self.of(epoch).map(|keys| &*keys.config)
    }

    fn of(&self, epoch: u64) -> Result<&EpochKeys, SealError> {
        self.epochs.get(&epoch).ok_or(SealError::NoKey { epoch })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({}, 1..={})", self.domain, self.newest())
    }
}

impl EpochKeys {
    fn new(key: DomainKey) -> Result<Self, SealError> {
        Ok(Self {
            records: AeadKey::new(&*key.derive(Purpose::Records)?)?,
            config: key.derive(Purpose::Config)?,
            mint: key.derive(Purpose::Mint)?,
            key,
        })
    }
}

/// Nobody may be given another key than the others.
fn check(start: &EpochStart, key: &DomainKey) -> Result<(), SealError> {
    if start.check() != key.check()? {
        return Err(SealError::Closed);
    }
    Ok(())
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(HMAC_SHA256, key));
    parts.iter().for_each(|part| context.update(part));
    let mut tag = [0; 32];
    tag.iter_mut()
        .zip(context.sign().as_ref())
        .for_each(|(to, from)| *to = *from);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::MemberKeys;

    #[test]
    fn the_newest_key_opens_all_before_it() {
        let (epochs, keys) = three_epochs();
        let ring = KeyRing::unlock(HERE, &epochs, keys[2].clone()).unwrap();
        assert_eq!(ring.newest(), 3);
        for (epoch, key) in (1..).zip(&keys) {
            assert_eq!(ring.key(epoch), Ok(key));
        }
        assert_eq!(ring.key(4), Err(SealError::NoKey { epoch: 4 }));
    }

    #[test]
    fn an_older_key_opens_nothing_later() {
        let (epochs, keys) = three_epochs();
        let unlocked = KeyRing::unlock(HERE, &epochs, keys[1].clone());
        assert_eq!(unlocked.unwrap_err(), SealError::Closed);
    }

    #[test]
    fn a_key_that_does_not_open_the_one_before_is_refused() {
        let (epochs, keys) = three_epochs();
        let mut other = KeyRing::first(HERE, DomainKey::from_bytes([9; 32])).unwrap();
        let advanced = other.advance(&epochs[1], keys[1].clone());
        assert_eq!(advanced, Err(SealError::Closed));
        let skipped = other.advance(&epochs[2], keys[2].clone());
        assert_eq!(skipped, Err(SealError::NoKey { epoch: 2 }));
    }

    #[test]
    fn each_member_unwraps_the_key_of_the_epoch() {
        let (epochs, keys) = three_epochs();
        for number in [1, 2] {
            let member = member(number);
            let wrap = epochs[2].wrap_for(member.id()).unwrap();
            assert_eq!(wrap.open(&HERE, 3, &member).as_ref(), Ok(&keys[2]));
        }
    }

    #[test]
    fn names_of_records_outlive_epochs_and_differ_between_domains() {
        let (epochs, keys) = three_epochs();
        let first = KeyRing::first(HERE, keys[0].clone()).unwrap();
        let third = KeyRing::unlock(HERE, &epochs, keys[2].clone()).unwrap();
        let account = AccountKey::new("https://idp.example", "persistent", "alice");
        assert_eq!(first.record_id(&account), third.record_id(&account));
        let other = KeyRing::first(HERE, keys[1].clone()).unwrap();
        assert_ne!(first.record_id(&account), other.record_id(&account));
    }

    #[test]
    fn two_servers_mint_the_same_user() {
        let ring = || KeyRing::first(HERE, DomainKey::from_bytes([1; 32])).unwrap();
        let id = RecordId::new([5; 32]);
        assert_eq!(ring().mint(1, &id, 1), ring().mint(1, &id, 1));
        assert_ne!(ring().mint(1, &id, 1), ring().mint(1, &id, 2));
        let other = RecordId::new([6; 32]);
        assert_ne!(ring().mint(1, &id, 1), ring().mint(1, &other, 1));
    }

    #[test]
    fn debug_shows_no_key() {
        let ring = KeyRing::first(HERE, DomainKey::from_bytes([1; 32])).unwrap();
        assert_eq!(format!("{ring:?}"), format!("KeyRing({HERE}, 1..=1)"));
    }

    fn three_epochs() -> (Vec<EpochStart>, Vec<DomainKey>) {
        let keys = [1, 2, 3].map(|number| DomainKey::from_bytes([number; 32]));
        let members = [1, 2].map(|number| member(number).member("x"));
        let mut epochs = vec![EpochStart::first(&keys[0], &members).unwrap()];
        let mut ring = KeyRing::first(HERE, keys[0].clone()).unwrap();
        for key in &keys[1..] {
            let start = EpochStart::after(&ring, key, &members).unwrap();
            ring.advance(&start, key.clone()).unwrap();
            epochs.push(start);
        }
        (epochs, keys.to_vec())
    }

    fn member(number: u8) -> MemberKeys {
        MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap()
    }

    const HERE: DomainId = DomainId::new([8; 32]);
}
