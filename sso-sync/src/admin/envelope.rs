//! What an administrator holds, sealed so that the hub can keep it and not read it.

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::keys::AdministratorKeys;
use super::name::{AdministratorName, DomainName};
use super::random::Randomness;
use super::sealed::{self, Closed, CryptographyFailed, Key};
use super::wire;
use crate::store::DomainId;

/// What the envelope of an administrator holds.
///
/// With it, a fresh server needs to believe the hub nothing: the genesis hash says which domain it
/// is, and every statement of the chain follows from there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the envelope has a version")]
pub struct Credentials {
    /// The administrator's keys.
    pub keys: AdministratorKeys,
    /// The domain: digest of its genesis statement.
    pub genesis: DomainId,
}

/// Whose envelope it is, and which one of the administrator's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) domain: &'a DomainName,
    pub(super) administrator: &'a AdministratorName,
    pub(super) copy: Copy,
}

/// Which of the two copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copy {
    /// Sealed under the export key of this registration of a password.
    Password { generation: u64 },
    /// Sealed under the printed recovery code.
    Recovery,
}

impl Place<'_> {
    /// What is bound to the ciphertext.
    fn associated(&self) -> Vec<u8> {
        let (copy, generation) = match self.copy {
            Copy::Password { generation } => (0, generation),
            Copy::Recovery => (1, 0),
        };
        let names = (self.domain.as_str(), self.administrator.as_str());
        let bound = (LABEL, sealed::SUITE, names.0, names.1, copy, generation);
        wire::to_bytes::<(_, _, _, _, u64, _)>(&bound).unwrap_or_default()
    }
}

/// The key of the envelope of a password.
pub(super) fn key_of(export_key: &[u8]) -> Result<Key, CryptographyFailed> {
    sealed::derive(export_key, LABEL)
}

/// Seals what the administrator holds.
pub(super) fn seal(
    key: &Key,
    place: &Place<'_>,
    credentials: &Credentials,
    randomness: &mut dyn Randomness,
) -> Result<Vec<u8>, CryptographyFailed> {
    let (signing, unsealing) = credentials.keys.expose();
    let content = Content {
        format: FORMAT,
        genesis: *credentials.genesis.as_bytes(),
        signing: *signing,
        unsealing: *unsealing,
    };
    // Large enough from the start, so that growing leaves no copies behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(MAX_CONTENT));
    minicbor::encode(&content, &mut *plaintext).map_err(|_| CryptographyFailed)?;
    sealed::seal(key, &place.associated(), &plaintext, randomness)
}

/// Opens what [`seal`] made for this place.
pub(super) fn open(
    key: &Key,
    place: &Place<'_>,
    envelope: &[u8],
) -> Result<Credentials, EnvelopeError> {
    let plaintext = sealed::open(key, &place.associated(), envelope)?;
    let content: Content = minicbor::decode(&plaintext).map_err(|_| EnvelopeError::Newer)?;
    if content.format != FORMAT {
        return Err(EnvelopeError::Newer);
    }
    Ok(Credentials {
        keys: AdministratorKeys::from_secrets(content.signing, content.unsealing),
        genesis: DomainId::new(content.genesis),
    })
}

/// Why an envelope was not believed, though the password was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// It is not what this administrator sealed with this password.
    #[error(
        "the hub handed out an envelope that this administrator did not seal with this password: \
         that of another administrator, another domain or an earlier password, or a broken one; \
         nothing of it was used. Tell whoever runs the hub"
    )]
    Foreign,
    /// A newer program sealed it.
    #[error("a newer program sealed the envelope; use that version")]
    Newer,
}

impl From<Closed> for EnvelopeError {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Foreign => Self::Foreign,
            Closed::Newer => Self::Newer,
        }
    }
}

/// The plaintext, in CBOR.
#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct Content {
    #[n(0)]
    format: u64,
    #[cbor(n(1), with = "minicbor::bytes")]
    genesis: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    signing: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    unsealing: [u8; 32],
}

const FORMAT: u64 = 1;

const LABEL: &str = "sso-connect envelope 1";

