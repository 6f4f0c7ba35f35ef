//! Responses, right in everything that a test does not change.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{FakeIdp, FakeRequest, attribute, escape, new_id};
use crate::UnixTime;
use crate::signature::base64;
use crate::testkit::NOON;
use crate::xml::{Document, Limits};

/// A response on its way. A test changes the fields that matter to it:
///
/// ```
/// # use sso_core::testkit::{FakeIdp, FakeRequest};
/// # let (idp, request) = (FakeIdp::new(), FakeRequest::default());
/// let response = idp
///     .response(&request)
///     .with(|it| it.assertion.audiences = vec![vec!["urn:another-service".to_owned()]]);
/// ```
///
/// What no field is for is done to the text: by [`edit`](Self::edit) before it is signed, by
/// [`tamper`](Self::tamper) afterwards.
#[derive(Clone)]
#[non_exhaustive]
pub struct FakeResponse {
    /// `ID`.
    pub id: String,
    /// `Version`.
    pub version: Option<String>,
    /// `IssueInstant`.
    pub issue_instant: UnixTime,
    /// `Destination`.
    pub destination: Option<String>,
    /// `InResponseTo`.
    pub in_response_to: Option<String>,
    /// `Issuer`.
    pub issuer: Option<String>,
    /// Status codes from the outermost inwards; no `Status` if there is none.
    pub status: Vec<String>,
    /// `StatusMessage`.
    pub status_message: Option<String>,
    /// The assertion, unless it is left out.
    pub assertion: FakeAssertion,
    /// What is signed.
    pub signed: Signed,
    idp: FakeIdp,
    has_assertion: bool,
    inserts: Vec<(Place, String)>,
    edits: Vec<Edit>,
    wraps: Vec<Edit>,
    tampers: Vec<Edit>,
}

type Edit = Arc<dyn Fn(&str) -> String + Send + Sync>;

impl FakeResponse {
    pub(super) fn new(idp: &FakeIdp, request: &FakeRequest) -> Self {
        Self {
            id: new_id(),
            version: Some("2.0".to_owned()),
            issue_instant: NOON,
            destination: Some(request.acs_url.clone()),
            in_response_to: request.id.clone(),
            issuer: Some(idp.entity_id().to_owned()),
            status: vec![SUCCESS.to_owned()],
            status_message: None,
            assertion: FakeAssertion::new(idp, request),
            signed: Signed::Assertion,
            idp: idp.clone(),
            has_assertion: true,
            inserts: Vec::new(),
            edits: Vec::new(),
            wraps: Vec::new(),
            tampers: Vec::new(),
        }
    }

    /// Changes fields.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Moves every time of the response along, as if the user had signed in at `now`.
    #[must_use]
    pub fn at(mut self, now: UnixTime) -> Self {
        let shift = |it: &mut UnixTime| *it = now.later(it.since(NOON)).earlier(NOON.since(*it));
        let assertion = &mut self.assertion;
        shift(&mut self.issue_instant);
        shift(&mut assertion.issue_instant);
        let authn = assertion.authn.as_mut();
        let (instant, end) = authn
            .map(|it| (&mut it.instant, &mut it.session_not_on_or_after))
            .unzip();
        instant.into_iter().for_each(shift);
        let confirmation = &mut assertion.confirmation;
        [&mut assertion.not_before, &mut assertion.not_on_or_after]
            .into_iter()
            .chain([
                &mut confirmation.not_before,
                &mut confirmation.not_on_or_after,
            ])
            .chain(end)
            .flatten()
            .for_each(shift);
        self
    }

    /// What is signed. Default: the assertion.
    #[must_use]
    pub fn sign(self, signed: Signed) -> Self {
        self.with(|it| it.signed = signed)
    }

    /// Answers that the user was not signed in: the last parts of status codes from the outermost
    /// inwards, such as `Responder` and `AuthnFailed`. There is no assertion, and the response is
    /// signed.
    #[must_use]
    pub fn failed(self, codes: &[&str]) -> Self {
        let code = |it: &&str| format!("urn:oasis:names:tc:SAML:2.0:status:{it}");
        let status = codes.iter().map(code).collect();
        self.without_assertion()
            .sign(Signed::Response)
            .with(|it| it.status = status)
    }

    /// Leaves the assertion out.
    #[must_use]
    pub fn without_assertion(self) -> Self {
        self.with(|it| it.has_assertion = false)
    }

