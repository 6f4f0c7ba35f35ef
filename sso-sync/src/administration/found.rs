//! The first administrator: a domain begins.

use std::fmt;

use bytes::Bytes;
use minicbor::{Decode, Encode};
use sso_core::UnixTime;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::register::is_over;
use super::{AdministrationError, Administrator, NoCode, Office, Program, Who};
use crate::admin::client::SignedIn;
use crate::admin::{
    AdministratorKeys, Credentials, Invitation, Password, RecoveryCode, SystemRandomness,
};
use crate::chain::{self, Chain, Policy};
use crate::hub::InvitationCode;
use crate::link;
use crate::seal::DomainKey;
use crate::store::DomainId;

/// What a domain begins with: the keys of its first administrator, and its first statement, which
/// wraps the first domain key for them.
///
/// Keep [its bytes](Self::to_bytes) sealed, or readable by nobody else, **before**
/// [`Office::found`] is called, and until it has succeeded: whatever interrupts it, calling it
/// again with the same founding, invitations and password goes on where it was. `Debug` shows the
/// domain only.
pub struct Founding {
    credentials: Credentials,
    genesis: Bytes,
}

/// A domain that has begun.
#[derive(Debug)]
#[non_exhaustive]
pub struct Founded {
    /// Its first administrator, signed in.
    pub administrator: Administrator,
    /// To be printed and locked away. It is shown once.
    pub recovery_code: RecoveryCode,
}

impl Founding {
    /// Makes everything new, for who holds `invitation`. The domain works with `program`.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::Seal`] if there is no randomness, [`AdministrationError::Refused`] if
    /// a name or version does not fit into a statement.
    pub fn new(
        invitation: &Invitation,
        program: &Program,
        now: UnixTime,
    ) -> Result<Self, AdministrationError> {
        let keys = AdministratorKeys::random(&mut SystemRandomness);
        let genesis = chain::genesis(
            invitation.domain().as_str(),
            invitation.administrator().as_str(),
            &keys.to_member_keys()?,
            &DomainKey::random()?,
            Policy::pinned(program.schema, program.version.as_str()),
            now.as_secs(),
        )?;
        let begun = Chain::begin(&genesis).map_err(AdministrationError::Refused)?;
        let credentials = Credentials {
            keys,
            genesis: begun.domain(),
        };
        let genesis = genesis.into();
        Ok(Self {
            credentials,
            genesis,
        })
    }

    /// The domain.
    #[must_use]
    pub const fn domain(&self) -> DomainId {
        self.credentials.genesis
    }

    /// As bytes to be kept. Every call deserves a look.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let (signing, unsealing) = self.credentials.keys.expose();
        let kept = Kept {
            format: FORMAT,
            signing: *signing,
            unsealing: *unsealing,
            genesis: self.genesis.to_vec(),
        };
        // Large enough from the start, so that growing leaves no copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(kept.genesis.len() + 128));
        // Writing to memory cannot fail.
        let _ = minicbor::encode(&kept, &mut *bytes);
        bytes
    }

    /// From bytes that were kept.
    ///
    /// # Errors
    ///
    /// [`FoundingError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FoundingError> {
        let kept: Kept = minicbor::decode(bytes).map_err(|_| FoundingError)?;
        if kept.format != FORMAT {
            return Err(FoundingError);
        }
        let chain = Chain::begin(&kept.genesis).map_err(|_| FoundingError)?;
        let keys = AdministratorKeys::from_secrets(kept.signing, kept.unsealing);
        let credentials = Credentials {
            keys,
            genesis: chain.domain(),
        };
        Ok(Self {
            credentials,
            genesis: Bytes::copy_from_slice(&kept.genesis),
        })
    }
}

impl Office {
    /// Begins a domain: registers the password of its first administrator by `invitation`, and
    /// posts the first statement with `code`. Both come from the hub's operator.
    ///
    /// What happens, in this order: the account with its envelope, then the domain, then a
    /// sign-in. Interrupted after any of them, call again with the same arguments. If the answer
    /// that had the recovery code was lost, another code is made in its place.
    ///
    /// # Errors
    ///
    /// [`RegisterError::InvitationOver`](crate::admin::client::RegisterError::InvitationOver) if
    /// the invitation has expired, or was used with another password;
    /// [`AdministrationError::StartedElsewhere`] if it was used with the same password for another
    /// founding; [`AdministrationError::Call`] with `not-permitted` if `code` is not good for this
    /// name.
    pub async fn found(
        &self,
        founding: &Founding,
        invitation: &Invitation,
        code: &InvitationCode,
        password: &Password,
    ) -> Result<Founded, AdministrationError> {
        let who = Who::invited(invitation);
        let credentials = &founding.credentials;
        let registered = self
            .register(invitation, credentials, password.clone())
            .await;
        let recovery_code = match registered {
            Ok(recovery_code) => {
                self.begin(founding, code).await?;
                recovery_code
            }
            Err(error) if is_over(&error) => {
                let signed_in = self.used_before(&who, password.clone()).await?;
                check_same(&signed_in, founding)?;
                self.begin(founding, code).await?;
                self.renew_code(&who, &signed_in, password).await?
            }
            Err(error) => return Err(error),
        };
        let password = password.clone();
        let administrator = self.sign_in(who, password, None, &mut NoCode).await?;
        Ok(Founded {
            administrator,
            recovery_code,
        })
    }

    /// Posts the first statement; again, if it is there already.
    async fn begin(
        &self,
        founding: &Founding,
        code: &InvitationCode,
    ) -> Result<(), AdministrationError> {
        let (domain, genesis) = (founding.domain(), founding.genesis.clone());
        link::first_statement(&**self.link(), domain, genesis, code).await?;
        Ok(())
    }
}

impl Who {
    /// Who an invitation is for.
    #[must_use]
    pub fn invited(invitation: &Invitation) -> Self {
        Self {
            domain: invitation.domain().clone(),
            administrator: invitation.administrator().clone(),
        }
    }
}

impl fmt::Debug for Founding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Founding({}, …)", self.domain())
    }
}

/// Not what was kept of a founding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was kept of the beginning of the domain is damaged, or a newer program wrote it")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct FoundingError;

fn check_same(signed_in: &SignedIn, founding: &Founding) -> Result<(), AdministrationError> {
    let (found, kept) = (signed_in.credentials.genesis, founding.domain());
    if found == kept {
        return Ok(());
    }
    Err(AdministrationError::StartedElsewhere { found, kept })
}

#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct Kept {
    #[n(0)]
    format: u64,
    #[cbor(n(1), with = "minicbor::bytes")]
    signing: [u8; 32],
    #[cbor(n(2), with = "minicbor::bytes")]
    unsealing: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    genesis: Vec<u8>,
}

const FORMAT: u64 = 1;
