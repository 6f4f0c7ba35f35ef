//! The domain keys of all epochs.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::constant_time;
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use sso_core::seal::{SealingKey, SealingKeys};
use sso_core::user::{AccountKey, UserId, UserSecret};
use zeroize::Zeroizing;

use super::aead::AeadKey;
use super::content::user_bytes;
use super::key::Purpose;
use super::user_id::UserIds;
use super::{Content, DomainKey, EpochStart, SealError, SealedUser};
use crate::store::{DomainId, RecordId};

/// The domain keys of all epochs up to the newest, ready for use.
///
/// There is no `Display`, and `Debug` shows no key.
pub struct KeyRing {
    domain: DomainId,
    epochs: BTreeMap<u64, EpochKeys>,
    index: Zeroizing<[u8; 32]>,
    users: UserIds,
    /// The newest schema that is read.
    pub(super) schema: u64,
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
        let users = UserIds::new(&*key.derive(Purpose::User)?)?;
        let epochs = BTreeMap::from([(1, EpochKeys::new(key)?)]);
        Ok(Self {
            domain,
            epochs,
            index,
            users,
            schema: Content::SCHEMA,
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

    /// The name of the record that says where a user is who was brought along. Whoever sees it sees
    /// that it is a signpost, and not whose.
    #[must_use]
    pub fn signpost_id(&self, user: &UserId) -> RecordId {
        let parts: [&[u8]; 3] = [b"sso-connect signpost 1", &[0], &user_bytes(user)];
        RecordId::signpost(hmac(&self.index, &parts))
    }

    /// The name of the record in which the servers keep together what `name` says. It looks like a
    /// signpost, since it is no user either, and is counted as one.
    #[must_use]
    pub fn note_id(&self, name: &str) -> RecordId {
        let parts: [&[u8]; 3] = [b"sso-connect note 1", &[0], name.as_bytes()];
        RecordId::signpost(hmac(&self.index, &parts))
    }

    /// Id and secret of the user whose first record is `version` of `id`: whichever server makes
    /// the user in this epoch arrives at the same. The id says of which record it is, to those who
    /// have the keys: see [`locate`](Self::locate).
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
        let user = self.users.id_of(id, version)?;
        let label = b"sso-connect secret 1";
        let parts: [&[u8]; 4] = [label, &[0], id.as_bytes(), &version.to_be_bytes()];
        Ok((user, UserSecret::from_bytes(hmac(mint, &parts))))
    }

    /// How the name of the record begins in which this user was minted. A user who was brought
    /// along is in no record that begins so: see [`signpost_id`](Self::signpost_id).
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses.
    pub fn locate(&self, user: &UserId) -> Result<[u8; 14], SealError> {
        self.users.record_of(user)
    }

    /// Whether id and secret are the ones that must have been minted for this record, if they were
    /// minted at all. If not, a server made up a secret.
    ///
    /// # Errors
    ///
    /// [`SealError::NoKey`] if the key of the epoch is not there.
    pub fn is_genuine(&self, id: &RecordId, user: &SealedUser) -> Result<bool, SealError> {
        let Some((epoch, version)) = user.minted_in() else {
            return Ok(true);
        };
        let (minted, secret) = self.mint(epoch, id, version)?;
        let same_secret = constant_time::verify_slices_are_equal(
            secret.expose().as_slice(),
            user.secret().expose().as_slice(),
        );
        Ok(minted == *user.id() && same_secret.is_ok())
    }

    /// The keys that seal cookies: a browser that signed in at one server is signed in at all.
    ///
    /// `older` tells what the key of the epoch before is still good for. A server that was revoked
    /// holds it, and could make up sessions with it for as long as they open. The keys of the
    /// epochs in `outlived` open everything: nobody holds them who is no member any more.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses.
    pub fn session_keys(&self, older: Older, outlived: &[u64]) -> Result<SealingKeys, SealError> {
        let keys = self.newest_session_keys(older)?;
        let held = outlived.iter().filter(|epoch| **epoch < self.newest());
        held.map(|epoch| self.session_key(*epoch))
            .try_fold(keys, |keys, key| Ok(keys.with_older(key?)))
    }

    fn newest_session_keys(&self, older: Older) -> Result<SealingKeys, SealError> {
        let newest = self.newest();
        let key = self.session_key(newest)?;
        if newest == 1 {
            return Ok(SealingKeys::new(key));
        }
        let before = self.session_key(newest - 1)?;
        Ok(match older {
            Older::Seals => SealingKeys::new(before).with_older(key),
            Older::Opens => SealingKeys::new(key).with_older(before),
            Older::OpensRequests => SealingKeys::new(key).with_older_for_requests(before),
            Older::Refused => SealingKeys::new(key),
        })
    }

    fn session_key(&self, epoch: u64) -> Result<SealingKey, SealError> {
        let key = self.key(epoch)?.derive(Purpose::Session)?;
        Ok(SealingKey::from_bytes(*key))
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

/// What the key of the epoch before is still good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "less and less, until nothing is left"
)]
pub enum Older {
    /// It seals, since not every server has the newer one yet; both open.
    Seals,
    /// It opens.
    Opens,
    /// It opens what waits for an identity provider, and no session.
    OpensRequests,
    /// Nothing: who was signed in signs in again.
    Refused,
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
    use sso_core::user::Profile;

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
    fn an_id_leads_back_to_its_record_in_every_epoch() {
        let (epochs, keys) = three_epochs();
        let ring = KeyRing::unlock(HERE, &epochs, keys[2].clone()).unwrap();
        let id = RecordId::new([5; 32]);
        for (epoch, version) in [(1, 1), (2, 1), (3, 2), (3, u64::MAX)] {
            let (user, _) = ring.mint(epoch, &id, version).unwrap();
            assert_eq!(ring.locate(&user), Ok([5; 14]));
        }
        assert_ne!(ring.locate(&UserId::random()), Ok([5; 14]));
    }