/// Longer than the plaintext.
const MAX_CONTENT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::random::{DangerouslyPredictableRandomness, SystemRandomness};

    #[test]
    fn opens_in_its_own_place_only() {
        let (alice, bob) = (
            administrator("alice@a.example"),
            administrator("bob@a.example"),
        );
        let (here, there) = (domain("here"), domain("there"));
        let place = |domain, administrator, copy| Place {
            domain,
            administrator,
            copy,
        };
        let second = Copy::Password { generation: 2 };
        let own = place(&here, &alice, second);
        let envelope = seal(&key(), &own, &credentials(), &mut SystemRandomness).unwrap();

        assert_eq!(open(&key(), &own, &envelope).unwrap(), credentials());
        for other in [
            place(&here, &bob, second),
            place(&there, &alice, second),
            place(&here, &alice, Copy::Password { generation: 1 }),
            place(&here, &alice, Copy::Recovery),
        ] {
            assert_eq!(open(&key(), &other, &envelope), Err(EnvelopeError::Foreign));
        }
    }

    #[test]
    fn an_envelope_is_sealed_as_documented() {
        let (here, alice) = (domain("here"), administrator("alice@a.example"));
        let copy = Copy::Password { generation: 3 };
        let place = Place {
            domain: &here,
            administrator: &alice,
            copy,
        };
        let associated = place.associated();
        insta::assert_snapshot!(minicbor::display(&associated), @r#"["sso-connect envelope 1", 1, "here", "alice@a.example", 0, 3]"#);
        let mut randomness = DangerouslyPredictableRandomness::new(1);
        let envelope = seal(&key(), &place, &credentials(), &mut randomness).unwrap();
        insta::assert_snapshot!(minicbor::display(&envelope), @"[1, h'78 38 25 82 2a 6f 9e 62 da 21 90 e8', h'99 cb 0b d2 81 b6 d3 e6 f9 78 0d 22 68 e0 89 65 4c 46 3f 91 fc ce c4 b2 5d 31 4e 44 14 33 ed 59 7e c6 f8 68 15 90 a9 49 1f d3 c8 1d 66 19 87 28 1d c1 2c 6c 82 b0 f8 ed b8 17 06 0b ad da 2d 08 e5 2b 7c 0d 0b 86 db ae 6d 21 c3 ea d9 bd fb fa a5 49 ea 63 d8 a0 cf 3e 98 f2 90 d8 0c 33 16 62 7a 71 ec b6 5d bf 7d d9 59 38 05 24 d6 62 ed b6 89 46 6f 9b f5 01 b3 aa']");
        let content = sealed::open(&key(), &associated, &envelope).unwrap();
        insta::assert_snapshot!(minicbor::display(&content), @"[1, h'04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04 04', h'01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01', h'02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02']");
    }

    #[test]
    fn another_suite_or_format_is_newer() {
        let (here, alice) = (domain("here"), administrator("alice@a.example"));
        let place = Place {
            domain: &here,
            administrator: &alice,
            copy: Copy::Recovery,
        };
        let mut envelope = seal(&key(), &place, &credentials(), &mut SystemRandomness).unwrap();
        envelope[1] = 2;
        assert_eq!(open(&key(), &place, &envelope), Err(EnvelopeError::Newer));
        let format = minicbor::to_vec([2]).unwrap();
        let format = sealed::seal(&key(), &place.associated(), &format, &mut SystemRandomness);
        assert_eq!(
            open(&key(), &place, &format.unwrap()),
            Err(EnvelopeError::Newer)
        );
        assert_eq!(open(&key(), &place, &[1]), Err(EnvelopeError::Foreign));
    }

    fn key() -> Key {
        key_of(b"export key").unwrap()
    }

    fn credentials() -> Credentials {
        Credentials {
            keys: AdministratorKeys::from_secrets([1; 32], [2; 32]),
            genesis: DomainId::new([4; 32]),
        }
    }

    fn administrator(name: &str) -> AdministratorName {
        AdministratorName::parse(name).unwrap()
    }

    fn domain(name: &str) -> DomainName {
        DomainName::parse(name).unwrap()
    }
}
