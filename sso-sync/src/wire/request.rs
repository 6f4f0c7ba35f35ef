//! How members sign what they ask for.

use super::SessionId;
use crate::seal::{Member, MemberId, MemberKeys, Signature};
use crate::store::DomainId;
use crate::{Digest, cbor};

/// What a member asks for: everything that its signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct SignedRequest<'a> {
    /// Host and port of the hub, as the member dialled them.
    pub authority: &'a str,
    /// Of which domain.
    pub domain: DomainId,
    /// Who asks.
    pub member: MemberId,
    /// Under which session.
    pub session: SessionId,
    /// Which request of the session.
    pub counter: u64,
    /// `GET`, `POST` or `PUT`.
    pub method: &'a str,
    /// Path and query, as sent.
    pub target: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl SignedRequest<'_> {
    /// Signs the request.
    #[must_use]
    pub fn sign(&self, keys: &MemberKeys) -> RequestSignature {
        RequestSignature {
            member: self.member,
            session: self.session,
            counter: self.counter,
            signature: keys.sign(LABEL, &self.bytes()),
        }
    }

    /// Whether this member signed exactly this request.
    #[must_use]
    pub fn is_signed_by(&self, member: &Member, signature: &Signature) -> bool {
        self.member == member.id() && member.has_signed(LABEL, &self.bytes(), signature)
    }

    fn bytes(&self) -> Vec<u8> {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.body);
        let digest = digest.as_ref().try_into().map_or(Digest::ZERO, Digest::new);
        cbor::encode(&(
            self.authority,
            self.domain,
            self.member,
            self.session,
            self.counter,
            self.method,
            self.target,
            digest,
        ))
    }
}

/// What the header `authorization` of a signed request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "its bytes are specified")]
pub struct RequestSignature {
    /// Who asks.
    pub member: MemberId,
    /// Under which session.
    pub session: SessionId,
    /// Which request of the session.
    pub counter: u64,
    /// Over the [`SignedRequest`].
    pub signature: Signature,
}

impl RequestSignature {
    /// The value of the header.
    #[must_use]
    pub fn header(&self) -> String {
        let Self {
            member,
            session,
            counter,
            signature,
        } = self;
        let mut header = format!(
            "{SCHEME} suite={SUITE}, member={member}, session={session}, counter={counter}, \
             signature="
        );
        let digits = signature.as_bytes().iter();
        header.extend(digits.map(|byte| format!("{byte:02x}")));
        header
    }

    /// Reads the value of the header: the parts in their order, as [`header`](Self::header)
    /// writes them.
    ///
    /// # Errors
    ///
    /// [`RequestSignatureError`].
    pub fn parse(header: &str) -> Result<Self, RequestSignatureError> {
        let suite = format!("{SCHEME} suite=");
        let rest = header.strip_prefix(&suite);
        let (suite, rest) = rest
            .and_then(|rest| rest.split_once(", "))
            .ok_or(RequestSignatureError::Malformed)?;
        if suite != SUITE {
            return Err(RequestSignatureError::Newer);
        }
        let signature = parts(rest).ok_or(RequestSignatureError::Malformed)?;
        // One form only: no leading zeros, no capitals.
        if signature.header() != header {
            return Err(RequestSignatureError::Malformed);
        }
        Ok(signature)
    }
}

/// Why a header `authorization` is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::exhaustive_enums, reason = "it is newer or it is wrong")]
pub enum RequestSignatureError {
    /// Not what any program writes.
    #[error("the header `authorization` makes no sense")]
    Malformed,
    /// A newer program wrote it.
    #[error("the header `authorization` has a suite that this hub does not know: update the hub")]
    Newer,
}

fn parts(rest: &str) -> Option<RequestSignature> {
    let mut parts = rest.split(", ");
    let mut part = |name: &str| parts.next()?.strip_prefix(name)?.strip_prefix('=');
    let signature = RequestSignature {
        member: MemberId::new(unhex(part("member")?)?),
        session: SessionId::new(unhex(part("session")?)?),
        counter: part("counter")?.parse().ok()?,
        signature: Signature::new(unhex(part("signature")?)?),
    };
    parts.next().is_none().then_some(signature)
}

/// Bytes of lower-case hexadecimal digits.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let (pairs, _) = digits.as_chunks();
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = 16 * digit(*high)? + digit(*low)?;
    }
    Some(bytes)
}

const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

const SCHEME: &str = "SSO-Connect";
const SUITE: &str = "1";
const LABEL: &str = "sso-connect request 1";
