//! The SAML messages of the demonstration identity provider, through samael's types.
//!
//! samael writes text as it is, without escaping, so only constants of the demonstration go where
//! there is text; what a request said goes into attributes, which samael escapes.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use samael::attribute::{Attribute, AttributeValue};
use samael::schema::{
    Assertion, AttributeStatement, AudienceRestriction, AuthnContext, AuthnContextClassRef,
    AuthnRequest, AuthnStatement, Conditions, Issuer, LogoutRequest, LogoutResponse, Response,
    Status, StatusCode, Subject, SubjectConfirmation, SubjectConfirmationData, SubjectNameID,
};
use samael::traits::ToXml as _;
use sso_core::UnixTime;
use sso_core::saml::binding::redirect::RedirectMessage;
use sso_core::session::SessionId;
use sso_core::signature::Algorithms;

use super::Service;
use super::sessions::Session;
use crate::demo::people::Person;

/// What a service asks for.
#[derive(Debug)]
pub(super) struct SignInRequest {
    pub(super) id: String,
    /// Where the answer goes.
    pub(super) acs_url: String,
    /// A password has to be given, whatever session there is.
    pub(super) is_forced: bool,
    /// Nobody may be asked anything.
    pub(super) is_passive: bool,
}

/// Reads a request, if it is one of `service`.
pub(super) fn read_sign_in(xml: &[u8], service: &Service) -> Result<SignInRequest, Refused> {
    let request: AuthnRequest = parse(xml)?;
    let is_known = request.issuer_value().as_deref() == Some(&service.entity_id);
    let wanted = request.assertion_consumer_service_url.as_deref();
    let acs_url = service.acs_urls.answer_to(wanted);
    let acs_url = acs_url
        .filter(|_| is_known)
        .ok_or(Refused::UnknownService)?;
    Ok(SignInRequest {
        id: request.id,
        acs_url,
        is_forced: request.force_authn == Some(true),
        is_passive: request.is_passive == Some(true),
    })
}

/// Reads a logout request, if `service` signed it: its id and whom it names.
pub(super) fn read_sign_out(
    message: &RedirectMessage,
    service: &Service,
) -> Result<(String, String), Refused> {
    let keys = std::slice::from_ref(&service.key);
    message
        .verify(keys, &Algorithms::default())
        .map_err(|_| Refused::Signature)?;
    let request: LogoutRequest = parse(&message.xml)?;
    let issuer = request.issuer.and_then(|issuer| issuer.value);
    if issuer.as_deref() != Some(&service.entity_id) {
        return Err(Refused::UnknownService);
    }
    let name = request.name_id.map(|name_id| name_id.value);
    request.id.zip(name).ok_or(Refused::Unreadable)
}

fn parse<T: FromStr>(xml: &[u8]) -> Result<T, Refused> {
    let text = str::from_utf8(xml).map_err(|_| Refused::Unreadable)?;
    text.parse().map_err(|_| Refused::Unreadable)
}

/// Why a message got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("the signature of the message is missing or wrong")]
    Signature,
    #[error("the message comes from a service that this identity provider does not know")]
    UnknownService,
    #[error("the message cannot be read")]
    Unreadable,
}

/// What every answer is made of.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) request_id: &'a str,
    /// Entity ID of the provider.
    pub(super) from: &'a str,
    pub(super) to: &'a Service,
    /// The address there.
    pub(super) at: &'a str,
    pub(super) now: UnixTime,
}

