//! From the bytes of a response to a [`Verified<Assertion>`].
//!
//! The order is the security: bytes → strict parser → shape of the signature → algorithm → key of
//! the configured provider → digest and signature → only the verified bytes, parsed anew → the
//! checks of the profile (SAML Profiles 4.1.4.3). The replay log comes last, in
//! [`Sso`](crate::Sso).

use super::conditions::{check_begin, check_conditions, check_end, check_issued};
use super::encryption::{DecryptionKey, decrypt};
use super::response::{self, Assertion, Confirmation, Issuer, NameId, ResponseHead};
use super::{PendingRequest, Rejection, SAML, SAMLP, Verified};
use crate::UnixTime;
use crate::config::{
    IdentityProvider, ProviderState, Service, SignedPart, SubjectSource, Unsolicited,
};
use crate::saml::encryption::EncryptionPolicy;
use crate::saml::response::AuthnStatement;
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
                    found: super::excerpt(claimed),
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
            found: super::excerpt(claimed),
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
enum Envelope {
    Signed,
    Unsigned,
}

/// One response to one service from one provider.
struct Exchange<'a> {
    verifier: &'a Verifier<'a>,
    provider: &'a IdentityProvider,
    pending: Option<&'a PendingRequest>,
    now: UnixTime,
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
                found: super::excerpt(assertion.local_name()),
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

    /// The checks of the profile, on an assertion that was read from verified bytes.
    fn check_assertion(
        &self,
        assertion: Element<'_>,
        head: &ResponseHead<'_>,
        envelope: Envelope,
    ) -> Result<Verified<Assertion>, Rejection> {
        check_version(assertion.attribute("Version"), "assertion")?;
        let id = response::id(assertion)?;
        self.check_issuer(Issuer::of(assertion)?, "assertion")?;
        let issue_instant = response::moment(assertion, "IssueInstant")?;
        let mut limit = check_issued(issue_instant, self.provider, self.now)?;
        limit = limit.min(check_conditions(
            assertion,
            &self.names_of_service(),
            self.provider.clock_skew(),
            self.now,
        )?);
        let subject = assertion
            .only_child(SAML, "Subject")
            .map_err(Rejection::Schema)?;
        let subject = subject.ok_or_else(|| Rejection::SubjectMissing {
            missing: "Subject".to_owned(),
        })?;
        limit = limit.min(self.check_confirmation(subject, head)?);
        let authn = self.check_authn_statement(assertion)?;
        let attributes = response::attributes(assertion)?;
        let assertion = Assertion {
            id: id.to_owned(),
            issuer: self.provider.entity_id().to_string(),
            issue_instant,
            name_id: self.read_name_id(subject, envelope)?,
            authn,
            attributes,
            usable_until: limit,
        };
        self.check_subject(&assertion)?;
        Ok(Verified::new(assertion))
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

    /// The values of the response. Of an unsigned one they can only make things worse.
    fn check_head(&self, head: &ResponseHead<'_>, envelope: Envelope) -> Result<(), Rejection> {
        check_version(Some(head.version), "response")?;
        if envelope == Envelope::Signed || head.issuer.is_some() {
            self.check_issuer(head.issuer, "response")?;
        }
        self.check_destination(head.destination, envelope)?;
        self.check_in_response_to(head.in_response_to)?;
        check_issued(head.issue_instant, self.provider, self.now)?;
        if !head.status.is_success() {
            let status = head.status.clone();
            return Err(Rejection::Status {
                codes: status.codes,
                message: status.message,
            });
        }
        Ok(())
    }

    /// SAML Core 2.2.5 and SAML Profiles 4.1.4.2.
    fn check_issuer(
        &self,
        issuer: Option<Issuer<'_>>,
        part: &'static str,
    ) -> Result<(), Rejection> {
        let issuer = issuer.ok_or(Rejection::IssuerMissing { part })?;
        let expected = self.provider.entity_id().as_str();
        if issuer.name != expected {
            return Err(Rejection::IdpMismatch {
                expected: expected.to_owned(),
                found: super::excerpt(issuer.name),
            });
        }
        match issuer.format {
            None | Some("urn:oasis:names:tc:SAML:2.0:nameid-format:entity") => Ok(()),
            Some(format) => Err(Rejection::IssuerFormat {
                found: super::excerpt(format),
            }),
        }
    }

    /// SAML Bindings 3.5.5.2: a signed message says where it goes.
    fn check_destination(&self, found: Option<&str>, envelope: Envelope) -> Result<(), Rejection> {
        let expected = self.verifier.service.acs_url();
        match found {
            Some(found) if found == expected => Ok(()),
            None if envelope == Envelope::Unsigned => Ok(()),
            found => Err(Rejection::Destination {
                expected,
                found: found.map(super::excerpt),
            }),
        }
    }

    fn check_in_response_to(&self, found: Option<&str>) -> Result<(), Rejection> {
        match (self.pending, found) {
            (_, None) => Ok(()),
            (Some(pending), Some(found)) if pending.id == found => Ok(()),
            (Some(pending), Some(found)) => Err(Rejection::InResponseToMismatch {
                expected: pending.id.clone(),
                found: super::excerpt(found),
            }),
            (None, Some(found)) => Err(Rejection::UnsolicitedInResponseTo {
                found: super::excerpt(found),
            }),
        }
    }

    fn names_of_service(&self) -> Vec<&str> {
        let extra = self.provider.audiences().iter().map(String::as_str);
        std::iter::once(self.verifier.service.entity_id().as_str())
            .chain(extra)
            .collect()
    }

    /// SAML Profiles 4.1.4.2 and 4.1.4.3: one bearer confirmation that holds is enough. Answers
    /// until when one might.
    fn check_confirmation(
        &self,
        subject: Element<'_>,
        head: &ResponseHead<'_>,
    ) -> Result<UnixTime, Rejection> {
        let mut last = Rejection::Confirmation {
            missing: "a bearer confirmation",
        };
        let bearers = Confirmation::bearers(subject)?;
        for bearer in &bearers {
            match self.check_bearer(bearer, head) {
                Ok(()) => return Ok(self.last_end(&bearers)),
                Err(rejection) => last = rejection,
            }
        }
        Err(last)
    }

    /// When the last of `bearers` ends, whether it holds today or not: the assertion could be
    /// brought again until then.
    fn last_end(&self, bearers: &[Confirmation<'_>]) -> UnixTime {
        let ends = bearers.iter().filter_map(|bearer| bearer.not_on_or_after);
        let last = ends.max().unwrap_or_default();
        last.later(self.provider.clock_skew())
    }

    fn check_bearer(
        &self,
        bearer: &Confirmation<'_>,
        head: &ResponseHead<'_>,
    ) -> Result<(), Rejection> {
        self.check_recipient(bearer.recipient)?;
        if bearer.not_before.is_some() {
            return Err(Rejection::Confirmation {
                missing: "NotBefore must not be there",
            });
        }
        let end = bearer.not_on_or_after;
        let end = end.ok_or(Rejection::Confirmation {
            missing: "NotOnOrAfter",
        })?;
        let skew = self.provider.clock_skew();
        check_end("the subject confirmation", end, skew, self.now)?;
        self.check_answers(bearer.in_response_to, head.in_response_to)
    }

    fn check_recipient(&self, found: Option<&str>) -> Result<(), Rejection> {
        let expected = self.verifier.service.acs_url();
        if found == Some(expected.as_str()) {
            return Ok(());
        }
        Err(Rejection::Recipient {
            expected,
            found: found.map(super::excerpt),
        })
    }

    /// The confirmation answers the request that waits, and so does the response if it says so.
    fn check_answers(
        &self,
        confirmation: Option<&str>,
        response: Option<&str>,
    ) -> Result<(), Rejection> {
        if let (Some(assertion), Some(response)) = (confirmation, response)
            && assertion != response
        {
            return Err(Rejection::InResponseToConflict {
                response: super::excerpt(response),
                assertion: super::excerpt(assertion),
            });
        }
        match (self.pending, confirmation) {
            (Some(pending), None) => Err(Rejection::InResponseToMissing {
                expected: pending.id.clone(),
            }),
            (_, found) => self.check_in_response_to(found),
        }
    }

    fn check_authn_statement(&self, assertion: Element<'_>) -> Result<AuthnStatement, Rejection> {
        let mut statements = assertion.children_named(SAML, "AuthnStatement");
        let statement = statements.next().ok_or(Rejection::AuthnStatementMissing)?;
        let others = statements.count();
        if others > 0 {
            return Err(Rejection::AuthnStatementMultiple { found: 1 + others });
        }
        let statement = AuthnStatement::read(statement)?;
        let skew = self.provider.clock_skew();
        check_begin("the authentication", statement.instant, skew, self.now)?;
        if let Some(end) = statement.session_not_on_or_after {
            check_end("the provider's session", end, skew, self.now)?;
        }
        self.check_freshness(&statement)?;
        self.check_context(&statement)?;
        Ok(statement)
    }

    /// ForceAuthn was honoured (SAML Core 3.4.1).
    fn check_freshness(&self, statement: &AuthnStatement) -> Result<(), Rejection> {
        let Some(pending) = self.pending.filter(|it| it.force_authn) else {
            return Ok(());
        };
        if statement.instant.later(self.provider.clock_skew()) < pending.issued_at {
            return Err(Rejection::AuthnStale {
                requested: pending.issued_at,
                found: statement.instant,
            });
        }
        Ok(())
    }

    /// The requested authentication context was honoured (SAML Core 3.3.2.2.1).
    fn check_context(&self, statement: &AuthnStatement) -> Result<(), Rejection> {
        let requested = match self.pending {
            Some(pending) => pending.requested_context.as_ref(),
            None => self.provider.requested_context(),
        };
        let found = statement.context_class.as_deref();
        match requested {
            Some(requested) if !requested.accepts(found) => Err(Rejection::ContextInsufficient {
                expected: requested.accepted().to_vec(),
                found: found.map(super::excerpt),
            }),
            _ => Ok(()),
        }
    }

    fn read_name_id(
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
                    let found = super::excerpt(document.root().local_name());
                    return Err(Rejection::Root { found });
                }
                NameId::read(document.root()).map(Some)
            }
            (Some(_), Some(_)) => Err(Rejection::SubjectMissing {
                missing: "one name instead of two".to_owned(),
            }),
        }
    }

    /// Somebody is named, by a name that lasts.
    fn check_subject(&self, assertion: &Assertion) -> Result<(), Rejection> {
        match self.provider.subject() {
            SubjectSource::NameId => check_name_id(assertion.name_id.as_ref()),
            SubjectSource::Attribute(name) => {
                match assertion.attributes.get(name).map(Vec::as_slice) {
                    Some([value]) if !value.trim().is_empty() => Ok(()),
                    _ => Err(Rejection::SubjectMissing {
                        missing: format!("exactly one value of the attribute {name:?}"),
                    }),
                }
            }
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
        found: super::excerpt(root.local_name()),
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

pub(super) fn check_version(found: Option<&str>, part: &'static str) -> Result<(), Rejection> {
    match found {
        Some("2.0") => Ok(()),
        found => {
            let found = super::excerpt(found.unwrap_or_default());
            Err(Rejection::Version { part, found })
        }
    }
}

fn check_name_id(name_id: Option<&NameId>) -> Result<(), Rejection> {
    let missing = || Rejection::SubjectMissing {
        missing: "a name identifier".to_owned(),
    };
    let name_id = name_id.ok_or_else(missing)?;
    if name_id.value.trim().is_empty() {
        return Err(missing());
    }
    if name_id.format == "urn:oasis:names:tc:SAML:2.0:nameid-format:transient" {
        return Err(Rejection::SubjectTransient);
    }
    Ok(())
}

/// From here on only the verified bytes exist.
fn reread(signed: &SignedBytes) -> Result<Document<'_>, Rejection> {
    Document::parse(signed.bytes(), &Limits::message()).map_err(Rejection::Xml)
}
