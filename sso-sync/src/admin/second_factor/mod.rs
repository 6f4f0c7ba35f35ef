//! The second factor: codes of an authenticator, and backup codes for when it is lost.
//!
//! The hub verifies the codes, so the hub can know the secret behind them: a second factor keeps
//! out who learned a password, not who runs the hub. What the hub stores is sealed under its own
//! key, so that a copy of its storage is not enough.

mod backup;
mod code;
mod secret;
mod totp;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

pub use backup::{BackupCode, BackupCodes};
pub use code::{CodeError, OneTimeCode, SecondFactorCode};
pub use secret::TotpSecret;

use self::backup::BackupDigest;
use crate::admin::moment;
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::random::Randomness;
use crate::admin::sealed::{self, CryptographyFailed, Key};

/// What the hub keeps of the second factor of one administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct SecondFactor {
    #[n(0)]
    active: Option<Active>,
    #[n(1)]
    proposed: Option<Proposed>,
}

/// A second factor that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Active {
    #[cbor(n(0), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    /// No step up to this one is accepted again.
    #[n(1)]
    last: totp::Step,
    #[n(2)]
    backup: Vec<BackupDigest>,
}

/// A secret that waits for its first code.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Proposed {
    #[cbor(n(0), with = "minicbor::bytes")]
    sealed: Vec<u8>,
    #[cbor(n(1), with = "moment")]
    until: UnixTime,
}

/// Whose second factor it is, and the key of the hub that seals it.
#[derive(Debug)]
pub(super) struct Vault<'a> {
    pub(super) key: &'a Key,
    pub(super) domain: &'a DomainName,
    pub(super) administrator: &'a AdministratorName,
}

impl SecondFactor {
    /// Whether a sign-in needs a code.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// How many backup codes are left.
    #[must_use]
    pub fn backup_codes_left(&self) -> usize {
        self.active.as_ref().map_or(0, |active| active.backup.len())
    }

    /// Makes a new secret; it counts from [`confirm`](Self::confirm) on.
    pub(super) fn propose(
        &self,
        vault: &Vault<'_>,
        now: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Result<(Self, TotpSecret), CryptographyFailed> {
        let secret = TotpSecret::random(randomness);
        let proposed = Proposed {
            sealed: vault.seal(&secret, randomness)?,
            until: now.later(PROPOSAL_LIFE),
        };
        let next = Self {
            active: self.active.clone(),
            proposed: Some(proposed),
        };
        Ok((next, secret))
    }

    /// Activates the proposed secret if `code` is right for it, in place of an earlier one.
    pub(super) fn confirm(
        &self,
        vault: &Vault<'_>,
        code: &SecondFactorCode,
        now: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Option<(Self, BackupCodes)> {
        let proposed = self.proposed.as_ref().filter(|it| now < it.until)?;
        let secret = vault.open(&proposed.sealed)?;
        let last = totp::accept(secret.as_bytes(), code.one_time()?, now, None)?;
        let codes = BackupCodes::random(randomness);
        let active = Active {
            sealed: proposed.sealed.clone(),
            last,
            backup: codes.digests(vault),
        };
        let next = Self {
            active: Some(active),
            proposed: None,
        };
        Some((next, codes))
    }

    /// The record after `code` was used up; `None` if it is not right, or was used before.
    ///
    /// Storing the record by compare-and-swap is what makes a code good for one time.
    pub(super) fn accept(
        &self,
        vault: &Vault<'_>,
        code: &SecondFactorCode,
        now: UnixTime,
    ) -> Option<Self> {
        let active = self.active.as_ref()?;
        let active = match code {
            SecondFactorCode::OneTime(code) => active.accept_one_time(vault, code.number(), now)?,
            SecondFactorCode::Backup(code) => active.accept_backup(&code.digest(vault))?,
        };
        Some(Self {
            active: Some(active),
            proposed: self.proposed.clone(),
        })
    }
}

impl Active {
    fn accept_one_time(&self, vault: &Vault<'_>, code: u32, now: UnixTime) -> Option<Self> {
        let secret = vault.open(&self.sealed)?;
        let last = totp::accept(secret.as_bytes(), code, now, Some(self.last))?;
        Some(Self {
            last,
            ..self.clone()
        })
    }

    fn accept_backup(&self, used: &BackupDigest) -> Option<Self> {
        let mut rest = self.clone();
        rest.backup.retain(|left| left != used);
        (rest.backup.len() < self.backup.len()).then_some(rest)
    }
}

impl Vault<'_> {
    fn seal(
        &self,
        secret: &TotpSecret,
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, CryptographyFailed> {
        sealed::seal(self.key, &self.associated(), secret.as_bytes(), randomness)
    }

    fn open(&self, sealed: &[u8]) -> Option<TotpSecret> {
        TotpSecret::read(&sealed::open(self.key, &self.associated(), sealed).ok()?)
    }

    fn associated(&self) -> Vec<u8> {
        let parts = [self.domain.as_bytes(), self.administrator.as_bytes()];
        sealed::transcript("sso-connect totp secret 1", &parts)
    }
}

/// For so long a proposed secret waits for its first code.
const PROPOSAL_LIFE: std::time::Duration = std::time::Duration::from_secs(600);

#[cfg(test)]
mod tests;
