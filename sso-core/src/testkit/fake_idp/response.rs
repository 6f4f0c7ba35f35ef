//! Responses, right in everything that a test does not change.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{
    FakeAssertion, FakeAuthn, FakeIdp, FakeNameId, FakeRequest, attribute, escape, new_id,
};
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
pub(super) const LIFETIME: Duration = Duration::from_mins(5);
