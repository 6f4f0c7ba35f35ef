//! What a response and an assertion say, read from elements.
//!
//! Names are compared with their namespaces, in schema position; what is there twice is refused;
//! what we do not know is skipped (extensions, advice, other namespaces).

use std::collections::BTreeMap;

use super::{Rejection, SAML, SAMLP, instant};
use crate::UnixTime;
use crate::excerpt::excerpt;
use crate::user::AccountKey;
use crate::xml::{Document, Element, Limits, Writer, is_ncname};

/// The outer message. Unless its own signature held, all of this is hints.
#[derive(Clone, Debug)]
pub(super) struct ResponseHead<'d> {
    pub(super) issuer: Option<Issuer<'d>>,
    pub(super) destination: Option<&'d str>,
    pub(super) in_response_to: Option<&'d str>,
    pub(super) issue_instant: UnixTime,
    pub(super) version: &'d str,
    pub(super) status: Status,
}

impl<'d> ResponseHead<'d> {
    pub(super) fn read(response: Element<'d>) -> Result<Self, Rejection> {
        Ok(Self {
            issuer: Issuer::of(response)?,
            destination: response.attribute("Destination"),
            in_response_to: response.attribute("InResponseTo"),
            issue_instant: moment(response, "IssueInstant")?,
            version: response.attribute("Version").unwrap_or_default(),
            status: Status::read(response)?,
        })
    }
}

/// Who made a message or an assertion (SAML Core 2.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Issuer<'d> {
    pub(super) name: &'d str,
    pub(super) format: Option<&'d str>,
}

impl<'d> Issuer<'d> {
    pub(super) fn of(element: Element<'d>) -> Result<Option<Self>, Rejection> {
        let issuer = element
            .only_child(SAML, "Issuer")
            .map_err(Rejection::Schema)?;
        let read = |issuer: Element<'d>| {
            let name = issuer.text().map_err(Rejection::Schema)?;
            Ok(Self {
                name,
                format: issuer.attribute("Format"),
            })
        };
        issuer.map(read).transpose()
    }
}

/// What the provider says about the request (SAML Core 3.2.2), cut to what belongs into a log:
/// nobody needs to have signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Status {
    /// From the outermost code inwards.
    pub(super) codes: Vec<String>,
    pub(super) message: Option<String>,
}

impl Status {
    pub(super) fn read(response: Element<'_>) -> Result<Self, Rejection> {
        let status = response
            .only_child(SAMLP, "Status")
            .map_err(Rejection::Schema)?;
        let status = status.ok_or(Rejection::StatusMissing)?;
        let message = status
            .only_child(SAMLP, "StatusMessage")
            .map_err(Rejection::Schema)?;
        let message = message
            .map(|it| it.text())
            .transpose()
            .map_err(Rejection::Schema)?;
        let mut codes = Vec::new();
        let mut around = status;
        while let Some(code) = around
            .only_child(SAMLP, "StatusCode")
            .map_err(Rejection::Schema)?
        {
            codes.push(excerpt(code.attribute("Value").unwrap_or_default()));
            around = code;
        }
        Ok(Self {
            codes,
            message: message.map(excerpt),
        })
    }

    pub(super) fn is_success(&self) -> bool {
        self.codes
            .first()
            .is_some_and(|code| code == "urn:oasis:names:tc:SAML:2.0:status:Success")
    }
}

/// What an identity provider says about somebody (SAML Core 2.3.3).
///
/// Reading one checks nothing but its form: only [`Verified<Assertion>`](super::Verified) is
/// worth anything.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Assertion {
    /// Unique for its issuer.
    pub id: String,
    /// The account that it is about.
    pub account: AccountKey,
    /// Entity ID of the identity provider.
    pub issuer: String,
    /// When it was made.
    pub issue_instant: UnixTime,
    /// The name of the subject, if it has one.
    pub name_id: Option<NameId>,
    /// How and when the subject authenticated.
    pub authn: AuthnStatement,
    /// Attributes by `Name`; values in the order sent. Values that are not plain text, and
    /// values that are nil, are left out.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// When the last check of its times would begin to fail, clock skew included.
    pub usable_until: UnixTime,
}

/// The name of a subject (SAML Core 2.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameId {
    /// The name.
    pub value: String,
    /// URI of its format; empty if unspecified.
    pub format: String,
    /// `NameQualifier`, empty if absent.
    pub name_qualifier: String,
    /// `SPNameQualifier`, empty if absent.
    pub sp_name_qualifier: String,
    /// `SPProvidedID`, empty if absent.
    pub sp_provided_id: String,
    /// The whole element, for giving it back unchanged at logout. Two names that are equal in
    /// everything above have the same text here, whatever prefixes their messages use.
    pub xml: String,
}

impl NameId {
    pub(super) fn read(element: Element<'_>) -> Result<Self, Rejection> {
        let value = element.text().map_err(Rejection::Schema)?;
        let attribute = |name| element.attribute(name).unwrap_or_default().to_owned();
        let name = Self {
            value: value.to_owned(),
            format: attribute("Format"),
            name_qualifier: attribute("NameQualifier"),
            sp_name_qualifier: attribute("SPNameQualifier"),
            sp_provided_id: attribute("SPProvidedID"),
            xml: String::new(),
        };
        let xml = name.to_xml();
        Ok(Self { xml, ..name })
    }

    /// Reads [`xml`](Self::xml) again; `None` if it is anything but one `saml:NameID`.
    pub(super) fn parse(xml: &str) -> Option<Self> {
        let document = Document::parse(xml.as_bytes(), &Limits::message()).ok()?;
        let root = document.root();
        root.is(SAML, "NameID").then(|| Self::read(root).ok())?
    }

