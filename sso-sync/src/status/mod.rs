//! What a server tells the other servers of its domain about itself, in every beat.
//!
//! Administrators see it in the list of servers; the hub sees ciphertext.

mod revocation;

pub use revocation::Revocation;

use zeroize::Zeroizing;

use crate::Digest;
use crate::seal::fields::Fields;
use crate::seal::{KeyRing, MemberId, SealError};
use crate::wire::{BeatBody, SealedStatus};

/// What a server tells about itself.
///
/// What a newer program added is kept and written again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerStatus {
    /// The server's name for people.
    pub name: String,
    /// The version of its program.
    pub program: String,
    /// Where browsers reach it.
    pub address: String,
    /// Revision of the configuration in force; 0 if there is none.
    pub revision: u64,
    /// The newest revision that it could not use, and why.
    pub refused: Option<RefusedRevision>,
    /// How many places of the feed it knows to lie before it.
    pub lag: u64,
    /// Its TLS certificate; `None` if another program speaks TLS for it.
    pub certificate: Option<CertificateStatus>,
    /// How its keys are kept at rest, in words for people.
    pub key_protection: String,
    /// The word for what it is doing: [`Phase::word`](crate::node::Phase::word).
    pub phase: String,
    /// How many records it holds.
    pub done: u64,
    /// How many there are.
    pub of: u64,
    /// Why it writes nothing, as a code; empty if all is well.
    pub alarm: String,
    /// Who is to blame for that: `hub`, `nobody` or the id of a server; empty if all is well.
    pub blame: String,
    /// When this was written, in seconds since 1970 by its clock.
    pub time: u64,
    /// Sessions that were ended lately; the newest, at most [`MAX_REVOCATIONS`](Self::MAX_REVOCATIONS).
    pub revocations: Vec<Revocation>,
    /// When somebody came to sign in by a former name of the service last, in seconds since 1970: no
    /// earlier than this program can tell. `None` if there is no former name.
    pub former_sign_in: Option<u64>,
    /// Which state of what the servers know together about an order of a certificate (ACME) it
    /// answers the authority by; `None` if no authority issues certificates by itself.
    pub answers: Option<u64>,
    unknown: Fields,
}

/// A revision of the configuration that a server could not use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing else to tell")]
pub struct RefusedRevision {
    /// Its number.
    pub number: u64,
    /// Why, in words for people.
    pub why: String,
}

/// A TLS certificate as other servers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing else to tell")]
pub struct CertificateStatus {
    /// SHA-256 of the certificate.
    pub digest: Digest,
    /// When it ends, in seconds since 1970.
    pub end: u64,
}

impl ServerStatus {
    /// Seals it for the beat `counter` of a server.
    ///
    /// # Errors
    ///
    /// [`SealError::Refused`] if there is no randomness.
    pub fn seal(
        &self,
        ring: &KeyRing,
        node: MemberId,
        counter: u64,
    ) -> Result<SealedStatus, SealError> {
        ring.seal_beat(node, counter, &self.bytes())
    }

    /// Opens what a beat tells.
    ///
    /// # Errors
    ///
    /// A [`SealError`].
    pub fn open(ring: &KeyRing, beat: &BeatBody) -> Result<Self, SealError> {
        Self::parse(&ring.open_beat(beat)?)
    }

    fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let mut fields = Fields::parse(bytes)?;
        let refused = fields.take::<(u64, String)>(5)?;
        let certificate = fields.take::<(Digest, u64)>(7)?;
        Ok(Self {
            name: fields.take(1)?.unwrap_or_default(),
            program: fields.take(2)?.unwrap_or_default(),
            address: fields.take(3)?.unwrap_or_default(),
            revision: fields.take(4)?.unwrap_or_default(),
            refused: refused.map(|(number, why)| RefusedRevision { number, why }),
            lag: fields.take(6)?.unwrap_or_default(),
            certificate: certificate.map(|(digest, end)| CertificateStatus { digest, end }),
            key_protection: fields.take(8)?.unwrap_or_default(),
            phase: fields.take(9)?.unwrap_or_default(),
            done: fields.take(10)?.unwrap_or_default(),
            of: fields.take(11)?.unwrap_or_default(),
            revocations: fields.take(12)?.unwrap_or_default(),
            time: fields.take(13)?.unwrap_or_default(),
            alarm: fields.take(14)?.unwrap_or_default(),
            blame: fields.take(15)?.unwrap_or_default(),
            former_sign_in: fields.take(16)?,
            answers: fields.take(17)?,
            unknown: fields,
        })
    }

    fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut fields = self.unknown.clone();
        let refused = self.refused.as_ref().map(|it| (it.number, it.why.as_str()));
        let certificate = self.certificate.map(|it| (it.digest, it.end));
        let newest = self.revocations.len().saturating_sub(Self::MAX_REVOCATIONS);
        fields.put(1, &self.name);
        fields.put(2, &self.program);
        fields.put(3, &self.address);
        fields.put(4, &self.revision);
        fields.put_if(5, refused.as_ref());
        fields.put(6, &self.lag);
        fields.put_if(7, certificate.as_ref());
        fields.put(8, &self.key_protection);
        fields.put(9, &self.phase);
        fields.put(10, &self.done);
        fields.put(11, &self.of);
        fields.put(12, &self.revocations.get(newest..).unwrap_or_default());
        fields.put(13, &self.time);
        fields.put(14, &self.alarm);
        fields.put(15, &self.blame);
        fields.put_if(16, self.former_sign_in.as_ref());
        fields.put_if(17, self.answers.as_ref());
        fields.bytes()
    }

    /// Most ended sessions that a beat tells of: it has room for more than twice as many.
    pub const MAX_REVOCATIONS: usize = 500;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_back() {
        assert_eq!(ServerStatus::parse(&full().bytes()), Ok(full()));
        let nothing = ServerStatus::default();
        assert_eq!(ServerStatus::parse(&nothing.bytes()), Ok(nothing));
    }

    #[test]
    fn what_a_newer_program_added_is_kept() {
        let mut fields = Fields::parse(&full().bytes()).unwrap();
        fields.put(99, &"from the future");
        let newer = fields.bytes();
        let read = ServerStatus::parse(&newer).unwrap();
        assert_eq!(read.bytes(), newer);
    }

    #[test]
    fn the_newest_revocations_are_told() {
        let many = |count: u64| ServerStatus {
            revocations: (0..count).map(revocation).collect(),
            ..ServerStatus::default()
        };
        let told = |count| {
            ServerStatus::parse(&many(count).bytes())
                .unwrap()
                .revocations
        };
        let most = ServerStatus::MAX_REVOCATIONS as u64;
        assert_eq!(told(most).len() as u64, most);
        assert_eq!(told(most + 1).first(), Some(&revocation(1)));
    }

    fn full() -> ServerStatus {
        ServerStatus {
            name: "sso1".into(),
            program: "1.0.0".into(),
            address: "https://sso1.example".into(),
            revision: 7,
            refused: Some(RefusedRevision {
                number: 8,
                why: "the certificate ended".into(),
            }),
            lag: 3,
            certificate: Some(CertificateStatus {
                digest: Digest::new([4; 32]),
                end: 1_800_000_000,
            }),
            key_protection: "key file".into(),
            phase: "filling".into(),
            done: 10,
            of: 20,
            alarm: "fork".into(),
            blame: "hub".into(),
            time: 1_700_000_000,
            revocations: vec![revocation(5)],
            former_sign_in: Some(1_700_000_100),
            answers: Some(3),
            unknown: Fields::default(),
        }
    }

    fn revocation(until: u64) -> Revocation {
        Revocation {
            digest: Digest::new([6; 32]),
            until,
            at: 1_700_000_000_000,
        }
    }
}
