//! The checks of the profile (SAML Profiles 4.1.4.3), on what was read from verified bytes.
//!
//! Each answers for one line of the standard, and says so. Where a check bounds how long the
//! assertion could be used, it answers that moment, for the replay log.

use super::account::account_of;
use super::conditions::{check_begin, check_conditions, check_end, check_issued};
use super::response::{self, Assertion, AuthnStatement, Confirmation, Issuer, ResponseHead};
use super::verify::{Envelope, Exchange};
use super::{Rejection, SAML, Verified};
use crate::UnixTime;
use crate::excerpt::excerpt;
use crate::xml::Element;

impl Exchange<'_> {
    /// The checks of the profile, on an assertion that was read from verified bytes.
    pub(super) fn check_assertion(
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
        let name_id = self.read_name_id(subject, envelope)?;
        Ok(Verified::new(Assertion {
            id: id.to_owned(),
            account: account_of(self.provider, name_id.as_ref(), &attributes)?,
            issuer: self.provider.entity_id().to_string(),
            issue_instant,
            name_id,
            authn,
            attributes,
            usable_until: limit,
        }))
    }

    /// The values of the response. Of an unsigned one they can only make things worse.
    pub(super) fn check_head(
        &self,
        head: &ResponseHead<'_>,
        envelope: Envelope,
    ) -> Result<(), Rejection> {
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

    /// SAML Bindings 3.5.5.2: a signed message says where it goes.
    fn check_destination(&self, found: Option<&str>, envelope: Envelope) -> Result<(), Rejection> {
        let expected = self.verifier.service.acs_url();
        match found {
            Some(found) if found == expected => Ok(()),
            None if envelope == Envelope::Unsigned => Ok(()),
            found => Err(Rejection::Destination {
                expected,
                found: found.map(excerpt),
            }),
        }
    }

    fn check_in_response_to(&self, found: Option<&str>) -> Result<(), Rejection> {
        match (self.pending, found) {
            (_, None) => Ok(()),
            (Some(pending), Some(found)) if pending.id == found => Ok(()),
            (Some(pending), Some(found)) => Err(Rejection::InResponseToMismatch {
                expected: pending.id.clone(),
                found: excerpt(found),
            }),
            (None, Some(found)) => Err(Rejection::UnsolicitedInResponseTo {
                found: excerpt(found),
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
            found: found.map(excerpt),
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
                response: excerpt(response),
                assertion: excerpt(assertion),
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
                found: found.map(excerpt),
            }),
            _ => Ok(()),
        }
    }
}

pub(super) fn check_version(found: Option<&str>, part: &'static str) -> Result<(), Rejection> {
    match found {
        Some("2.0") => Ok(()),
        found => {
            let found = excerpt(found.unwrap_or_default());
            Err(Rejection::Version { part, found })
        }
    }
}
