//! What something sealed looks like: it says what sealed it, so that the wrong sealer can say so.
//!
//! ```text
//! sealed  = [format, kind, name, key id, wrapped key, content]
//! content = [1, nonce, AES-256-GCM-SIV(HKDF(key, "sso-connect at rest 1"), nonce, context, secret)]
//! context = ["sso-connect at rest 1", kind, name, key id, wrapped key, domain or null, label]
//! ```
//!
//! CBOR in its one deterministic form. `key` is the sealer's own 256-bit key, or one that was made
//! for this envelope and stands in it, wrapped by a key that no program sees.

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use super::{KeeperError, Label, Protection, SealerKind};
use crate::cbor;
use crate::seal::{Sealed, derive, random};
use crate::store::DomainId;

/// What sealed `sealed`, without opening it.
///
/// # Errors
///
/// [`KeeperError::Malformed`] or [`KeeperError::Newer`].
pub fn sealed_by(sealed: &[u8]) -> Result<Protection, KeeperError> {
    Ok(Envelope::read(sealed)?.header().protection().clone())
}

/// What was sealed, and what sealed it. For those who write a [`Sealer`](super::Sealer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    header: Header,
    content: Vec<u8>,
}

impl Envelope {
    /// Reads what a sealer made.
    ///
    /// # Errors
    ///
    /// [`KeeperError::Malformed`] or [`KeeperError::Newer`].
    pub fn read(sealed: &[u8]) -> Result<Self, KeeperError> {
        let [format, kind] = cbor::first_two(sealed).ok_or(KeeperError::Malformed)?;
        let kind = SealerKind::of_number(kind).filter(|_| format == FORMAT);
        let kind = kind.ok_or(KeeperError::Newer)?;
        let parts: Parts = cbor::decode(sealed).map_err(|_| KeeperError::Malformed)?;
        Ok(Self {
            header: Header {
                protection: Protection::new(kind, parts.name),
                key_id: parts.key_id,
                wrapped_key: parts.wrapped_key,
            },
            content: parts.content,
        })
    }

    /// What is readable without a key.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Opens it with the key that it was sealed with.
    ///
    /// # Errors
    ///
    /// [`KeeperError::Closed`] if it was changed, or sealed under another label or by another key.
    pub fn open(&self, key: &[u8; 32], label: &Label) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
        let context = self.header.context(label);
        Ok(Sealed::open(
            &*derive(key, PURPOSE)?,
            &context,
            &self.content,
        )?)
    }
}

/// What an [`Envelope`] says before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    protection: Protection,
    key_id: Vec<u8>,
    wrapped_key: Vec<u8>,
}

impl Header {
    /// A header that says what seals, and with which key; the id is public.
    #[must_use]
    pub fn new(protection: Protection, key_id: &[u8]) -> Self {
        Self {
            protection,
            key_id: key_id.into(),
            wrapped_key: Vec::new(),
        }
    }

    /// Adds the key of this envelope, as the sealer wrapped it.
    #[must_use]
    pub fn with_wrapped_key(self, wrapped_key: Vec<u8>) -> Self {
        Self {
            wrapped_key,
            ..self
        }
    }

    /// What sealed it.
    #[must_use]
    pub const fn protection(&self) -> &Protection {
        &self.protection
    }

    /// The key that sealed it.
    #[must_use]
    pub fn key_id(&self) -> &[u8] {
        &self.key_id
    }

    /// The key of this envelope, wrapped; empty if the sealer's own key sealed it.
    #[must_use]
    pub fn wrapped_key(&self) -> &[u8] {
        &self.wrapped_key
    }

    /// Refuses what a sealer of another kind has sealed.
    ///
    /// # Errors
    ///
    /// [`KeeperError::OtherSealer`].
    pub fn check_sealer(&self, ours: &Protection) -> Result<(), KeeperError> {
        match self.protection.kind() == ours.kind() {
            true => Ok(()),
            false => Err(KeeperError::OtherSealer {
                by: self.protection.clone(),
                settings: ours.clone(),
            }),
        }
    }

    /// Refuses what was sealed with another key.
    ///
    /// # Errors
    ///
    /// [`KeeperError::OtherSealer`] or [`KeeperError::OtherKey`].
    pub fn check_key(&self, ours: &Protection, key_id: &[u8]) -> Result<(), KeeperError> {
        self.check_sealer(ours)?;
        match self.key_id == key_id {
            true => Ok(()),
            false => Err(KeeperError::OtherKey {
                by: self.protection.clone(),
                settings: ours.clone(),
            }),
        }
    }

    /// Seals `secret` with `key`: what [`Envelope::read`] reads.
    ///
    /// # Errors
    ///
    /// [`KeeperError::TooLarge`], or [`KeeperError::Refused`] without randomness.
    pub fn seal(
        self,
        key: &[u8; 32],
        label: &Label,
        secret: &[u8],
    ) -> Result<Vec<u8>, KeeperError> {
        if secret.len() > MAX_SECRET_BYTES {
            return Err(KeeperError::TooLarge {
                found: secret.len(),
            });
        }
        let context = self.context(label);
        let key = derive(key, PURPOSE)?;
        let content = Sealed::seal(&key, random()?, &context, secret, UNPADDED)?;
        Ok(cbor::encode(&Parts {
            format: FORMAT,
            kind: self.protection.kind().number(),
            name: self.protection.name().into(),
            key_id: self.key_id,
            wrapped_key: self.wrapped_key,
            content,
        }))
    }

