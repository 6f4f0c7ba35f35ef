//! Assertions, right in everything that a test does not change.

use super::response::{LIFETIME, moment};
use super::{FakeIdp, FakeRequest, attribute, escape, new_id};
use crate::UnixTime;
use crate::testkit::NOON;

/// The assertion of a [`FakeResponse`](super::FakeResponse).
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
    pub(super) fn new(idp: &FakeIdp, request: &FakeRequest) -> Self {
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

    pub(super) fn write_conditions(&self, inserted: &str) -> String {
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

    pub(super) fn write_attributes(&self, inserted: &str) -> String {
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

const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
