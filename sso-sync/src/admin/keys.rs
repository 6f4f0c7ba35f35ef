//! The keys that an administrator signs and unseals with.

use std::fmt;

use aws_lc_rs::agreement::{PrivateKey, X25519};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::random::{self, Randomness};
use super::sealed::{self, CryptographyFailed};
use crate::seal::{MemberKeys, SealError};

/// The private keys of an administrator: the seed of an Ed25519 key (RFC 8032) to sign, and an
/// X25519 key to unseal. They exist in clear only in the program that the administrator has
/// signed in with.
///
/// There is no `Display`, `Debug` shows nothing, and the memory is wiped when the value is
/// dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct AdministratorKeys {
    signing: [u8; 32],
    unsealing: [u8; 32],
}

impl AdministratorKeys {
    /// New keys.
    #[must_use]
    pub fn random(randomness: &mut dyn Randomness) -> Self {
        let signing = random::bytes(randomness);
        Self::from_secrets(signing, random::bytes(randomness))
    }

    /// Keys that were kept: the seed of the signing key, and the private key that unseals.
    #[must_use]
    pub const fn from_secrets(signing: [u8; 32], unsealing: [u8; 32]) -> Self {
        Self { signing, unsealing }
    }

    /// The seed of the signing key, and the private key that unseals. Every call deserves a look.
    #[must_use]
    pub const fn expose(&self) -> (&[u8; 32], &[u8; 32]) {
        (&self.signing, &self.unsealing)
    }

    /// The keys in the form in which they sign statements and open wraps.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses.
    pub fn to_member_keys(&self) -> Result<MemberKeys, SealError> {
        MemberKeys::from_secrets(&self.signing, &self.unsealing)
    }

    /// What everybody may know of these keys.
    ///
    /// # Errors
    ///
    /// [`CryptographyFailed`].
    pub fn public(&self) -> Result<AdministratorPublicKeys, CryptographyFailed> {
        let unsealing = PrivateKey::from_private_key(&X25519, &self.unsealing)
            .map_err(|_| CryptographyFailed)?;
        Ok(AdministratorPublicKeys {
            signing: public_of(&self.signing)?,
            sealing: unsealing.compute_public_key()?.as_ref().to_vec(),
        })
    }
}

impl fmt::Debug for AdministratorKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdministratorKeys(…)")
    }
}

/// The public keys of an administrator, as the authority chain names them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub struct AdministratorPublicKeys {
    /// Ed25519.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub signing: [u8; 32],
    /// X25519, or what a later suite puts in its place.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sealing: Vec<u8>,
}

/// Signs with the Ed25519 key of this seed.
pub(super) fn sign(seed: &[u8; 32], message: &[u8]) -> Result<[u8; 64], CryptographyFailed> {
    Ok(sealed::first(pair(seed)?.sign(message).as_ref()))
}

/// The public half of the Ed25519 key of this seed.
pub(super) fn public_of(seed: &[u8; 32]) -> Result<[u8; 32], CryptographyFailed> {
    Ok(sealed::first(pair(seed)?.public_key().as_ref()))
}

/// Whether the key `public` signed `message`.
pub(super) fn verifies(public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message, signature)
        .is_ok()
}

fn pair(seed: &[u8; 32]) -> Result<Ed25519KeyPair, CryptographyFailed> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| CryptographyFailed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::random::SystemRandomness;

    #[test]
    fn what_a_seed_signs_its_public_half_verifies() {
        let keys = AdministratorKeys::random(&mut SystemRandomness);
        let signature = sign(keys.expose().0, b"message").unwrap();
        let public = keys.public().unwrap();
        assert!(verifies(&public.signing, b"message", &signature));
        assert!(!verifies(&public.signing, b"another", &signature));
        assert_eq!(public.sealing.len(), 32);
    }

    #[test]
    fn they_are_one_member_of_the_domain() {
        let keys = AdministratorKeys::random(&mut SystemRandomness);
        let member = keys.to_member_keys().unwrap().member("alice@example.com");
        let public = keys.public().unwrap();
        assert_eq!(*member.signing(), public.signing);
        assert_eq!(member.sealing(), public.sealing);
    }

    #[test]
    fn debug_shows_no_key() {
        let keys = AdministratorKeys::from_secrets([7; 32], [7; 32]);
        assert_eq!(format!("{keys:?}"), "AdministratorKeys(…)");
    }
}