    /// Writes attributes and text into the element that has just begun.
    pub(super) fn fill<'w>(&self, element: &'w mut Writer) -> &'w mut Writer {
        let attributes = [
            ("Format", &self.format),
            ("NameQualifier", &self.name_qualifier),
            ("SPNameQualifier", &self.sp_name_qualifier),
            ("SPProvidedID", &self.sp_provided_id),
        ];
        let given = attributes.iter().filter(|(_, value)| !value.is_empty());
        given
            .fold(element, |element, (name, value)| element.attr(name, value))
            .text(&self.value)
    }

    fn to_xml(&self) -> String {
        let mut xml = Writer::new();
        self.fill(xml.start("saml:NameID").namespace("saml", SAML));
        xml.finish()
    }
}

/// An act of authentication (SAML Core 2.7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthnStatement {
    /// When the subject authenticated.
    pub instant: UnixTime,
    /// Names the provider's session, for single logout.
    pub session_index: Option<String>,
    /// When the provider's session ends.
    pub session_not_on_or_after: Option<UnixTime>,
    /// How the subject authenticated: a class URI.
    pub context_class: Option<String>,
}

impl AuthnStatement {
    pub(super) fn read(statement: Element<'_>) -> Result<Self, Rejection> {
        let context = statement
            .only_child(SAML, "AuthnContext")
            .map_err(Rejection::Schema)?;
        let class = |context: Element<'_>| {
            let class = context.only_child(SAML, "AuthnContextClassRef")?;
            class
                .map(|class| class.text().map(str::to_owned))
                .transpose()
        };
        Ok(Self {
            instant: moment(statement, "AuthnInstant")?,
            session_index: statement.attribute("SessionIndex").map(str::to_owned),
            session_not_on_or_after: moment_if_any(statement, "SessionNotOnOrAfter")?,
            context_class: context
                .map(class)
                .transpose()
                .map_err(Rejection::Schema)?
                .flatten(),
        })
    }
}

/// One way to confirm that the bearer is the subject (SAML Core 2.4.1.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Confirmation<'d> {
    pub(super) recipient: Option<&'d str>,
    pub(super) in_response_to: Option<&'d str>,
    pub(super) not_before: Option<UnixTime>,
    pub(super) not_on_or_after: Option<UnixTime>,
}

impl<'d> Confirmation<'d> {
    /// The bearer confirmations of a subject; other methods are not ours to check.
    pub(super) fn bearers(subject: Element<'d>) -> Result<Vec<Self>, Rejection> {
        subject
            .children_named(SAML, "SubjectConfirmation")
            .filter(|it| it.attribute("Method") == Some(BEARER))
            .map(Self::read)
            .collect()
    }

    fn read(confirmation: Element<'d>) -> Result<Self, Rejection> {
        let data = confirmation.only_child(SAML, "SubjectConfirmationData");
        let data = data.map_err(Rejection::Schema)?;
        let attribute = |name| data.and_then(|it| it.attribute(name));
        let moment = |name| data.map_or(Ok(None), |it| moment_if_any(it, name));
        Ok(Self {
            recipient: attribute("Recipient"),
            in_response_to: attribute("InResponseTo"),
            not_before: moment("NotBefore")?,
            not_on_or_after: moment("NotOnOrAfter")?,
        })
    }
}

/// The attributes of all statements (SAML Core 2.7.3), by `Name`.
pub(super) fn attributes(
    assertion: Element<'_>,
) -> Result<BTreeMap<String, Vec<String>>, Rejection> {
    let mut attributes = BTreeMap::<String, Vec<String>>::new();
    let statements = assertion.children_named(SAML, "AttributeStatement");
    for attribute in statements.flat_map(|it| it.children_named(SAML, "Attribute")) {
        let name = attribute.attribute("Name").unwrap_or_default();
        let values = attributes.entry(name.to_owned()).or_default();
        values.extend(
            attribute
                .children_named(SAML, "AttributeValue")
                .filter_map(plain_value),
        );
    }
    let count = attributes.len() + attributes.values().map(Vec::len).sum::<usize>();
    if count > MAX_VALUES {
        return Err(Rejection::TooManyAttributes { found: count });
    }
    Ok(attributes)
}

/// The text of a value; `None` if it is nil, or holds markup that only others understand.
fn plain_value(value: Element<'_>) -> Option<String> {
    let nil = value.attribute_ns("http://www.w3.org/2001/XMLSchema-instance", "nil");
    if matches!(nil, Some("true" | "1")) {
        return None;
    }
    value.text().ok().map(str::to_owned)
}

/// The identifier of a message or assertion.
pub(super) fn id(element: Element<'_>) -> Result<&str, Rejection> {
    let id = element.attribute("ID").unwrap_or_default();
    if !is_ncname(id) {
        return Err(Rejection::Id {
            found: id.to_owned(),
        });
    }
    Ok(id)
}

pub(super) fn moment(element: Element<'_>, name: &'static str) -> Result<UnixTime, Rejection> {
    moment_if_any(element, name)?.ok_or_else(|| Rejection::Time {
        attribute: name,
        found: String::new(),
    })
}

pub(super) fn moment_if_any(
    element: Element<'_>,
    attribute: &'static str,
) -> Result<Option<UnixTime>, Rejection> {
    let parse = |text: &str| {
        instant::parse(text).map_err(|_| Rejection::Time {
            attribute,
            found: excerpt(text),
        })
    };
    element.attribute(attribute).map(parse).transpose()
}

/// Attributes and values together: far above what providers send, far below what hurts.
const MAX_VALUES: usize = 5_000;

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
