//! From the bytes of a logout message to a value that is believed.
//!
//! The order is that of a sign-in: envelope → strict parser → provider that the message names →
//! signature by one of its keys → only the verified bytes, parsed anew → issuer, destination,
//! version, times → whom and what it is about (SAML Profiles 4.4.4).

use std::borrow::Cow;

use super::{
    AnswerTo, LogoutMessage, LogoutOutcome, LogoutRejection, PendingLogout, Received,
    ReceivedRequest, ReceivedResponse, RefusedLogout,
};
use crate::UnixTime;
use crate::config::{IdentityProvider, ProviderState};
use crate::excerpt::excerpt;
use crate::saml::binding::redirect::RedirectMessage;
use crate::saml::binding::{BindingError, MessageKind, post, redirect};
use crate::saml::conditions::{check_end, check_issued};
use crate::saml::encryption::decrypt;
use crate::saml::profile::check_version;
use crate::saml::response::{self, Issuer, Status};
use crate::saml::{NameId, Rejection, SAML, SAMLP, Verified, Verifier};
use crate::signature::{SignatureError, SignedBytes, verify_enveloped};
use crate::xml::{Document, Element, Limits};

impl<'a> Verifier<'a> {
    /// Verifies a message to the single logout service; `pending` is the request of ours that
    /// this browser may bring the answer to.
    ///
    /// # Errors
    ///
    /// The [`LogoutRejection`] of the first check that fails. Nothing of the message is believed
    /// before its signature holds, and nothing is stored here at all.
    pub fn verify_logout(
        &self,
        message: &LogoutMessage<'_>,
        pending: Option<&PendingLogout>,
        now: UnixTime,
    ) -> Result<Received, RefusedLogout> {
        let envelope = Envelope::open(message).map_err(Rejection::Binding)?;
        let document = parse(envelope.xml())?;
        let kind = envelope.kind();
        check_root(kind, document.root())?;
        let provider = self.logout_provider(kind, document.root())?;
        let signed = envelope.check_signature(document.root(), provider);
        let signed = signed.map_err(|source| Rejection::Signature {
            part: part(kind),
            source,
        })?;
        // From here on only the verified bytes exist.
        let document = parse(&signed)?;
        let exchange = Exchange {
            verifier: self,
            provider,
            kind,
            relay_state: envelope.relay_state(),
            now,
        };
        exchange.check(document.root(), pending)
    }

    /// The provider that the message names: its keys decide whether it is believed.
    fn logout_provider(
        &self,
        kind: MessageKind,
        root: Element<'_>,
    ) -> Result<&'a IdentityProvider, Rejection> {
        let claimed = Issuer::of(root)?.ok_or(Rejection::IssuerMissing { part: part(kind) })?;
        let mut providers = self.providers.iter();
        let provider = providers.find(|it| it.entity_id().as_str() == claimed.name);
        let provider = provider.ok_or_else(|| Rejection::IdpUnknown {
            found: excerpt(claimed.name),
        })?;
        match provider.state() {
            ProviderState::Enabled => Ok(provider),
            ProviderState::Disabled => Err(Rejection::IdpDisabled {
                name: provider.name().to_string(),
            }),
        }
    }
}

/// A message that was taken out of its envelope, which may hold its signature.
enum Envelope {
    Post {
        kind: MessageKind,
        relay_state: Option<String>,
        xml: Vec<u8>,
    },
    Redirect(RedirectMessage),
}

impl Envelope {
    fn open(message: &LogoutMessage<'_>) -> Result<Self, BindingError> {
        match *message {
            LogoutMessage::Post {
                saml_request,
                saml_response,
                relay_state,
            } => {
                let (kind, field) = only_message(saml_request, saml_response)?;
                Ok(Self::Post {
                    kind,
                    relay_state: relay_state.map(str::to_owned),
                    xml: post::decode(kind, field)?,
                })
            }
            LogoutMessage::Redirect { query } => redirect::decode(query).map(Self::Redirect),
        }
    }

    const fn kind(&self) -> MessageKind {
        match self {
            Self::Post { kind, .. } => *kind,
            Self::Redirect(message) => message.kind,
        }
    }

    fn xml(&self) -> &[u8] {
        match self {
            Self::Post { xml, .. } => xml,
            Self::Redirect(message) => &message.xml,
        }
    }

