//! Staying signed in: a session that another process goes on with.

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::administrator::Entry;
use super::{AdministrationError, Administrator, Known, Office, Who};
use crate::admin::client::{ClientSession, KeptSession};
use crate::admin::{AdministratorKeys, AdministratorName, Credentials, DomainName};

impl Administrator {
    /// The session as bytes, so that another process [goes on](Office::resume) with it until it
    /// ends, an hour after the sign-in at the latest.
    ///
    /// The bytes hold the keys of the administrator: whoever has them acts as the administrator.
    /// Keep them sealed, or readable by nobody else, and delete them with
    /// [`sign_out`](Self::sign_out). Every call deserves a look.
    #[must_use]
    pub fn to_session(&self) -> Zeroizing<Vec<u8>> {
        let (signing, unsealing) = self.credentials.keys.expose();
        let kept = Kept {
            format: FORMAT,
            domain: self.who.domain.as_str().into(),
            administrator: self.who.administrator.as_str().into(),
            known: self.known().to_bytes(),
            signing: *signing,
            unsealing: *unsealing,
            session: self.session.keep(),
        };
        // Large enough from the start, so that growing leaves no copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
        // Writing to memory cannot fail.
        let _ = minicbor::encode(&kept, &mut *bytes);
        bytes
    }

    /// Ends the session at the hub, for all processes that use it.
    ///
    /// # Errors
    ///
    /// [`AdministrationError::Call`]; if the session has ended by itself, that is no error.
    pub async fn sign_out(self) -> Result<(), AdministrationError> {
        match self.client().sign_out().await {
            Err(error) if error.code() == Some(crate::wire::Code::UnknownSession) => Ok(()),
            done => Ok(done?),
        }
    }
}

impl Office {
    /// Goes on with a session that was [kept](Administrator::to_session). The chain is fetched and
    /// checked anew.
    ///
    /// # Errors
    ///
    /// [`SessionOverError`] if it has ended, or is none: sign in again; and all that a
    /// [sign-in](Self::sign_in) says about a hub that lies.
    pub async fn resume(&self, session: &[u8]) -> Result<Administrator, AdministrationError> {
        let kept: Kept = minicbor::decode(session).map_err(|_| SessionOverError)?;
        let (entry, known) = kept.read().ok_or(SessionOverError)?;
        if entry.session.remaining(self.now()).is_zero() {
            return Err(SessionOverError.into());
        }
        match Administrator::enter(self, entry, Some(&known)).await {
            Err(AdministrationError::Call(error))
                if error.code() == Some(crate::wire::Code::UnknownSession) =>
            {
                Err(SessionOverError.into())
            }
            entered => entered,
        }
    }
}

/// The session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody is signed in here, or the session is over; sign in again")]
#[expect(clippy::exhaustive_structs, reason = "there is nothing more to say")]
pub struct SessionOverError;

#[derive(Encode, Decode, Zeroize, ZeroizeOnDrop)]
struct Kept {
    #[n(0)]
    format: u64,
    #[n(1)]
    domain: String,
    #[n(2)]
    administrator: String,
    #[cbor(n(3), with = "minicbor::bytes")]
    known: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    signing: [u8; 32],
    #[cbor(n(5), with = "minicbor::bytes")]
    unsealing: [u8; 32],
    #[n(6)]
    session: KeptSession,
}

impl Kept {
    fn read(&self) -> Option<(Entry, Known)> {
        if self.format != FORMAT {
            return None;
        }
        let known = Known::from_bytes(&self.known).ok()?;
        let entry = Entry {
            who: Who {
                domain: DomainName::parse(&self.domain).ok()?,
                administrator: AdministratorName::parse(&self.administrator).ok()?,
            },
            seen: known.seen,
            credentials: Credentials {
                keys: AdministratorKeys::from_secrets(self.signing, self.unsealing),
                genesis: known.seen.genesis,
            },
            session: ClientSession::resume(&self.session),
        };
        Some((entry, known))
    }
}

const FORMAT: u64 = 1;

/// Longer than any session.
const MAX_BYTES: usize = 1024;
