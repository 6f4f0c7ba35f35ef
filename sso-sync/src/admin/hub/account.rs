//! What a hub keeps of an administrator.

use minicbor::{Decode, Encode};
use sso_core::UnixTime;

use crate::admin::invitation::Introduction;
use crate::admin::keys::AdministratorPublicKeys;
use crate::admin::message::{RecoveryCopy, Registered};
use crate::admin::moment;
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::one_time::OneTimeId;
use crate::admin::second_factor::SecondFactor;
#[cfg(feature = "testkit")]
use crate::admin::stretching::Stretching;
use crate::admin::wire::Message;

/// What a hub keeps of an administrator. Nothing in it is the password, or opens the envelope.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Account {
    #[n(0)]
    domain: DomainName,
    #[n(1)]
    administrator: AdministratorName,
    #[n(2)]
    pub(super) generation: u64,
    #[n(3)]
    pub(super) registered: Registered,
    #[n(4)]
    pub(super) recovery: Option<RecoveryCopy>,
    #[n(5)]
    pub(super) second_factor: SecondFactor,
    /// Invitations that were used, until they expire.
    #[n(6)]
    spent: Vec<Spent>,
    #[n(7)]
    revoked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Spent {
    #[n(0)]
    id: OneTimeId,
    #[cbor(n(1), with = "moment")]
    expires: UnixTime,
}

impl Message for Account {
    const KIND: u16 = 200;
}

impl Account {
    /// Whose it is.
    #[must_use]
    pub const fn administrator(&self) -> &AdministratorName {
        &self.administrator
    }

    /// The domain.
    #[must_use]
    pub const fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// How many times a password was registered; every change of it ends earlier sessions.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The administrator's public keys, as the administrator's own program gave them.
    #[must_use]
    pub const fn keys(&self) -> &AdministratorPublicKeys {
        &self.registered.keys
    }

    /// The administrator's word that these keys are those of the invited person.
    #[must_use]
    pub const fn introduction(&self) -> Option<&Introduction> {
        self.registered.introduction.as_ref()
    }

    /// The second factor.
    #[must_use]
    pub const fn second_factor(&self) -> &SecondFactor {
        &self.second_factor
    }

    /// Whether this is only a note that there was an account: nobody signs in to it.
    #[must_use]
    pub const fn is_revoked(&self) -> bool {
        self.revoked
    }

    /// What stays of the account of somebody who may no longer sign in: nothing that opens
    /// anything, but the invitations that were used, so that none of them works again. A new
    /// invitation makes it an account once more.
    #[must_use]
    pub fn revoke(&self) -> Self {
        let registered = Registered {
            upload: Vec::new(),
            envelope: Vec::new(),
            recovery: None,
            ..self.registered.clone()
        };
        Self {
            generation: self.generation.saturating_add(1),
            registered,
            recovery: None,
            second_factor: SecondFactor::default(),
            revoked: true,
            ..self.clone()
        }
    }

    /// The account of somebody who registers for the first time.
    pub(super) fn new(
        domain: DomainName,
        administrator: AdministratorName,
        registered: Registered,
    ) -> Self {
        Self {
            domain,
            administrator,
            generation: 1,
            recovery: registered.recovery.clone(),
            registered,
            second_factor: SecondFactor::default(),
            spent: Vec::new(),
            revoked: false,
        }
    }

    /// The account with another password for the same keys.
    pub(super) fn with_password(&self, mut registered: Registered) -> Self {
        // The word of the invited person stays with the keys that it is about.
        registered.introduction = self.registered.introduction.clone();
        Self {
            generation: self.generation.saturating_add(1),
            recovery: registered
                .recovery
                .clone()
                .or_else(|| self.recovery.clone()),
            registered,
            ..self.clone()
        }
    }

    /// The account of somebody who was invited again: new keys, no second factor.
    pub(super) fn invited_again(&self, registered: Registered) -> Self {
        Self {
            generation: self.generation.saturating_add(1),
            recovery: registered.recovery.clone(),
            registered,
            second_factor: SecondFactor::default(),
            revoked: false,
            ..self.clone()
        }
    }

    pub(super) fn with_second_factor(&self, second_factor: SecondFactor) -> Self {
        Self {
            second_factor,
            ..self.clone()
        }
    }

    pub(in crate::admin) fn has_spent(&self, id: &OneTimeId) -> bool {
        self.spent.iter().any(|spent| spent.id == *id)
    }

    pub(super) fn spend(mut self, id: OneTimeId, expires: UnixTime, now: UnixTime) -> Self {
        self.spent.retain(|spent| now < spent.expires);
        self.spent.push(Spent { id, expires });
        self
    }
}

/// What a hub that lies does to accounts.
#[cfg(feature = "testkit")]
impl Account {
    /// This account with the envelope of another.
    #[must_use]
    pub fn dangerously_with_envelope_of(&self, other: &Self) -> Self {
        let mut forged = self.clone();
        forged.registered.envelope = other.registered.envelope.clone();
        forged
    }

    /// This account, with the claim that its password was stretched like that.
    #[must_use]
    pub fn dangerously_with_stretching(&self, stretching: Stretching) -> Self {
        let mut forged = self.clone();
        forged.registered.stretching = stretching;
        forged
    }

    /// This account, with the claim that this is its registration number `generation`.
    #[must_use]
    pub fn dangerously_with_generation(&self, generation: u64) -> Self {
        Self {
            generation,
            ..self.clone()
        }
    }
}
