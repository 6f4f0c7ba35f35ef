//! A sign-in under way. The client carries it, sealed, so the hub keeps nothing of it.

use minicbor::{Decode, Encode};
use opaque_ke::ServerLogin;
use sso_core::UnixTime;

use super::Hub;
use super::keys::Purpose;
use crate::admin::CryptographyFailed;
use crate::admin::message::{SignInBegin, SignInFinish};
use crate::admin::moment;
use crate::admin::name::{AdministratorName, DomainName};
use crate::admin::random::Randomness;
use crate::admin::sealed;
use crate::admin::session::SessionId;
use crate::admin::suite::Suite;
use crate::admin::wire;

/// A sign-in under way, as the hub finds it in the client's last message.
#[derive(Debug)]
pub struct Attempt {
    state: State,
    pub(super) session: SessionId,
}

#[derive(Encode, Decode)]
struct State {
    #[n(0)]
    domain: DomainName,
    #[n(1)]
    administrator: AdministratorName,
    /// Of the account when the sign-in began; zero if there was none. In eight bytes always: the
    /// length of an attempt must not tell whether there is an account.
    #[cbor(n(2), with = "minicbor::bytes")]
    generation: [u8; 8],
    #[cbor(n(3), with = "moment")]
    until: UnixTime,
    #[cbor(n(4), with = "minicbor::bytes")]
    opaque: Vec<u8>,
}

impl Attempt {
    /// Who wants to sign in, whether there is such an administrator or not.
    #[must_use]
    pub const fn administrator(&self) -> &AdministratorName {
        &self.state.administrator
    }

    /// Where.
    #[must_use]
    pub const fn domain(&self) -> &DomainName {
        &self.state.domain
    }

    pub(super) const fn generation(&self) -> u64 {
        u64::from_be_bytes(self.state.generation)
    }

    pub(super) fn opaque(&self) -> Option<ServerLogin<Suite>> {
        ServerLogin::deserialize(&self.state.opaque).ok()
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "State({} in {}, …)", self.administrator, self.domain)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.opaque);
    }
}

impl Hub {
    /// Opens the attempt that a message belongs to, and so tells which records to read; `None` if
    /// it is not one of this hub's, or took too long: answer
    /// [`Answer::Refused`](crate::admin::Answer::Refused).
    #[must_use]
    pub fn attempt(&self, message: &SignInFinish, now: UnixTime) -> Option<Attempt> {
        let key = self.keys.derive(Purpose::Attempt).ok()?;
        let bytes = sealed::open(&key, b"", &message.attempt).ok()?;
        let state: State = wire::from_bytes(&bytes)?;
        (now < state.until).then(|| Attempt {
            state,
            session: SessionId::of_attempt(&message.attempt),
        })
    }

    pub(super) fn seal_attempt(
        &self,
        message: &SignInBegin,
        generation: u64,
        opaque: &ServerLogin<Suite>,
        now: UnixTime,
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, CryptographyFailed> {
        let state = State {
            domain: message.domain.clone(),
            administrator: message.administrator.clone(),
            generation: generation.to_be_bytes(),
            until: now.later(LIFE),
            opaque: opaque.serialize().to_vec(),
        };
        let bytes = zeroize::Zeroizing::new(wire::to_bytes(&state).ok_or(CryptographyFailed)?);
        let key = self.keys.derive(Purpose::Attempt)?;
        sealed::seal(&key, b"", &bytes, randomness)
    }
}

/// For so long an attempt may take: time to find the authenticator.
const LIFE: std::time::Duration = std::time::Duration::from_secs(300);
