//! The keys that seal cookies: one current, and older ones that still open.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// 256 random bits from which the cookie keys of a domain are derived.
///
/// Whoever has them can sign in as anyone, so they deserve the care of a private key. All servers
/// of a domain hold the same ones: a browser may begin at one server and end at another.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealingKey {
    secret: [u8; Self::LENGTH],
    id: [u8; KEY_ID_LENGTH],
}

impl SealingKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// A new key from the random number generator of the operating system.
    #[must_use]
    pub fn random() -> Self {
        Self::from_bytes(crate::random::bytes())
    }

    /// A key that was stored.
    #[must_use]
    pub fn from_bytes(secret: [u8; Self::LENGTH]) -> Self {
        let mut id = [0; KEY_ID_LENGTH];
        // HKDF fails only beyond 255 blocks of output; 4 bytes are less than one.
        let _ = expand(&secret, KEY_ID_LABEL, &mut id);
        Self { secret, id }
    }

    /// Reads a key from the text that [`to_base64`](Self::to_base64) wrote; white space around it
    /// is ignored.
    ///
    /// # Errors
    ///
    /// [`SealingKeyError`] unless the text is 32 bytes in standard base64.
    pub fn from_base64(text: &str) -> Result<Self, SealingKeyError> {
        let decoded = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| SealingKeyError)?);
        let secret = decoded.as_slice().try_into().map_err(|_| SealingKeyError)?;
        Ok(Self::from_bytes(secret))
    }

    /// The key as text for a key file. Every call deserves a look.
    #[must_use]
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.secret))
    }

    pub(super) const fn id(&self) -> &[u8; KEY_ID_LENGTH] {
        &self.id
    }

    pub(super) fn derive(&self, purpose: Purpose) -> Result<Zeroizing<[u8; 32]>, Unspecified> {
        let mut derived = Zeroizing::new([0; 32]);
        expand(
            &self.secret,
            purpose.label().as_bytes(),
            derived.as_mut_slice(),
        )?;
        Ok(derived)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({}, …)", crate::random::to_hex(&self.id))
    }
}

/// A sealing key is 32 bytes in standard base64, and this is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealing key is 32 bytes in base64 (44 characters)")]
#[expect(
    clippy::exhaustive_structs,
    reason = "there is nothing to say beyond the message"
)]
pub struct SealingKeyError;

/// The sealing keys of a domain; cheap to clone.
///
/// To rotate: make a new key the current one and keep the old one among the older keys until the
/// longest session sealed with it has ended (8 hours by default).
#[derive(Clone, Debug)]
pub struct SealingKeys {
    current: Arc<SealingKey>,
    older: Arc<[SealingKey]>,
    of_requests: Arc<[SealingKey]>,
}

impl SealingKeys {
    /// Seals and opens with `current`.
    #[must_use]
    pub fn new(current: SealingKey) -> Self {
        Self {
            current: Arc::new(current),
            older: Arc::default(),
            of_requests: Arc::default(),
        }
    }

    /// One new random key: cookies end with this process.
    #[must_use]
    pub fn random() -> Self {
        Self::new(SealingKey::random())
    }

    /// Opens with `older` too, and never seals with it.
    #[must_use]
    pub fn with_older(mut self, older: SealingKey) -> Self {
        let all = self.older.iter().cloned().chain([older]);
        self.older = all.collect();
        self
    }

    /// Opens with `older` what waits for an identity provider: a sign-in that began before the keys
    /// changed comes to its end. No session opens with it.
    #[must_use]
    pub fn with_older_for_requests(mut self, older: SealingKey) -> Self {
        let all = self.of_requests.iter().cloned().chain([older]);
        self.of_requests = all.collect();
        self
    }

    pub(super) fn newest(&self) -> &SealingKey {
        &self.current
    }

    pub(super) fn with_id(&self, id: &[u8], purpose: Purpose) -> impl Iterator<Item = &SealingKey> {
        let of_requests = purpose.waits().then_some(&self.of_requests);
        std::iter::once(self.newest())
            .chain(self.older.iter())
            .chain(of_requests.into_iter().flat_map(|keys| keys.iter()))
            .filter(move |key| key.id == id)
    }
}

/// What a sealed token is for: each has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A sign-out that waits for the identity provider.
    Logout,
    /// A sign-in that waits for the identity provider.
    Request,
    /// A browser that is signed in.
    Session,
    /// Who is signed in in a browser.
    Witness,
}

impl Purpose {
    /// Whether the identity provider is being waited for, and nobody is signed in by it yet.
    const fn waits(self) -> bool {
        matches!(self, Self::Logout | Self::Request)
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Logout => "sso-connect cookie: logout, version 1",
            Self::Request => "sso-connect cookie: request, version 1",
            Self::Session => "sso-connect cookie: session, version 1",
            Self::Witness => "sso-connect cookie: witness, version 1",
        }
    }
}

fn expand(secret: &[u8], label: &[u8], out: &mut [u8]) -> Result<(), Unspecified> {
    // Uniform random input needs no salt (RFC 5869, 3.1 and 3.3).
    let key = Salt::new(HKDF_SHA256, &[]).extract(secret);
    key.expand(&[label], OutputLength(out.len()))?.fill(out)
}

struct OutputLength(usize);

impl KeyType for OutputLength {
    fn len(&self) -> usize {
        self.0
    }
}

/// Enough to tell a handful of keys apart; a collision costs one more attempt to open.
pub(super) const KEY_ID_LENGTH: usize = 4;

const KEY_ID_LABEL: &[u8] = b"sso-connect key id";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_being_written_and_read() {
        let key = SealingKey::random();
        let read = SealingKey::from_base64(&format!("{}\n", *key.to_base64())).unwrap();
        assert_eq!(read.secret, key.secret);
        assert_eq!(read.id, key.id);
    }

    #[test]
    fn refuses_a_key_of_another_length() {
        for text in ["", "AAAA", "not base64", &"A".repeat(48)] {
            assert_eq!(
                SealingKey::from_base64(text).unwrap_err(),
                SealingKeyError,
                "{text}"
            );
        }
    }

    #[test]
    fn debug_shows_the_identifier_and_no_secret() {
        let key = SealingKey::from_bytes([7; 32]);
        let shown = format!("{:?}", SealingKeys::new(key.clone()));
        assert!(shown.contains(&crate::random::to_hex(&key.id)));
        assert!(
            !shown.contains("07070707") && !shown.contains("7, 7"),
            "{shown}"
        );
    }

    #[test]
    fn each_purpose_has_its_own_key() {
        let key = SealingKey::from_bytes([7; 32]);
        let derived = |purpose| key.derive(purpose).unwrap();
        let [logout, request, session] =
            [Purpose::Logout, Purpose::Request, Purpose::Session].map(derived);
        assert!(logout != request && request != session && session != logout);
    }
}
