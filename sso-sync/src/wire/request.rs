//! Who asks: signed requests, without clocks.

use std::fmt;

use super::cbor;
use crate::Digest;
use crate::seal::{Member, MemberId, MemberKeys, Signature};
use crate::store::DomainId;

/// What a hub made up when a member opened a session: whoever signs it speaks now.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

cbor::byte_string!(SessionId);

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// A request, as far as its signature covers it: all of it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Request<'a> {
    /// Host and port of the hub, as the member dialled them.
    pub authority: &'a str,
    /// Which domain.
    pub domain: DomainId,
    /// `GET`, `POST`, `PUT`.
    pub method: &'a str,
    /// Path and query, as sent.
    pub target: &'a str,
    /// The body; empty if there is none.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// Signs the request as number `counter` of a session.
    #[must_use]
    pub fn sign(&self, keys: &MemberKeys, session: SessionId, counter: u64) -> Authorization {
        let member = keys.id();
        let signature = keys.sign(LABEL, &self.signed(member, session, counter));
        Authorization {
            member,
            session,
            counter,
            signature,
        }
    }

    /// Whether `member` signed this request.
    #[must_use]
    pub fn is_signed_by(&self, member: &Member, authorization: &Authorization) -> bool {
        let Authorization {
            session, counter, ..
        } = *authorization;
        let signed = self.signed(member.id(), session, counter);
        member.has_signed(LABEL, &signed, &authorization.signature)
    }

    fn signed(&self, member: MemberId, session: SessionId, counter: u64) -> Vec<u8> {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.body);
        let digest = digest.as_ref().try_into().map_or(Digest::ZERO, Digest::new);
        let (authority, domain) = (self.authority, self.domain);
        let (method, target) = (self.method, self.target);
        cbor::encode(&(
            authority, domain, member, session, counter, method, target, digest,
        ))
    }
}

/// Who asks, in which session, and the proof: the header `authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct Authorization {
    /// Who.
    pub member: MemberId,
    /// In which session.
    pub session: SessionId,
    /// Which request of the session: each number once.
    pub counter: u64,
    /// The proof.
    pub signature: Signature,
}

impl Authorization {
    /// Reads a header; `None` if it is none of ours.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.strip_prefix(SCHEME)?.split(", ");
        let mut take = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix('=');
        let _known = take("suite").filter(|suite| *suite == "1")?;
        let parsed = Self {
            member: MemberId::new(unhex(take("member")?)?),
            session: SessionId(unhex(take("session")?)?),
            counter: take("counter")?.parse().ok()?,
            signature: Signature::new(unhex(take("signature")?)?),
        };
        (parsed.to_string() == header).then_some(parsed)
    }
}

impl fmt::Display for Authorization {
    /// The header as it is sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (member, counter) = (self.member, self.counter);
        write!(f, "{SCHEME}suite=1, member={member}, session=")?;
        hex(f, self.session.as_bytes())?;
        write!(f, ", counter={counter}, signature=")?;
        hex(f, self.signature.as_bytes())
    }
}

/// Which numbers of a session were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CounterWindow {
    /// One more than the highest.
    next: u64,
    /// Bit 0 is the highest, bit 1 the one below.
    used: u64,
}

impl CounterWindow {
    /// Takes a number that was not used, and is less than 64 below the highest.
    pub const fn admit(&mut self, counter: u64) -> bool {
        let Some(next) = counter.checked_add(1) else {
            return false;
        };
        if next > self.next {
            let shift = next - self.next;
            self.used = if shift < WIDTH { self.used << shift } else { 0 } | 1;
            self.next = next;
            return true;
        }
        let below = self.next - next;
        let fresh = below < WIDTH && self.used & (1 << below) == 0;
        if fresh {
            self.used |= 1 << below;
        }
        fresh
    }
}

fn hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = pairs.iter().map(byte).collect::<Option<_>>()?;
    rest.is_empty().then(|| bytes.try_into().ok()).flatten()
}

const LABEL: &str = "sso-connect request 1";
const SCHEME: &str = "SSO-Connect ";
const WIDTH: u64 = 64;
