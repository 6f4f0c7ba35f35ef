//! From the bytes of a response to a [`Verified<Assertion>`].
//!
//! The order is the security: bytes → strict parser → shape of the signature → algorithm → key of
//! the configured provider → digest and signature → only the verified bytes, parsed anew → the
//! checks of the profile (SAML Profiles 4.1.4.3). The replay log comes last, in
//! [`Sso`](crate::Sso).

use super::encryption::{DecryptionKey, decrypt};
use super::response::{self, Assertion, Issuer, NameId, ResponseHead};
use super::{PendingRequest, Rejection, SAML, SAMLP, Verified};
use crate::UnixTime;
use crate::config::{IdentityProvider, ProviderState, Service, SignedPart, Unsolicited};
use crate::excerpt::excerpt;
use crate::saml::encryption::EncryptionPolicy;
use crate::signature::{SignatureError, SignedBytes, has_signature, verify_enveloped};
use crate::xml::{Document, Element, Limits};

/// Verifies responses and logout messages to one service.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Verifier<'a> {
    pub(super) service: &'a Service,
    pub(super) providers: &'a [IdentityProvider],
    pub(super) decryption_keys: &'a [DecryptionKey],
}

impl<'a> Verifier<'a> {
    /// A verifier for `service` that believes `providers`, each for itself only.
    #[must_use]
    pub const fn new(
        service: &'a Service,
        providers: &'a [IdentityProvider],
        decryption_keys: &'a [DecryptionKey],
    ) -> Self {
        Self {
            service,
            providers,
            decryption_keys,
        }
    }

    /// Verifies a response that answers `pending`, or that nobody asked for.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] of the first check that fails. The order is fixed: nothing of the
    /// response is believed before its signature holds, and nothing is stored here at all.
    pub fn verify(
        &self,
        message: &[u8],
        pending: Option<&PendingRequest>,
        now: UnixTime,
    ) -> Result<Verified<Assertion>, Rejection> {
        let document = Document::parse(message, &Limits::message()).map_err(Rejection::Xml)?;
        let root = check_root(document.root())?;
        let provider = self.find_provider(root, pending)?;
        let exchange = Exchange {
            verifier: self,
            provider,
            pending,
            now,
        };
        if !has_signature(root) {
            return exchange.open_response(root, Envelope::Unsigned);
        }
        let signed = exchange.check_signature(root, "response")?;
        let document = reread(&signed)?;
        exchange.open_response(document.root(), Envelope::Signed)
    }

    /// The provider whose keys count: the one that was asked, or else the one that the message
    /// names. The message may choose among keys only where nobody was asked.
    fn find_provider(
        &self,
        response: Element<'_>,
        pending: Option<&PendingRequest>,
    ) -> Result<&'a IdentityProvider, Rejection> {
        let provider = match pending {
            Some(pending) => self.asked_provider(response, pending)?,
            None => self.named_provider(response)?,
        };
        match provider.state() {
            ProviderState::Enabled => Ok(provider),
            ProviderState::Disabled => Err(Rejection::IdpDisabled {
                name: provider.name().to_string(),
            }),
        }
    }

    fn asked_provider(
        &self,
        response: Element<'_>,
        pending: &PendingRequest,
    ) -> Result<&'a IdentityProvider, Rejection> {
        let asked = &pending.identity_provider;
        let provider = self.providers.iter().find(|it| it.name() == asked);
        let provider = provider.ok_or_else(|| Rejection::IdpUnknown {
            found: asked.to_string(),
        })?;
        match claimed_issuer(response)? {
            Some(claimed) if claimed != provider.entity_id().as_str() => {
                Err(Rejection::IdpMismatch {
                    expected: provider.entity_id().to_string(),
                    found: excerpt(claimed),
                })
            }
            _ => Ok(provider),
        }
    }

    fn named_provider(&self, response: Element<'_>) -> Result<&'a IdentityProvider, Rejection> {
        let claimed = claimed_issuer(response)?;
        let claimed = claimed.ok_or(Rejection::IssuerMissing { part: "response" })?;
        let provider = self
            .providers
            .iter()
            .find(|it| it.entity_id().as_str() == claimed);
        let provider = provider.ok_or_else(|| Rejection::IdpUnknown {
            found: excerpt(claimed),
        })?;
        match provider.unsolicited() {
            Unsolicited::Accepted => Ok(provider),
            Unsolicited::Refused => Err(Rejection::Unsolicited {
                provider: provider.entity_id().to_string(),
            }),
        }
    }
}

/// Whether the response's own signature held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    Signed,
    Unsigned,
}

/// One response to one service from one provider.
pub(super) struct Exchange<'a> {
    pub(super) verifier: &'a Verifier<'a>,
    pub(super) provider: &'a IdentityProvider,
    pub(super) pending: Option<&'a PendingRequest>,
    pub(super) now: UnixTime,
}