    #[test]
    fn signposts_are_seen_to_be_some_outlive_epochs_and_differ_between_users() {
        let (epochs, keys) = three_epochs();
        let first = KeyRing::first(HERE, keys[0].clone()).unwrap();
        let third = KeyRing::unlock(HERE, &epochs, keys[2].clone()).unwrap();
        let (alice, bob) = (UserId::random(), UserId::random());
        let signpost = first.signpost_id(&alice);
        assert_eq!(signpost, third.signpost_id(&alice));
        assert_ne!(signpost, first.signpost_id(&bob));
        assert!(signpost.is_signpost());
        let account = AccountKey::new("i", "f", "alice");
        assert!(!first.record_id(&account).is_signpost());
    }

    #[test]
    fn notes_are_no_users_outlive_epochs_and_differ_by_name() {
        let (epochs, keys) = three_epochs();
        let first = KeyRing::first(HERE, keys[0].clone()).unwrap();
        let third = KeyRing::unlock(HERE, &epochs, keys[2].clone()).unwrap();
        let note = first.note_id("acme");
        assert_eq!(note, third.note_id("acme"));
        assert_ne!(note, first.note_id("other"));
        assert!(note.is_signpost());
    }

    #[test]
    fn a_secret_that_was_made_up_is_noticed() {
        let ring = KeyRing::first(HERE, DomainKey::from_bytes([1; 32])).unwrap();
        let (id, account) = (RecordId::new([5; 32]), AccountKey::new("i", "f", "alice"));
        let user = |minted, version| {
            SealedUser::minted(minted, 1, version, account.clone(), Profile::default())
        };
        let (name, secret) = ring.mint(1, &id, 1).unwrap();
        let made_up = (name.clone(), UserSecret::from_bytes([1; 32]));
        assert_eq!(ring.is_genuine(&id, &user(made_up, 1)), Ok(false));
        let genuine = user((name, secret), 1);
        assert_eq!(ring.is_genuine(&id, &genuine), Ok(true));
        assert_eq!(
            ring.is_genuine(&RecordId::new([6; 32]), &genuine),
            Ok(false)
        );
        let brought =
            SealedUser::brought_along(genuine.to_user(), UserSecret::from_bytes([1; 32]), 1);
        assert_eq!(ring.is_genuine(&id, &brought), Ok(true));
    }

    #[test]
    fn servers_share_the_keys_of_sessions_and_a_new_epoch_has_its_own() {
        let (epochs, keys) = three_epochs();
        let second = KeyRing::unlock(HERE, &epochs[..2], keys[1].clone()).unwrap();
        let third = KeyRing::unlock(HERE, &epochs, keys[2].clone()).unwrap();
        let seen = |ring: &KeyRing, older| format!("{:?}", ring.session_keys(older, &[]).unwrap());
        let id = |ring: &KeyRing, epoch| format!("{:?}", ring.session_key(epoch).unwrap());
        assert_eq!(id(&second, 2), id(&third, 2));
        assert!(seen(&third, Older::Opens).contains(&id(&second, 2)));
        assert!(!seen(&third, Older::Refused).contains(&id(&second, 2)));
        let outlived = format!("{:?}", third.session_keys(Older::Refused, &[2, 1]).unwrap());
        assert!(outlived.contains(&id(&second, 2)) && outlived.contains(&id(&second, 1)));
        let early = second.session_keys(Older::Refused, &[2]).unwrap();
        assert_eq!(format!("{early:?}"), seen(&second, Older::Refused));
        let first = KeyRing::first(HERE, keys[0].clone()).unwrap();
        assert_eq!(seen(&first, Older::Opens), seen(&first, Older::Refused));
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