impl Answer<'_> {
    /// Says who signed in; returns the XML and the id to sign.
    pub(super) fn accept(
        &self,
        person: &Person,
        session: &Session,
    ) -> Result<(String, String), Box<dyn Error>> {
        self.response("Success", Some(self.assertion(person, session)?))
    }

    /// Says that nobody signed in, since nobody may be asked; returns the XML and the id to sign.
    pub(super) fn decline(&self) -> Result<(String, String), Box<dyn Error>> {
        self.response("Responder", None)
    }

    /// Confirms a logout.
    pub(super) fn confirm_sign_out(&self) -> Result<String, Box<dyn Error>> {
        let response = LogoutResponse {
            id: Some(message_id()),
            in_response_to: Some(self.request_id.to_owned()),
            version: Some("2.0".to_owned()),
            issue_instant: Some(self.now.to_string().parse()?),
            destination: Some(self.at.to_owned()),
            consent: None,
            issuer: Some(self.issuer()),
            signature: None,
            status: Some(status("Success")),
        };
        response.to_string()
    }

    fn response(
        &self,
        code: &str,
        assertion: Option<Assertion>,
    ) -> Result<(String, String), Box<dyn Error>> {
        let response = Response {
            id: message_id(),
            in_response_to: Some(self.request_id.to_owned()),
            version: "2.0".to_owned(),
            issue_instant: self.now.to_string().parse()?,
            destination: Some(self.at.to_owned()),
            consent: None,
            issuer: Some(self.issuer()),
            signature: None,
            status: Some(status(code)),
            encrypted_assertion: None,
            assertion,
        };
        Ok((response.to_string()?, response.id))
    }

    fn assertion(&self, person: &Person, session: &Session) -> Result<Assertion, Box<dyn Error>> {
        Ok(Assertion {
            id: message_id(),
            issue_instant: self.now.to_string().parse()?,
            version: "2.0".to_owned(),
            issuer: self.issuer(),
            signature: None,
            subject: Some(self.subject(person)?),
            conditions: Some(self.conditions()?),
            authn_statements: Some(vec![statement(session)?]),
            attribute_statements: Some(vec![AttributeStatement {
                attributes: attributes(person),
            }]),
        })
    }

    fn subject(&self, person: &Person) -> Result<Subject, Box<dyn Error>> {
        let data = SubjectConfirmationData {
            not_before: None,
            not_on_or_after: Some(self.expires().to_string().parse()?),
            recipient: Some(self.at.to_owned()),
            in_response_to: Some(self.request_id.to_owned()),
            address: None,
            content: None,
        };
        let confirmation = SubjectConfirmation {
            method: Some("urn:oasis:names:tc:SAML:2.0:cm:bearer".to_owned()),
            name_id: None,
            subject_confirmation_data: Some(data),
        };
        let name_id = SubjectNameID {
            format: Some(PERSISTENT.to_owned()),
            value: person.name.clone(),
        };
        Ok(Subject {
            name_id: Some(name_id),
            subject_confirmations: Some(vec![confirmation]),
        })
    }

    fn conditions(&self) -> Result<Conditions, Box<dyn Error>> {
        let audience = AudienceRestriction {
            audience: vec![self.to.entity_id.clone()],
        };
        Ok(Conditions {
            not_before: Some(self.now.to_string().parse()?),
            not_on_or_after: Some(self.expires().to_string().parse()?),
            audience_restrictions: Some(vec![audience]),
            one_time_use: None,
            proxy_restriction: None,
        })
    }

    fn expires(&self) -> UnixTime {
        self.now.later(VALIDITY).to_the_second()
    }

    fn issuer(&self) -> Issuer {
        Issuer {
            value: Some(self.from.to_owned()),
            ..Issuer::default()
        }
    }
}

fn statement(session: &Session) -> Result<AuthnStatement, Box<dyn Error>> {
    let class = AuthnContextClassRef {
        value: Some(PASSWORD.to_owned()),
    };
    Ok(AuthnStatement {
        authn_instant: Some(session.began.to_string().parse()?),
        session_index: Some(session.index.clone()),
        session_not_on_or_after: None,
        subject_locality: None,
        authn_context: Some(AuthnContext { value: Some(class) }),
    })
}

fn attributes(person: &Person) -> Vec<Attribute> {
    vec![
        attribute("First", &[&person.first]),
        attribute("Last", &["Example"]),
        attribute("Email", &[&person.email()]),
        attribute("Groups", person.groups),
    ]
}

fn attribute(name: &str, values: &[&str]) -> Attribute {
    let value = |value: &&str| AttributeValue {
        attribute_type: Some("xs:string".to_owned()),
        value: Some((*value).to_owned()),
    };
    Attribute {
        friendly_name: None,
        name: Some(name.to_owned()),
        name_format: Some("urn:oasis:names:tc:SAML:2.0:attrname-format:basic".to_owned()),
        values: values.iter().map(value).collect(),
    }
}

fn status(code: &str) -> Status {
    let value = Some(format!("urn:oasis:names:tc:SAML:2.0:status:{code}"));
    Status {
        status_code: StatusCode { value },
        status_message: None,
        status_detail: None,
    }
}

/// 128 random bits (SAML Core 1.3.4), behind a sign that an XML name may begin with.
fn message_id() -> String {
    format!("_{}", SessionId::random().as_str())
}

/// How long an answer may be on its way.
const VALIDITY: Duration = Duration::from_secs(300);

const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