impl Exchange<'_> {
    fn open_response(
        &self,
        response: Element<'_>,
        envelope: Envelope,
    ) -> Result<Verified<Assertion>, Rejection> {
        let response = check_root(response)?;
        let head = ResponseHead::read(response)?;
        self.check_head(&head, envelope)?;
        response::id(response)?;
        let assertion = only_assertion(response)?;
        if assertion.local_name() != "EncryptedAssertion" {
            if self.provider.encryption_required() {
                return Err(Rejection::EncryptionRequired);
            }
            return self.open_assertion(assertion, &head, envelope);
        }
        let plaintext = self.decrypt(assertion, envelope)?;
        let document = Document::parse(&plaintext, &Limits::message()).map_err(Rejection::Xml)?;
        let assertion = document.root();
        if !assertion.is(SAML, "Assertion") {
            return Err(Rejection::Root {
                found: excerpt(assertion.local_name()),
            });
        }
        self.open_assertion(assertion, &head, envelope)
    }

    fn open_assertion(
        &self,
        assertion: Element<'_>,
        head: &ResponseHead<'_>,
        envelope: Envelope,
    ) -> Result<Verified<Assertion>, Rejection> {
        self.check_signed_parts(assertion, envelope)?;
        if !has_signature(assertion) {
            return self.check_assertion(assertion, head, envelope);
        }
        let signed = self.check_signature(assertion, "assertion")?;
        let document = reread(&signed)?;
        self.check_assertion(document.root(), head, envelope)
    }

    fn check_signature(
        &self,
        element: Element<'_>,
        part: &'static str,
    ) -> Result<SignedBytes, Rejection> {
        let (keys, algorithms) = (self.provider.keys(), self.provider.algorithms());
        verify_enveloped(element, keys, algorithms)
            .map_err(|source| Rejection::Signature { part, source })
    }

    /// Something must be signed; what exactly is a setting.
    fn check_signed_parts(
        &self,
        assertion: Element<'_>,
        envelope: Envelope,
    ) -> Result<(), Rejection> {
        let response_is_signed = envelope == Envelope::Signed;
        let assertion_is_signed = has_signature(assertion);
        if !response_is_signed && !assertion_is_signed {
            return Err(Rejection::Signature {
                part: "assertion",
                source: SignatureError::Missing,
            });
        }
        let (needs_response, needs_assertion) = match self.provider.signed_part() {
            SignedPart::Assertion => (false, true),
            SignedPart::Both => (true, true),
            SignedPart::Either => (false, false),
            SignedPart::Response => (true, false),
        };
        if needs_response && !response_is_signed {
            return Err(Rejection::SignatureRequired { part: "response" });
        }
        if needs_assertion && !assertion_is_signed {
            return Err(Rejection::SignatureRequired { part: "assertion" });
        }
        Ok(())
    }

    pub(super) fn read_name_id(
        &self,
        subject: Element<'_>,
        envelope: Envelope,
    ) -> Result<Option<NameId>, Rejection> {
        let plain = subject
            .only_child(SAML, "NameID")
            .map_err(Rejection::Schema)?;
        let encrypted = subject
            .only_child(SAML, "EncryptedID")
            .map_err(Rejection::Schema)?;
        match (plain, encrypted) {
            (None, None) => Ok(None),
            (Some(plain), None) => NameId::read(plain).map(Some),
            (None, Some(encrypted)) => {
                let plaintext = self.decrypt(encrypted, envelope)?;
                let document = Document::parse(&plaintext, &Limits::message());
                let document = document.map_err(Rejection::Xml)?;
                if !document.root().is(SAML, "NameID") {
                    let found = excerpt(document.root().local_name());
                    return Err(Rejection::Root { found });
                }
                NameId::read(document.root()).map(Some)
            }
            (Some(_), Some(_)) => Err(Rejection::SubjectMissing {
                missing: "one name instead of two".to_owned(),
            }),
        }
    }

    /// Ciphers without integrity are only let in where a verified signature covers them.
    fn decrypt(
        &self,
        encrypted: Element<'_>,
        envelope: Envelope,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, Rejection> {
        let strict = EncryptionPolicy::default();
        let policy = match envelope {
            Envelope::Signed => self.provider.encryption(),
            Envelope::Unsigned => &strict,
        };
        Ok(decrypt(encrypted, self.verifier.decryption_keys, policy)?)
    }
}

fn check_root(root: Element<'_>) -> Result<Element<'_>, Rejection> {
    if root.is(SAMLP, "Response") {
        return Ok(root);
    }
    Err(Rejection::Root {
        found: excerpt(root.local_name()),
    })
}

/// Who claims to have made the response: its issuer, or else that of its only assertion.
fn claimed_issuer(response: Element<'_>) -> Result<Option<&str>, Rejection> {
    if let Some(issuer) = Issuer::of(response)? {
        return Ok(Some(issuer.name));
    }
    let assertion = response.children_named(SAML, "Assertion").next();
    let issuer = assertion.map_or(Ok(None), Issuer::of)?;
    Ok(issuer.map(|issuer| issuer.name))
}

/// The only assertion of a response, encrypted or not.
fn only_assertion(response: Element<'_>) -> Result<Element<'_>, Rejection> {
    let is_assertion =
        |it: &Element<'_>| it.is(SAML, "Assertion") || it.is(SAML, "EncryptedAssertion");
    let mut assertions = response.children().filter(is_assertion);
    let assertion = assertions.next().ok_or(Rejection::AssertionMissing)?;
    match assertions.count() {
        0 => Ok(assertion),
        others => Err(Rejection::AssertionMultiple { found: 1 + others }),
    }
}

/// From here on only the verified bytes exist.
fn reread(signed: &SignedBytes) -> Result<Document<'_>, Rejection> {
    Document::parse(signed.bytes(), &Limits::message()).map_err(Rejection::Xml)
}