    fn context(&self, label: &Label) -> Vec<u8> {
        cbor::encode(&Context {
            purpose: PURPOSE,
            kind: self.protection.kind().number(),
            name: self.protection.name(),
            key_id: &self.key_id,
            wrapped_key: &self.wrapped_key,
            domain: label.domain(),
            label: label.name(),
        })
    }
}

#[derive(Encode, Decode)]
struct Parts {
    #[n(0)]
    format: u64,
    #[n(1)]
    kind: u64,
    #[n(2)]
    name: String,
    #[cbor(n(3), with = "minicbor::bytes")]
    key_id: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    wrapped_key: Vec<u8>,
    #[cbor(n(5), with = "minicbor::bytes")]
    content: Vec<u8>,
}

#[derive(Encode)]
struct Context<'a> {
    #[n(0)]
    purpose: &'a str,
    #[n(1)]
    kind: u64,
    #[n(2)]
    name: &'a str,
    #[cbor(n(3), with = "minicbor::bytes")]
    key_id: &'a [u8],
    #[cbor(n(4), with = "minicbor::bytes")]
    wrapped_key: &'a [u8],
    #[n(5)]
    domain: Option<DomainId>,
    #[n(6)]
    label: &'a str,
}

/// The longest secret that is sealed.
pub const MAX_SECRET_BYTES: usize = 64 * 1024;

const FORMAT: u64 = 1;
const PURPOSE: &str = "sso-connect at rest 1";

/// The lengths of a server's keys are no secret.
const UNPADDED: usize = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_sealed_it() {
        let sealed = header().seal(&KEY, &label(), b"secret").unwrap();
        assert_eq!(sealed_by(&sealed).unwrap(), protection());
        let envelope = Envelope::read(&sealed).unwrap();
        assert_eq!(*envelope.header(), header());
        assert_eq!(*envelope.open(&KEY, &label()).unwrap(), b"secret");
    }

    #[test]
    fn it_opens_under_its_label_in_its_domain_with_its_key_only() {
        let sealed = header().seal(&KEY, &label(), b"secret").unwrap();
        let envelope = Envelope::read(&sealed).unwrap();
        let other = DomainId::new([2; 32]);
        for label in [
            Label::new("another").in_domain(DOMAIN),
            label().in_domain(other),
            Label::new("keys"),
        ] {
            let opened = envelope.open(&KEY, &label);
            assert!(matches!(opened, Err(KeeperError::Closed)), "{label:?}");
        }
        let opened = envelope.open(&[8; 32], &label());
        assert!(matches!(opened, Err(KeeperError::Closed)));
    }

    #[test]
    fn what_it_says_is_part_of_what_is_sealed() {
        let sealed = header().seal(&KEY, &label(), b"secret").unwrap();
        let envelope = Envelope::read(&sealed).unwrap();
        for header in [
            Header::new(Protection::new(SealerKind::Other, "/k"), b"id"),
            Header::new(Protection::new(SealerKind::KeyFile, "/l"), b"id"),
            Header::new(protection(), b"no"),
            header().with_wrapped_key(vec![1]),
        ] {
            let changed = Envelope {
                header,
                content: envelope.content.clone(),
            };
            let opened = changed.open(&KEY, &label());
            assert!(matches!(opened, Err(KeeperError::Closed)), "{changed:?}");
        }
    }

    #[test]
    fn the_format_has_one_form_and_a_number() {
        let sealed = header().seal(&KEY, &label(), b"").unwrap();
        // [1, 1, "/k", h'6964', h'', h'83 01 4c…']
        assert_eq!(sealed[..11], *b"\x86\x01\x01\x62/k\x42id\x40\x58");
        let read = |at: usize, byte| {
            let mut changed = sealed.clone();
            changed[at] = byte;
            Envelope::read(&changed).unwrap_err()
        };
        assert!(matches!(read(1, 2), KeeperError::Newer));
        assert!(matches!(read(2, 23), KeeperError::Newer));
        assert!(matches!(read(0, 0x87), KeeperError::Malformed));
        assert!(matches!(
            Envelope::read(b"no envelope"),
            Err(KeeperError::Malformed)
        ));
    }

    #[test]
    fn a_secret_has_a_limit() {
        let seal = |length| header().seal(&KEY, &label(), &vec![0; length]);
        assert!(seal(MAX_SECRET_BYTES).is_ok());
        assert!(matches!(
            seal(MAX_SECRET_BYTES + 1),
            Err(KeeperError::TooLarge { found: 65_537 })
        ));
    }

    fn header() -> Header {
        Header::new(protection(), b"id")
    }

    fn protection() -> Protection {
        Protection::new(SealerKind::KeyFile, "/k")
    }

    fn label() -> Label {
        Label::new("keys").in_domain(DOMAIN)
    }

    const DOMAIN: DomainId = DomainId::new([1; 32]);
    const KEY: [u8; 32] = [7; 32];
}
