//! A domain key for one member.

use minicbor::{Decode, Encode};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey, HpkePublicKey};
use zeroize::Zeroizing;

use super::{DomainKey, Member, MemberId, MemberKeys, SealError};
use crate::cbor;
use crate::store::DomainId;

/// The domain key of an epoch, encrypted to one member (HPKE, RFC 9180, base mode).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Wrap {
    #[n(0)]
    member: MemberId,
    #[n(1)]
    suite: u64,
    #[cbor(n(2), with = "minicbor::bytes")]
    enc: Vec<u8>,
    #[cbor(n(3), with = "minicbor::bytes")]
    ciphertext: Vec<u8>,
}

impl Wrap {
    /// Encrypts the key of `epoch` to `member`. The domain of a genesis statement, which has no
    /// name yet, is [`NO_DOMAIN`](Self::NO_DOMAIN).
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if nothing can be encrypted to the member's key.
    pub fn new(
        domain: &DomainId,
        epoch: u64,
        key: &DomainKey,
        member: &Member,
    ) -> Result<Self, SealError> {
        let id = member.id();
        let public = HpkePublicKey(member.sealing().to_vec());
        let (enc, ciphertext) = DH_KEM_X25519_HKDF_SHA256_AES_256
            .seal(&info(domain, epoch, id), b"", key.expose(), &public)
            .map_err(|_| SealError::Refused)?;
        Ok(Self {
            member: id,
            suite: SUITE,
            enc: enc.0,
            ciphertext,
        })
    }

    /// For whom it is.
    #[must_use]
    pub const fn member(&self) -> MemberId {
        self.member
    }

    /// Decrypts the key of `epoch`. Compare its [`check`](DomainKey::check) with the statement's.
    ///
    /// # Errors
    ///
    /// [`SealError::Closed`] if it is for another member, domain or epoch; [`SealError::Newer`]
    /// if its suite is unknown.
    pub fn open(
        &self,
        domain: &DomainId,
        epoch: u64,
        keys: &MemberKeys,
    ) -> Result<DomainKey, SealError> {
        if self.suite != SUITE {
            return Err(SealError::Newer);
        }
        let (_, sealing) = keys.expose();
        let opened = DH_KEM_X25519_HKDF_SHA256_AES_256
            .open(
                &EncapsulatedSecret(self.enc.clone()),
                &info(domain, epoch, keys.id()),
                b"",
                &self.ciphertext,
                &HpkePrivateKey::from(sealing.to_vec()),
            )
            .map_err(|_| SealError::Closed)?;
        let opened = Zeroizing::new(opened);
        let key = opened.as_slice().try_into();
        key.map(DomainKey::from_bytes)
            .map_err(|_| SealError::Malformed)
    }

    /// Stands for the domain within its genesis statement.
    pub const NO_DOMAIN: DomainId = DomainId::new([0; 32]);
}

fn info(domain: &DomainId, epoch: u64, member: MemberId) -> Vec<u8> {
    cbor::encode(&("sso-connect wrap 1", *domain, epoch, member))
}

/// DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
const SUITE: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_unwrapped_by_its_member_in_its_domain_and_epoch_only() {
        let (alice, bob) = (keys(1), keys(2));
        let wrap = Wrap::new(&HERE, 3, &KEY, &alice.member("alice")).unwrap();

        assert_eq!(wrap.open(&HERE, 3, &alice), Ok(KEY));
        assert_eq!(wrap.open(&HERE, 3, &bob), Err(SealError::Closed));
        assert_eq!(wrap.open(&HERE, 4, &alice), Err(SealError::Closed));
        let elsewhere = DomainId::new([9; 32]);
        assert_eq!(wrap.open(&elsewhere, 3, &alice), Err(SealError::Closed));
    }

    #[test]
    fn another_suite_is_newer() {
        let alice = keys(1);
        let mut wrap = Wrap::new(&HERE, 3, &KEY, &alice.member("alice")).unwrap();
        wrap.suite = 2;
        assert_eq!(wrap.open(&HERE, 3, &alice), Err(SealError::Newer));
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let mut member = keys(1).member("alice");
        let bytes = cbor::encode(&member);
        let mut changed = bytes.clone();
        let at = bytes.len() - 32;
        changed[at..].fill(0);
        member = cbor::decode(&changed).unwrap();
        let wrap = Wrap::new(&HERE, 3, &KEY, &member);
        assert_eq!(wrap, Err(SealError::Refused));
    }

    fn keys(number: u8) -> MemberKeys {
        MemberKeys::from_secrets(&[number; 32], &[number; 32]).unwrap()
    }

    const HERE: DomainId = DomainId::new([8; 32]);
    const KEY: DomainKey = DomainKey::from_bytes([7; 32]);
}
