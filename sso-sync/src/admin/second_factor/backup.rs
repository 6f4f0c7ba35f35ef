//! Codes on paper, for when the authenticator is lost.

use std::fmt;

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Vault;
use crate::admin::base32;
use crate::admin::random::{self, Randomness};
use crate::admin::sealed::{self, transcript};

/// Ten codes of 80 random bits, each of which stands in once for a code of the authenticator.
///
/// There is no `Display`, `Debug` shows nothing, and the memory is wiped when the value is
/// dropped.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(transparent)]
pub struct BackupCodes(#[n(0)] Vec<BackupCode>);

impl BackupCodes {
    /// How many there are.
    pub const COUNT: usize = 10;

    pub(super) fn random(randomness: &mut dyn Randomness) -> Self {
        let code = |_| BackupCode(random::bytes(randomness));
        Self((0..Self::COUNT).map(code).collect())
    }

    pub(super) fn digests(&self, vault: &Vault<'_>) -> Vec<BackupDigest> {
        self.0.iter().map(|code| code.digest(vault)).collect()
    }

    /// The codes as text to print: four groups of four letters and digits each.
    pub fn to_texts(&self) -> impl Iterator<Item = Zeroizing<String>> {
        self.0.iter().map(|code| base32::encode_in_groups(&code.0))
    }
}

impl fmt::Debug for BackupCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCodes(…)")
    }
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
#[cbor(transparent)]
pub struct BackupCode(#[cbor(n(0), with = "minicbor::bytes")] [u8; 10]);

impl BackupCode {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = base32::decode(text)?;
        bytes.as_slice().try_into().ok().map(Self)
    }

    /// What the hub keeps of it. The code is random enough that a plain digest tells nothing.
    pub(super) fn digest(&self, vault: &Vault<'_>) -> BackupDigest {
        let parts = [
            vault.domain.as_bytes(),
            vault.administrator.as_bytes(),
            &self.0,
        ];
        let written = Zeroizing::new(transcript("sso-connect backup code 1", &parts));
        BackupDigest(sealed::digest(&written))
    }
}

impl fmt::Debug for BackupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BackupCode(…)")
    }
}

/// What the hub keeps of a backup code.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(super) struct BackupDigest(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);