    /// Puts `xml` at `place`; what is inserted there first stands first.
    #[must_use]
    pub fn insert(self, place: Place, xml: impl Into<String>) -> Self {
        self.with(|it| it.inserts.push((place, xml.into())))
    }

    /// Changes the text of the response before anything is signed.
    #[must_use]
    pub fn edit(self, edit: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.with(|it| it.edits.push(Arc::new(edit)))
    }

    /// Changes the text of the assertion after it was signed, if it is, and before the response
    /// is: to encrypt it, for example.
    #[must_use]
    pub fn wrap(self, wrap: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.with(|it| it.wraps.push(Arc::new(wrap)))
    }

    /// Changes the text of the response after everything was signed.
    #[must_use]
    pub fn tamper(self, tamper: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.with(|it| it.tampers.push(Arc::new(tamper)))
    }

    /// The message.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = apply(&self.edits, self.write());
        if self.has_assertion {
            if matches!(self.signed, Signed::Assertion | Signed::Both) {
                xml = self.idp.sign(&xml, &self.assertion.id);
            }
            if !self.wraps.is_empty() {
                xml = replace_element(&xml, &self.assertion.id, |it| {
                    apply(&self.wraps, it.to_owned())
                });
            }
        }
        if matches!(self.signed, Signed::Response | Signed::Both) {
            xml = self.idp.sign(&xml, &self.id);
        }
        apply(&self.tampers, xml)
    }

    /// The message as the value of the form field `SAMLResponse`.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(self.to_xml().as_bytes())
    }

    fn write(&self) -> String {
        let attributes = [
            attribute("ID", Some(&self.id)),
            attribute("Version", self.version.as_ref()),
            attribute("IssueInstant", Some(self.issue_instant.to_string())),
            attribute("Destination", self.destination.as_ref()),
            attribute("InResponseTo", self.in_response_to.as_ref()),
        ];
        let assertion = match self.has_assertion {
            true => self.write_assertion(),
            false => String::new(),
        };
        [
            r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion""#,
            &attributes.concat(),
            ">",
            &issuer(self.issuer.as_deref()),
            &self.inserted(Place::ResponseStart),
            &status(&self.status, self.status_message.as_deref()),
            &self.inserted(Place::BeforeAssertion),
            &assertion,
            &self.inserted(Place::AfterAssertion),
            "</samlp:Response>",
        ]
        .concat()
    }

    fn write_assertion(&self) -> String {
        let assertion = &self.assertion;
        let attributes = [
            attribute("ID", Some(&assertion.id)),
            attribute("Version", assertion.version.as_ref()),
            attribute("IssueInstant", Some(assertion.issue_instant.to_string())),
        ];
        [
            r#"<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion""#,
            &attributes.concat(),
            ">",
            &issuer(assertion.issuer.as_deref()),
            "<saml:Subject>",
            &assertion
                .name_id
                .as_ref()
                .map_or_else(String::new, FakeNameId::to_xml),
            &assertion.confirmation.to_xml(),
            &self.inserted(Place::SubjectEnd),
            "</saml:Subject>",
            &assertion.write_conditions(&self.inserted(Place::ConditionsEnd)),
            &assertion
                .authn
                .as_ref()
                .map_or_else(String::new, FakeAuthn::to_xml),
            &assertion.write_attributes(&self.inserted(Place::AttributesEnd)),
            &self.inserted(Place::AssertionEnd),
            "</saml:Assertion>",
        ]
        .concat()
    }

    fn inserted(&self, place: Place) -> String {
        let here = self.inserts.iter().filter(|(it, _)| *it == place);
        here.map(|(_, xml)| xml.as_str()).collect()
    }
}

impl fmt::Debug for FakeResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_xml())
    }
}

/// The assertion of a [`FakeResponse`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FakeAssertion {
    /// `ID`.
    pub id: String,
    /// `Version`.
    pub version: Option<String>,
    /// `IssueInstant`.
    pub issue_instant: UnixTime,
    /// `Issuer`.
    pub issuer: Option<String>,
    /// Who signed in. Default: `alice`, persistent.
    pub name_id: Option<FakeNameId>,
    /// How the bearer is confirmed to be the subject.
    pub confirmation: FakeConfirmation,
    /// `NotBefore` of the conditions.
    pub not_before: Option<UnixTime>,
    /// `NotOnOrAfter` of the conditions. Default: five minutes after noon.
    pub not_on_or_after: Option<UnixTime>,
    /// One `AudienceRestriction` for each list.
    pub audiences: Vec<Vec<String>>,
    /// How the subject authenticated.
    pub authn: Option<FakeAuthn>,
    /// Attributes by `Name`, each with its values. Default: `First`, `Last`, `Email`, `Groups`.
    pub attributes: Vec<(String, Vec<String>)>,
}

