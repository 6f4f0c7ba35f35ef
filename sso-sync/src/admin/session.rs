//! What a sign-in leaves behind: a session, and a key that both sides drew from the password.

use std::fmt;
use std::time::Duration;

use minicbor::{Decode, Encode};
use sso_core::UnixTime;
use zeroize::Zeroizing;

use super::moment;
use super::random::Randomness;
use super::sealed::{self, CryptographyFailed, Key};
use super::wire;

/// Names a session. Worth nothing without a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct SessionId(#[cbor(n(0), with = "minicbor::bytes")] pub(super) [u8; 32]);

impl SessionId {
    /// The session that a finished attempt becomes: both sides know its name, and an attempt
    /// becomes one session only.
    pub(super) fn of_attempt(attempt: &[u8]) -> Self {
        Self(sealed::digest(&sealed::transcript(
            "sso-connect session 1",
            &[attempt],
        )))
    }

    /// From its bytes: the `session` of signed requests.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes: the `session` of signed requests.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    /// 64 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({self})")
    }
}

/// The keys of a session, from the session key of OPAQUE: nobody has them who does not know the
/// password, or is the hub.
pub(super) struct SessionKeys {
    requests: Key,
    answers: Key,
}

impl SessionKeys {
    pub(super) fn of(session_key: &[u8]) -> Result<Self, CryptographyFailed> {
        Ok(Self {
            requests: sealed::derive(session_key, "sso-connect session requests 1")?,
            answers: sealed::derive(session_key, "sso-connect session answers 1")?,
        })
    }

    /// Both keys, to be kept.
    pub(super) fn expose(&self) -> [&[u8; 32]; 2] {
        [&self.requests, &self.answers]
    }

    /// Keys that were kept.
    pub(super) fn kept([requests, answers]: [[u8; 32]; 2]) -> Self {
        Self {
            requests: Zeroizing::new(requests),
            answers: Zeroizing::new(answers),
        }
    }

    /// Shows that a request was made by whoever signed in.
    pub(super) fn prove(&self, session: SessionId, request: &[u8], at: UnixTime) -> Proof {
        let at = at.to_the_second();
        let tag = sealed::tag(&self.requests, &proven(&session, request, at));
        Proof { session, at, tag }
    }

    /// Whether the proof is right for this request, and not older or newer than a minute.
    pub(super) fn accepts(&self, proof: &Proof, request: &[u8], now: UnixTime) -> bool {
        let age = now.since(proof.at).max(proof.at.since(now));
        let expected: [u8; 32] =
            sealed::tag(&self.requests, &proven(&proof.session, request, proof.at));
        let equal = aws_lc_rs::constant_time::verify_slices_are_equal(&expected, &proof.tag);
        age <= PROOF_LIFE && equal.is_ok()
    }

    /// Seals an answer, so that it says nothing to who inspects the connection.
    pub(super) fn seal<T: Encode<()>>(
        &self,
        session: &SessionId,
        answer: &T,
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, CryptographyFailed> {
        let plaintext = Zeroizing::new(wire::to_bytes(answer).ok_or(CryptographyFailed)?);
        sealed::seal(&self.answers, &session.0, &plaintext, randomness)
    }

    pub(super) fn open<T>(&self, session: &SessionId, sealed: &[u8]) -> Option<T>
    where
        T: Encode<()> + for<'b> Decode<'b, ()>,
    {
        let plaintext = sealed::open(&self.answers, &session.0, sealed).ok()?;
        wire::from_bytes(&plaintext)
    }
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKeys(…)")
    }
}

/// Shows that a request was made by whoever signed in with the password, within the last minute.
///
/// What changes an account carries one; everything else an administrator signs with the signing
/// key of the envelope, as the protocol says.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Proof {
    #[n(0)]
    session: SessionId,
    #[cbor(n(1), with = "moment")]
    at: UnixTime,
    #[cbor(n(2), with = "minicbor::bytes")]
    tag: [u8; 32],
}

impl Proof {
    /// The session that it belongs to.
    #[must_use]
    pub const fn session(&self) -> &SessionId {
        &self.session
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({}, {}, …)", self.session, self.at)
    }
}

fn proven(session: &SessionId, request: &[u8], at: UnixTime) -> Vec<u8> {
    let parts = [session.0.as_slice(), &at.as_secs().to_be_bytes(), request];
    sealed::transcript("sso-connect session request 1", &parts)
}

/// How far a proof may be from the hub's clock. A client learns the hub's time when it signs in.
const PROOF_LIFE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_request_session_and_minute() {
        let keys = SessionKeys::of(&[1; 64]).unwrap();
        let proof = keys.prove(SESSION, b"request", NOON);
        assert!(keys.accepts(&proof, b"request", NOON));
        assert!(!keys.accepts(&proof, b"another", NOON));
        let other = SessionKeys::of(&[2; 64]).unwrap();
        assert!(!other.accepts(&proof, b"request", NOON));
        let moved = Proof {
            session: SessionId([8; 32]),
            ..proof
        };
        assert!(!keys.accepts(&moved, b"request", NOON));
        let dated = Proof {
            at: NOON.later(Duration::from_secs(1)),
            ..proof
        };
        assert!(!keys.accepts(&dated, b"request", NOON));
    }

    #[test]
    fn a_proof_is_good_for_a_minute_on_both_sides() {
        let keys = SessionKeys::of(&[1; 64]).unwrap();
        let proof = keys.prove(SESSION, b"request", NOON);
        let minute = Duration::from_secs(60);
        let more = Duration::from_secs(61);
        assert!(keys.accepts(&proof, b"request", NOON.later(minute)));
        assert!(keys.accepts(&proof, b"request", NOON.earlier(minute)));
        assert!(!keys.accepts(&proof, b"request", NOON.later(more)));
        assert!(!keys.accepts(&proof, b"request", NOON.earlier(more)));
    }

    const NOON: UnixTime = UnixTime::from_secs(1_800_000_000);
    const SESSION: SessionId = SessionId([7; 32]);
}