    fn relay_state(&self) -> Option<&str> {
        match self {
            Self::Post { relay_state, .. } => relay_state.as_deref(),
            Self::Redirect(message) => message.relay_state.as_deref(),
        }
    }

    /// Answers the bytes that the signature covers. In a query it is the query that is signed; a
    /// signature inside of the message counts for nothing there (SAML Bindings 3.4.4.1).
    fn check_signature(
        &self,
        root: Element<'_>,
        provider: &IdentityProvider,
    ) -> Result<Cow<'_, [u8]>, SignatureError> {
        let (keys, algorithms) = (provider.keys(), provider.algorithms());
        match self {
            Self::Post { .. } => verify_enveloped(root, keys, algorithms)
                .map(SignedBytes::into_bytes)
                .map(Cow::Owned),
            Self::Redirect(message) => {
                message.verify(keys, algorithms)?;
                Ok(Cow::Borrowed(&message.xml))
            }
        }
    }
}

fn only_message<'a>(
    request: Option<&'a str>,
    response: Option<&'a str>,
) -> Result<(MessageKind, &'a str), BindingError> {
    match (request, response) {
        (Some(field), None) => Ok((MessageKind::Request, field)),
        (None, Some(field)) => Ok((MessageKind::Response, field)),
        (None, None) => Err(BindingError::Missing),
        (Some(_), Some(_)) => Err(BindingError::Duplicate {
            parameter: MessageKind::Request.parameter(),
        }),
    }
}

/// One message to one service, signed by one provider.
struct Exchange<'a> {
    verifier: &'a Verifier<'a>,
    provider: &'a IdentityProvider,
    kind: MessageKind,
    relay_state: Option<&'a str>,
    now: UnixTime,
}

impl Exchange<'_> {
    fn check(
        &self,
        root: Element<'_>,
        pending: Option<&PendingLogout>,
    ) -> Result<Received, RefusedLogout> {
        check_root(self.kind, root)?;
        self.check_issuer(root)?;
        self.check_destination(root)?;
        let id = response::id(root)?;
        match self.kind {
            MessageKind::Request => {
                let request = self.read_request(root, id);
                let refused = |rejection| RefusedLogout {
                    rejection,
                    answer_to: Some(Box::new(self.answer_to(id))),
                };
                Ok(Received::Request(Box::new(request.map_err(refused)?)))
            }
            MessageKind::Response => Ok(Received::Response(self.read_response(root, pending)?)),
        }
    }

    /// SAML Core 2.2.5 and 3.7.1.
    fn check_issuer(&self, root: Element<'_>) -> Result<(), Rejection> {
        let part = part(self.kind);
        let issuer = Issuer::of(root)?.ok_or(Rejection::IssuerMissing { part })?;
        let expected = self.provider.entity_id().as_str();
        if issuer.name != expected {
            return Err(Rejection::IdpMismatch {
                expected: expected.to_owned(),
                found: excerpt(issuer.name),
            });
        }
        match issuer.format {
            None | Some("urn:oasis:names:tc:SAML:2.0:nameid-format:entity") => Ok(()),
            Some(format) => Err(Rejection::IssuerFormat {
                found: excerpt(format),
            }),
        }
    }

    /// A signed message says where it goes (SAML Bindings 3.4.5.2 and 3.5.5.2).
    fn check_destination(&self, root: Element<'_>) -> Result<(), Rejection> {
        let expected = self.verifier.service.slo_url();
        match root.attribute("Destination") {
            Some(found) if found == expected => Ok(()),
            found => Err(Rejection::Destination {
                expected,
                found: found.map(excerpt),
            }),
        }
    }

    /// From here on the provider has asked us, and gets an answer.
    fn read_request(
        &self,
        root: Element<'_>,
        id: &str,
    ) -> Result<Verified<ReceivedRequest>, LogoutRejection> {
        let issued = self.check_head(root)?;
        let skew = self.provider.clock_skew();
        if let Some(end) = response::moment_if_any(root, "NotOnOrAfter")? {
            check_end("the logout request", end, skew, self.now)?;
        }
        Ok(Verified::new(ReceivedRequest {
            issuer: self.provider.entity_id().to_string(),
            name_id: self.read_name_id(root)?,
            session_indexes: session_indexes(root)?,
            ends_sessions_until: issued.later(skew).min(self.now),
            answer_to: self.answer_to(id),
        }))
    }

    fn read_response(
        &self,
        root: Element<'_>,
        pending: Option<&PendingLogout>,
    ) -> Result<Verified<ReceivedResponse>, LogoutRejection> {
        self.check_head(root)?;
        self.check_asked(root, pending)?;
        Ok(Verified::new(ReceivedResponse {
            provider: self.provider.name().clone(),
            outcome: LogoutOutcome::of(Status::read(root)?),
        }))
    }

    /// Answers when the message was made.
    fn check_head(&self, root: Element<'_>) -> Result<UnixTime, Rejection> {
        check_version(root.attribute("Version"), part(self.kind))?;
        let issued = response::moment(root, "IssueInstant")?;
        check_issued(issued, self.provider, self.now)?;
        Ok(issued)
    }

    /// This browser asked this provider exactly this.
    fn check_asked(
        &self,
        root: Element<'_>,
        pending: Option<&PendingLogout>,
    ) -> Result<(), LogoutRejection> {
        let found = root.attribute("InResponseTo");
        let pending = pending.ok_or_else(|| LogoutRejection::NotAsked {
            found: found.map(excerpt),
        })?;
        if pending.identity_provider != *self.provider.name() {
            return Err(LogoutRejection::Message(Rejection::IdpMismatch {
                expected: pending.identity_provider.to_string(),
                found: self.provider.name().to_string(),
            }));
        }
        if found != Some(pending.id.as_str()) {
            return Err(LogoutRejection::InResponseTo {
                expected: pending.id.clone(),
                found: found.map(excerpt),
            });
        }
        Ok(())
    }

    /// The name, decrypted if need be; the signature around it has been verified.
    fn read_name_id(&self, request: Element<'_>) -> Result<NameId, LogoutRejection> {
        let child = |name| request.only_child(SAML, name).map_err(Rejection::Schema);
        match (child("NameID")?, child("EncryptedID")?) {
            (Some(plain), None) => named(plain),
            (None, Some(encrypted)) => {
                let (keys, policy) = (self.verifier.decryption_keys, self.provider.encryption());
                let plaintext = decrypt(encrypted, keys, policy).map_err(Rejection::Encryption)?;
                named(parse(&plaintext)?.root())
            }
            (None, None) | (Some(_), Some(_)) => Err(LogoutRejection::NameMissing),
        }
    }

    fn answer_to(&self, id: &str) -> AnswerTo {
        AnswerTo {
            in_response_to: id.to_owned(),
            provider: self.provider.name().clone(),
            relay_state: self.relay_state.map(str::to_owned),
        }
    }
}