impl FakeAssertion {
    fn new(idp: &FakeIdp, request: &FakeRequest) -> Self {
        let attribute = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
        Self {
            id: new_id(),
            version: Some("2.0".to_owned()),
            issue_instant: NOON,
            issuer: Some(idp.entity_id().to_owned()),
            name_id: Some(FakeNameId::persistent("alice")),
            confirmation: FakeConfirmation::of(request),
            not_before: Some(NOON),
            not_on_or_after: Some(NOON.later(LIFETIME)),
            audiences: vec![vec![request.issuer.clone()]],
            authn: Some(FakeAuthn::of(request)),
            attributes: vec![
                attribute("First", "Alice"),
                attribute("Last", "Liddell"),
                attribute("Email", "alice@example.com"),
                attribute("Groups", "staff"),
            ],
        }
    }

    fn write_conditions(&self, inserted: &str) -> String {
        let restriction = |audiences: &Vec<String>| {
            let audience = |it: &String| format!("<saml:Audience>{}</saml:Audience>", escape(it));
            let audiences: String = audiences.iter().map(audience).collect();
            format!("<saml:AudienceRestriction>{audiences}</saml:AudienceRestriction>")
        };
        [
            "<saml:Conditions",
            &moment("NotBefore", self.not_before),
            &moment("NotOnOrAfter", self.not_on_or_after),
            ">",
            &self.audiences.iter().map(restriction).collect::<String>(),
            inserted,
            "</saml:Conditions>",
        ]
        .concat()
    }

    fn write_attributes(&self, inserted: &str) -> String {
        if self.attributes.is_empty() && inserted.is_empty() {
            return String::new();
        }
        let value =
            |it: &String| format!("<saml:AttributeValue>{}</saml:AttributeValue>", escape(it));
        let attribute = |(name, values): &(String, Vec<String>)| {
            let values: String = values.iter().map(value).collect();
            format!(
                r#"<saml:Attribute Name="{}">{values}</saml:Attribute>"#,
                escape(name)
            )
        };
        let attributes: String = self.attributes.iter().map(attribute).collect();
        format!("<saml:AttributeStatement>{attributes}{inserted}</saml:AttributeStatement>")
    }
}

/// The name of a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FakeNameId {
    /// The name.
    pub value: String,
    /// `Format`.
    pub format: Option<String>,
    /// `NameQualifier`.
    pub name_qualifier: Option<String>,
    /// `SPNameQualifier`.
    pub sp_name_qualifier: Option<String>,
}

impl FakeNameId {
    /// A persistent name without qualifiers.
    #[must_use]
    pub fn persistent(value: &str) -> Self {
        Self::new(
            value,
            "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        )
    }

    /// A name of the format with the URI `format`, without qualifiers.
    #[must_use]
    pub fn new(value: &str, format: &str) -> Self {
        Self {
            value: value.to_owned(),
            format: Some(format.to_owned()),
            ..Self::default()
        }
    }

    /// The element.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let attributes = [
            attribute("Format", self.format.as_ref()),
            attribute("NameQualifier", self.name_qualifier.as_ref()),
            attribute("SPNameQualifier", self.sp_name_qualifier.as_ref()),
        ];
        format!(
            "<saml:NameID{}>{}</saml:NameID>",
            attributes.concat(),
            escape(&self.value)
        )
    }
}

/// The confirmation of a [`FakeAssertion`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FakeConfirmation {
    /// `Method`. Default: bearer.
    pub method: Option<String>,
    /// `InResponseTo`.
    pub in_response_to: Option<String>,
    /// `NotBefore`. Default: none, which the profile demands of bearer confirmations.
    pub not_before: Option<UnixTime>,
    /// `NotOnOrAfter`. Default: five minutes after noon.
    pub not_on_or_after: Option<UnixTime>,
    /// `Recipient`.
    pub recipient: Option<String>,
}

impl FakeConfirmation {
    fn of(request: &FakeRequest) -> Self {
        Self {
            method: Some("urn:oasis:names:tc:SAML:2.0:cm:bearer".to_owned()),
            in_response_to: request.id.clone(),
            not_before: None,
            not_on_or_after: Some(NOON.later(LIFETIME)),
            recipient: Some(request.acs_url.clone()),
        }
    }

