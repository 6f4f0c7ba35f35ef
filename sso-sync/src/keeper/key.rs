//! A key that this program can read.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::{Envelope, Header, KeeperError, Label, Protection};
use crate::seal::{derive, random};

/// 256 bits, in memory for one call.
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(super) fn random() -> Result<Self, KeeperError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// 32 bytes as they are, or in base64 with whitespace around.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        if let Ok(key) = bytes.try_into() {
            return Some(Self(Zeroizing::new(key)));
        }
        let decoded = BASE64_STANDARD.decode(bytes.trim_ascii()).ok()?;
        let key = Zeroizing::new(decoded).as_slice().try_into().ok()?;
        Some(Self(Zeroizing::new(key)))
    }

    /// A line of base64, which [`parse`](Self::parse) reads.
    pub(super) fn line(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}\n", BASE64_STANDARD.encode(*self.0)))
    }

    pub(super) fn seal(
        &self,
        protection: Protection,
        label: &Label,
        secret: &[u8],
    ) -> Result<Vec<u8>, KeeperError> {
        Header::new(protection, &self.id()?).seal(&self.0, label, secret)
    }

    pub(super) fn unseal(
        &self,
        protection: &Protection,
        label: &Label,
        envelope: &Envelope,
    ) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
        envelope.header().check_key(protection, &self.id()?)?;
        envelope.open(&self.0, label)
    }

    /// By this a key is known without being shown.
    fn id(&self) -> Result<Vec<u8>, KeeperError> {
        let id = derive(self.0.as_slice(), "sso-connect at rest id 1")?;
        Ok(id.iter().take(ID_BYTES).copied().collect())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

const ID_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_raw_and_in_base64() {
        let key = Key::random().unwrap();
        assert_eq!(Key::parse(key.line().as_bytes()).unwrap().0, key.0);
        assert_eq!(Key::parse(key.0.as_slice()).unwrap().0, key.0);
    }

    #[test]
    fn a_key_of_another_length_is_none() {
        let base64 = |length| BASE64_STANDARD.encode(vec![7; length]);
        assert!(Key::parse(base64(32).as_bytes()).is_some());
        for length in [0, 31, 33] {
            assert!(Key::parse(base64(length).as_bytes()).is_none(), "{length}");
        }
        assert!(Key::parse(&[7; 31]).is_none());
        assert!(Key::parse(&[7; 33]).is_none());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", Key::random().unwrap()), "Key(…)");
    }
}