/// A name that names somebody.
fn named(element: Element<'_>) -> Result<NameId, LogoutRejection> {
    if !element.is(SAML, "NameID") {
        return Err(LogoutRejection::NameMissing);
    }
    let name = NameId::read(element)?;
    match name.value.trim() {
        "" => Err(LogoutRejection::NameMissing),
        _ => Ok(name),
    }
}

fn session_indexes(request: Element<'_>) -> Result<Vec<String>, LogoutRejection> {
    let indexes = request.children_named(SAMLP, "SessionIndex");
    let indexes: Result<Vec<_>, _> = indexes.map(|it| it.text().map(str::to_owned)).collect();
    let indexes = indexes.map_err(Rejection::Schema)?;
    if indexes.len() > MAX_SESSION_INDEXES {
        return Err(LogoutRejection::TooManySessions {
            found: indexes.len(),
        });
    }
    Ok(indexes)
}

fn check_root(kind: MessageKind, root: Element<'_>) -> Result<(), LogoutRejection> {
    let expected = match kind {
        MessageKind::Request => "LogoutRequest",
        MessageKind::Response => "LogoutResponse",
    };
    if root.is(SAMLP, expected) {
        return Ok(());
    }
    Err(LogoutRejection::Root {
        expected,
        found: excerpt(root.local_name()),
    })
}

/// What the log calls such a message.
const fn part(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Request => "logout request",
        MessageKind::Response => "logout response",
    }
}

fn parse(bytes: &[u8]) -> Result<Document<'_>, Rejection> {
    Document::parse(bytes, &Limits::message()).map_err(Rejection::Xml)
}

/// How many sessions one request may list; each is a write to the store of sessions.
pub const MAX_SESSION_INDEXES: usize = 64;