    /// The element.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let data = [
            attribute("InResponseTo", self.in_response_to.as_ref()),
            moment("NotBefore", self.not_before),
            moment("NotOnOrAfter", self.not_on_or_after),
            attribute("Recipient", self.recipient.as_ref()),
        ];
        let method = attribute("Method", self.method.as_ref());
        let data = data.concat();
        format!(
            "<saml:SubjectConfirmation{method}><saml:SubjectConfirmationData{data}/></saml:SubjectConfirmation>"
        )
    }
}

/// The authentication statement of a [`FakeAssertion`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FakeAuthn {
    /// `AuthnInstant`.
    pub instant: UnixTime,
    /// `SessionIndex`.
    pub session_index: Option<String>,
    /// `SessionNotOnOrAfter`.
    pub session_not_on_or_after: Option<UnixTime>,
    /// `AuthnContextClassRef`.
    pub context_class: Option<String>,
}

impl FakeAuthn {
    /// With the class that was asked for, or else a password.
    fn of(request: &FakeRequest) -> Self {
        let asked = request.classes.first().cloned();
        Self {
            instant: NOON,
            session_index: Some("_session-1".to_owned()),
            session_not_on_or_after: None,
            context_class: asked.or_else(|| Some(PASSWORD.to_owned())),
        }
    }

    /// The element.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let class = self.context_class.as_ref().map_or_else(String::new, |it| {
            format!(
                "<saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef>",
                escape(it)
            )
        });
        [
            "<saml:AuthnStatement",
            &moment("AuthnInstant", Some(self.instant)),
            &attribute("SessionIndex", self.session_index.as_ref()),
            &moment("SessionNotOnOrAfter", self.session_not_on_or_after),
            "><saml:AuthnContext>",
            &class,
            "</saml:AuthnContext></saml:AuthnStatement>",
        ]
        .concat()
    }
}

/// Where a test puts XML of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Behind the response's assertion.
    AfterAssertion,
    /// At the end of the assertion.
    AssertionEnd,
    /// At the end of the attribute statement.
    AttributesEnd,
    /// Before the response's assertion.
    BeforeAssertion,
    /// At the end of the conditions.
    ConditionsEnd,
    /// Behind the response's issuer, where extensions go.
    ResponseStart,
    /// At the end of the subject.
    SubjectEnd,
}

/// What of a response is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "all combinations of two parts are there"
)]
pub enum Signed {
    /// The assertion.
    Assertion,
    /// The response and the assertion.
    Both,
    /// Nothing.
    Neither,
    /// The response.
    Response,
}

fn apply(edits: &[Edit], xml: String) -> String {
    edits.iter().fold(xml, |xml, edit| edit(&xml))
}

/// `xml` with another text instead of the element `id`.
fn replace_element(xml: &str, id: &str, replace: impl FnOnce(&str) -> String) -> String {
    let document = Document::parse(xml.as_bytes(), &Limits::message()).expect("not XML");
    let mut elements = document.root().descendants();
    let element = elements
        .find(|it| it.attribute("ID") == Some(id))
        .expect("no such element");
    let place = element.place();
    let (before, rest) = xml.split_at(place.start as usize);
    let (element, after) = rest.split_at((place.end - place.start) as usize);
    [before, &replace(element), after].concat()
}

pub(super) fn issuer(issuer: Option<&str>) -> String {
    issuer.map_or_else(String::new, |it| {
        format!("<saml:Issuer>{}</saml:Issuer>", escape(it))
    })
}

/// ` name="moment"`, or nothing.
pub(super) fn moment(name: &str, moment: Option<UnixTime>) -> String {
    attribute(name, moment.map(|it| it.to_string()))
}

/// The element `Status` with codes inside each other, or nothing.
pub(super) fn status(codes: &[String], message: Option<&str>) -> String {
    if codes.is_empty() {
        return String::new();
    }
    let nested = codes.iter().rev().fold(String::new(), |inner, code| {
        format!(
            r#"<samlp:StatusCode Value="{}">{inner}</samlp:StatusCode>"#,
            escape(code)
        )
    });
    let message = message.map_or_else(String::new, |it| {
        format!("<samlp:StatusMessage>{}</samlp:StatusMessage>", escape(it))
    });
    format!("<samlp:Status>{nested}{message}</samlp:Status>")
}

pub(super) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
pub(super) const LIFETIME: Duration = Duration::from_mins(5);
