//! Sealing what nobody may read from a copied file.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use sso_core::user::{UserId, UserSecret};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The key under which user secrets are sealed at rest: 256 random bits.
///
/// Losing it loses every user's secret. There is no `Display`, `Debug` shows nothing, and the
/// memory is wiped when the value is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; Self::LENGTH]);

impl DataKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// A key that was stored.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Seals what the host keeps beside the database, for `context` alone; `None` if there is no
    /// randomness.
    #[must_use]
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        Sealer::new(self).seal(context, plain)
    }

    /// Opens what [`seal`](Self::seal) made for the same context; `None` for anything else.
    #[must_use]
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        Sealer::new(self).open(context, sealed)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// Seals with AES-256-GCM-SIV (RFC 8452): a repeated nonce would only show that two secrets are
/// equal.
///
/// Sealed form: version byte, 12 bytes nonce, ciphertext, 16 bytes tag.
#[derive(Debug)]
pub(super) struct Sealer(Option<RandomizedNonceKey>);

impl Sealer {
    pub(super) fn new(key: &DataKey) -> Self {
        Self(RandomizedNonceKey::new(&AES_256_GCM_SIV, &key.0).ok())
    }

    /// Seals the secret of a user for the row of that user and that account.
    pub(super) fn seal_secret(
        &self,
        user: &UserId,
        account: &[u8; 32],
        secret: &UserSecret,
    ) -> Option<Vec<u8>> {
        self.seal(&secret_context(user, account), secret.expose())
    }

    /// Opens what [`seal_secret`](Self::seal_secret) made for the same row; `None` for anything
    /// else.
    pub(super) fn open_secret(
        &self,
        user: &UserId,
        account: &[u8; 32],
        sealed: &[u8],
    ) -> Option<UserSecret> {
        let opened = self.open(&secret_context(user, account), sealed)?;
        Some(UserSecret::from_bytes(opened.as_slice().try_into().ok()?))
    }

    /// A token by which [`knows`](Self::knows) recognises the key later.
    pub(super) fn mark(&self) -> Option<Vec<u8>> {
        self.seal(MARK_CONTEXT, b"")
    }

    /// Whether this key made `mark`.
    pub(super) fn knows(&self, mark: &[u8]) -> bool {
        self.open(MARK_CONTEXT, mark).is_some()
    }

    fn seal(&self, context: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let mut text = Zeroizing::new(plain.to_vec());
        let key = self.0.as_ref()?;
        let (nonce, tag) = key
            .seal_in_place_separate_tag(Aad::from(context), text.as_mut_slice())
            .ok()?;
        Some([&[VERSION], nonce.as_ref().as_slice(), &text, tag.as_ref()].concat())
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
        if *version != VERSION {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = self
            .0
            .as_ref()?
            .open_in_place(nonce, Aad::from(context), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    }
}

/// Binds a secret to its row: exchanging rows or account keys in the file makes it unreadable
/// instead of handing one user's secret to another.
fn secret_context(user: &UserId, account: &[u8; 32]) -> Vec<u8> {
    [
        b"sso-connect user secret\0",
        user.as_str().as_bytes(),
        account,
    ]
    .concat()
}

const MARK_CONTEXT: &[u8] = b"sso-connect data key\0";
const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: [u8; 32] = [1; 32];

    #[test]
    fn what_was_sealed_opens_for_the_same_row_only() {
        let sealer = Sealer::new(&DataKey::from_bytes([7; 32]));
        let (alice, bob) = (UserId::random(), UserId::random());
        let secret = UserSecret::random();

        let sealed = sealer.seal_secret(&alice, &ACCOUNT, &secret).unwrap();
        assert_eq!(sealer.open_secret(&alice, &ACCOUNT, &sealed), Some(secret));
        assert_eq!(sealer.open_secret(&bob, &ACCOUNT, &sealed), None);
        assert_eq!(sealer.open_secret(&alice, &[2; 32], &sealed), None);
    }

    #[test]
    fn a_changed_or_shortened_secret_does_not_open() {
        let sealer = Sealer::new(&DataKey::from_bytes([7; 32]));
        let user = UserId::random();
        let sealed = sealer
            .seal_secret(&user, &ACCOUNT, &UserSecret::random())
            .unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(
                sealer.open_secret(&user, &ACCOUNT, &changed),
                None,
                "byte {at}"
            );
            assert_eq!(
                sealer.open_secret(&user, &ACCOUNT, &sealed[..at]),
                None,
                "length {at}"
            );
        }
    }

    #[test]
    fn a_mark_is_known_to_its_own_key_only() {
        let mark = Sealer::new(&DataKey::from_bytes([7; 32])).mark().unwrap();
        assert!(Sealer::new(&DataKey::from_bytes([7; 32])).knows(&mark));
        assert!(!Sealer::new(&DataKey::from_bytes([8; 32])).knows(&mark));
    }

    #[test]
    fn what_a_host_seals_opens_for_its_context_only() {
        let key = DataKey::from_bytes([7; 32]);
        let sealed = key.seal(b"one", b"text").unwrap();
        assert_eq!(key.open(b"one", &sealed).unwrap().as_slice(), b"text");
        assert!(key.open(b"other", &sealed).is_none());
        assert!(DataKey::from_bytes([8; 32]).open(b"one", &sealed).is_none());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", DataKey::from_bytes([7; 32])), "DataKey(…)");
    }
}
