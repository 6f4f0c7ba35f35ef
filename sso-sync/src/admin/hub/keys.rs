//! The keys of a hub.

use std::fmt;

use minicbor::{Decode, Encode};
use opaque_ke::ServerSetup;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::admin::CryptographyFailed;
use crate::admin::random::{self, ForOpaque, Randomness};
use crate::admin::sealed::{self, Key};
use crate::admin::suite::Suite;

/// What a hub needs to sign administrators in: its side of OPAQUE, and the key under which it
/// seals what it stores.
///
/// Whoever has them and a copy of the hub's storage can guess passwords at the price of Argon2id.
/// Whoever loses them makes every password worthless: administrators need their recovery codes
/// then. There is no `Display`, and `Debug` shows nothing.
pub struct HubKeys {
    setup: ServerSetup<Suite>,
    secret: Key,
    sources: Key,
}

impl HubKeys {
    /// New keys.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn random(randomness: &mut dyn Randomness) -> Result<Self, CryptographyFailed> {
        let setup = ServerSetup::new(&mut ForOpaque(randomness));
        Self::of(setup, Zeroizing::new(random::bytes(randomness)))
    }

    /// Reads keys that were stored.
    ///
    /// # Errors
    ///
    /// [`HubKeysError`] if these are none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HubKeysError> {
        let stored: Stored = minicbor::decode(bytes).map_err(|_| HubKeysError)?;
        if stored.format != FORMAT {
            return Err(HubKeysError);
        }
        let setup = ServerSetup::deserialize(&stored.setup).map_err(|_| HubKeysError)?;
        Self::of(setup, Zeroizing::new(stored.secret)).map_err(|_| HubKeysError)
    }

    /// The keys as bytes for a key file. Every call deserves a look.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, CryptographyFailed> {
        let stored = Stored {
            format: FORMAT,
            setup: self.setup.serialize().to_vec(),
            secret: *self.secret,
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
        minicbor::encode(&stored, &mut *bytes).map_err(|_| CryptographyFailed)?;
        Ok(bytes)
    }

    /// Tells these keys from others, and nothing else about them.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn fingerprint(&self) -> Result<[u8; 32], CryptographyFailed> {
        let digest = sealed::derive(&self.to_bytes()?, "sso-connect hub fingerprint 1")?;
        Ok(*digest)
    }

    fn of(setup: ServerSetup<Suite>, secret: Key) -> Result<Self, CryptographyFailed> {
        Ok(Self {
            setup,
            sources: sealed::derive(secret.as_slice(), "sso-connect hub sources 1")?,
            secret,
        })
    }

    pub(super) const fn setup(&self) -> &ServerSetup<Suite> {
        &self.setup
    }

    pub(super) fn sources(&self) -> &[u8; 32] {
        &self.sources
    }

    pub(super) fn derive(&self, purpose: Purpose) -> Result<Key, CryptographyFailed> {
        sealed::derive(self.secret.as_slice(), purpose.label())
    }
}

impl fmt::Debug for HubKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HubKeys(…)")
    }
}

/// What a hub seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A sign-in under way, kept by the client.
    Attempt,
    /// The key of a session.
    Session,
    /// A registration under way, kept by the client.
    Ticket,
    /// The secret of an authenticator.
    Totp,
}

impl Purpose {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Attempt => "sso-connect hub attempts 1",
            Self::Session => "sso-connect hub sessions 1",
            Self::Ticket => "sso-connect hub tickets 1",
            Self::Totp => "sso-connect hub totp 1",
        }
    }
}

/// Not the keys of a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these are not the keys of a hub, or those of a newer version")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct HubKeysError;

#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct Stored {
    #[n(0)]
    format: u64,
    #[cbor(n(1), with = "minicbor::bytes")]
    setup: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    secret: [u8; 32],
}

const FORMAT: u64 = 1;

/// Longer than the stored form.
const MAX_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::random::SystemRandomness;

    #[test]
    fn keys_survive_being_written_and_read() {
        let keys = HubKeys::random(&mut SystemRandomness).unwrap();
        let bytes = keys.to_bytes().unwrap();
        assert!(bytes.len() < MAX_BYTES);
        let read = HubKeys::from_bytes(&bytes).unwrap();
        assert_eq!(read.to_bytes().unwrap(), bytes);
        assert_eq!(read.sources, keys.sources);
        assert_eq!(read.fingerprint(), keys.fingerprint());
    }

    #[test]
    fn what_are_no_keys_is_refused() {
        let keys = HubKeys::random(&mut SystemRandomness).unwrap();
        let bytes = keys.to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert_eq!(
                HubKeys::from_bytes(&bytes[..end]).unwrap_err(),
                HubKeysError
            );
        }
    }

    #[test]
    fn other_keys_have_another_fingerprint() {
        let [one, other] = [(), ()].map(|()| {
            HubKeys::random(&mut SystemRandomness)
                .unwrap()
                .fingerprint()
        });
        assert_ne!(one.unwrap(), other.unwrap());
    }

    #[test]
    fn debug_shows_nothing() {
        let keys = HubKeys::random(&mut SystemRandomness).unwrap();
        assert_eq!(format!("{keys:?}"), "HubKeys(…)");
    }
}
