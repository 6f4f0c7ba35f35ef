//! Who signs, and to whom keys are wrapped.

use std::fmt;

use aws_lc_rs::agreement::{self, X25519};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{SealError, key};
use crate::Digest;
use crate::cbor::byte_string;

/// Names an administrator, a node or an enrolment token: a digest of its signing key, so that it
/// means the same everywhere and is never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId([u8; 16]);

impl MemberId {
    /// Stands where no member is meant.
    pub const NOBODY: Self = Self([0; 16]);

    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    fn of(signing: &[u8; 32]) -> Self {
        let digest = Digest::of("sso-connect member 1", [signing.as_slice()]);
        let mut id = [0; 16];
        id.iter_mut()
            .zip(digest.as_bytes())
            .for_each(|(to, from)| *to = *from);
        Self(id)
    }
}

byte_string!(MemberId);

impl fmt::Display for MemberId {
    /// 32 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberId({self})")
    }
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

impl Signature {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

byte_string!(Signature);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

/// A member as everybody sees it: a name for people and two public keys.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    #[n(0)]
    name: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    signing: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    sealing: Vec<u8>,
}

impl Member {
    /// A member whose public keys somebody else made: Ed25519 to sign, X25519 to open wraps.
    pub fn new(name: impl Into<String>, signing: [u8; 32], sealing: Vec<u8>) -> Self {
        let name = name.into();
        Self {
            name,
            signing,
            sealing,
        }
    }

    /// The name for people: a server's name, an administrator's e-mail address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name for programs.
    #[must_use]
    pub fn id(&self) -> MemberId {
        MemberId::of(&self.signing)
    }

    /// The Ed25519 public key.
    #[must_use]
    pub const fn signing(&self) -> &[u8; 32] {
        &self.signing
    }

    /// The HPKE public key.
    #[must_use]
    pub fn sealing(&self) -> &[u8] {
        &self.sealing
    }

    /// Whether the member signed `message` for the purpose of `label`.
    pub(crate) fn has_signed(&self, label: &str, message: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.signing)
            .verify(&labelled(label, message), signature.as_bytes())
            .is_ok()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({:?}, {})", self.name, self.id())
    }
}

/// The private keys of a member.
///
/// There is no `Display`, `Debug` shows the public name only, and the memory is wiped when the
/// value is dropped.
pub struct MemberKeys {
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
    sealing: Zeroizing<[u8; 32]>,
    sealing_public: Vec<u8>,
}

impl MemberKeys {
    /// New keys from the random number generator of the operating system.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the operating system has no randomness.
    pub fn random() -> Result<Self, SealError> {
        let (seed, sealing) = (
            Zeroizing::new(key::random()?),
            Zeroizing::new(key::random()?),
        );
        Self::from_secrets(&seed, &sealing)
    }

    /// Keys that were kept: the seed of the signing key and the private sealing key.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if these are no keys.
    pub fn from_secrets(seed: &[u8; 32], sealing: &[u8; 32]) -> Result<Self, SealError> {
        let refused = |_| SealError::Refused;
        let private = agreement::PrivateKey::from_private_key(&X25519, sealing).map_err(refused)?;
        Ok(Self {
            pair: Ed25519KeyPair::from_seed_unchecked(seed).map_err(refused)?,
            seed: Zeroizing::new(*seed),
            sealing: Zeroizing::new(*sealing),
            sealing_public: private.compute_public_key()?.as_ref().to_vec(),
        })
    }

    /// The keys that come with the secret of an enrolment token.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if the cryptographic library refuses.
    pub fn of_token(secret: &[u8; 32]) -> Result<Self, SealError> {
        let signing = key::derive(secret, "sso-connect token signing 1")?;
        let sealing = key::derive(secret, "sso-connect token sealing 1")?;
        Self::from_secrets(&signing, &sealing)
    }

    /// The seed of the signing key and the private sealing key, to be sealed at rest. Every call
    /// deserves a look.
    #[must_use]
    pub fn expose(&self) -> (&[u8; 32], &[u8; 32]) {
        (&self.seed, &self.sealing)
    }

    /// The name for programs.
    #[must_use]
    pub fn id(&self) -> MemberId {
        MemberId::of(&self.signing_public())
    }

    /// The public half, under a name for people.
    pub fn member(&self, name: impl Into<String>) -> Member {
        Member {
            name: name.into(),
            signing: self.signing_public(),
            sealing: self.sealing_public.clone(),
        }
    }

    /// Signs `message` for the purpose of `label`.
    pub(crate) fn sign(&self, label: &str, message: &[u8]) -> Signature {
        let signed = self.pair.sign(&labelled(label, message));
        let mut signature = [0; 64];
        signature
            .iter_mut()
            .zip(signed.as_ref())
            .for_each(|(to, from)| *to = *from);
        Signature(signature)
    }

    fn signing_public(&self) -> [u8; 32] {
        let mut public = [0; 32];
        public
            .iter_mut()
            .zip(self.pair.public_key().as_ref())
            .for_each(|(to, from)| *to = *from);
        public
    }
}

impl fmt::Debug for MemberKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberKeys({}, …)", self.id())
    }
}

fn labelled(label: &str, message: &[u8]) -> Vec<u8> {
    [label.as_bytes(), &[0], message].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_purpose_its_message_and_its_member() {
        let (alice, bob) = (keys(1), keys(2));
        let signature = alice.sign("one", b"message");
        let by = |keys: &MemberKeys, label, message: &[u8]| {
            keys.member("x").has_signed(label, message, &signature)
        };
        assert!(by(&alice, "one", b"message"));
        assert!(!by(&alice, "two", b"message"));
        assert!(!by(&alice, "one", b"another"));
        assert!(!by(&bob, "one", b"message"));
    }

    #[test]
    fn keys_that_were_kept_are_the_same_member() {
        let keys = MemberKeys::random().unwrap();
        let (seed, sealing) = keys.expose();
        let again = MemberKeys::from_secrets(seed, sealing).unwrap();
        assert_eq!(again.member("x"), keys.member("x"));
        assert_eq!(again.id(), keys.member("y").id());
    }

    #[test]
    fn debug_shows_no_private_key() {
        let shown = format!("{:?}", keys(7));
        assert_eq!(shown, format!("MemberKeys({}, …)", keys(7).id()));
    }

    fn keys(number: u8) -> MemberKeys {
        MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap()
    }
}
