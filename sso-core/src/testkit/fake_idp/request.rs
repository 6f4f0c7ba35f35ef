//! What the service sends to the provider.

use url::Url;

use crate::config::Service;
use crate::saml::binding::{MessageKind, post, redirect};
use crate::saml::{PendingRequest, SAML, SAMLP};
use crate::signature::{Algorithms, VerifyingKey, has_signature, verify_enveloped};
use crate::xml::canonical::exclusive;
use crate::xml::{Document, Element, Limits};

/// A request for authentication, as the provider reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FakeRequest {
    /// Its identifier; `None` if nobody asked.
    pub id: Option<String>,
    /// Entity ID of the service.
    pub issuer: String,
    /// Where the response goes.
    pub acs_url: String,
    /// Where the request went.
    pub destination: Option<String>,
    /// What came along, to be sent back.
    pub relay_state: Option<String>,
    /// Whether the user must authenticate anew.
    pub force_authn: bool,
    /// Whether the user must not be asked anything.
    pub is_passive: bool,
    /// The format of name that is wanted.
    pub name_id_format: Option<String>,
    /// The authentication context classes that are wanted.
    pub classes: Vec<String>,
    /// Whether the request was signed; by whom is checked where it is read.
    pub is_signed: bool,
    /// The message.
    pub xml: String,
}

impl FakeRequest {
    /// The request of `service` that `pending` waits for the answer to.
    #[must_use]
    pub fn of(pending: &PendingRequest, service: &Service) -> Self {
        Self {
            id: Some(pending.id.clone()),
            force_authn: pending.force_authn,
            ..Self::none(service)
        }
    }

    /// No request: the provider sends the user to `service` without being asked.
    #[must_use]
    pub fn none(service: &Service) -> Self {
        Self {
            issuer: service.entity_id().to_string(),
            acs_url: service.acs_url(),
            ..Self::default()
        }
    }

    /// Reads the request in the query of `url`. A signature must be by `key` if there is one.
    #[must_use]
    pub fn read_redirect(url: &str, key: Option<&VerifyingKey>) -> Self {
        let message = Received::from_redirect(url, MessageKind::Request, key);
        Self::read(&message)
    }

    /// Reads the request in the fields of a form. A signature must be by `key` if there is one.
    #[must_use]
    pub fn read_form<'f>(
        fields: impl IntoIterator<Item = (&'f str, &'f str)>,
        key: Option<&VerifyingKey>,
    ) -> Self {
        Self::read(&Received::from_form(fields, MessageKind::Request, key))
    }

    fn read(message: &Received) -> Self {
        let document = message.document();
        let request = document.root();
        assert!(
            request.is(SAMLP, "AuthnRequest"),
            "not a request: {request:?}"
        );
        let is_true = |name| request.attribute(name) == Some("true");
        let policy = child(request, SAMLP, "NameIDPolicy");
        let context = child(request, SAMLP, "RequestedAuthnContext");
        let classes = context.map(|it| texts(it, SAML, "AuthnContextClassRef"));
        Self {
            id: owned(request, "ID"),
            issuer: texts(request, SAML, "Issuer").concat(),
            acs_url: owned(request, "AssertionConsumerServiceURL").unwrap_or_default(),
            destination: owned(request, "Destination"),
            force_authn: is_true("ForceAuthn"),
            is_passive: is_true("IsPassive"),
            name_id_format: policy.and_then(|it| owned(it, "Format")),
            classes: classes.unwrap_or_default(),
            is_signed: message.is_signed,
            relay_state: message.relay_state.clone(),
            xml: message.xml.clone(),
        }
    }
}

/// A logout request or response of the service, as the provider reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReceivedLogout {
    /// Its identifier.
    pub id: String,
    /// Where it went.
    pub destination: Option<String>,
    /// The request that it answers, if it is a response.
    pub in_response_to: Option<String>,
    /// Entity ID of the service.
    pub issuer: String,
    /// Whose sessions shall end: the element `NameID` in canonical form.
    pub name_id: Option<String>,
    /// Which of them; all if there is none.
    pub session_indexes: Vec<String>,
    /// Status codes from the outermost inwards, if it is a response.
    pub status: Vec<String>,
    /// What came along.
    pub relay_state: Option<String>,
    /// Whether it was signed; by whom is checked where it is read.
    pub is_signed: bool,
    /// The message.
    pub xml: String,
}

impl ReceivedLogout {
    /// Reads the message in the query of `url`. A signature must be by `key` if there is one.
    #[must_use]
    pub fn read_redirect(url: &str, kind: MessageKind, key: Option<&VerifyingKey>) -> Self {
        Self::read(&Received::from_redirect(url, kind, key))
    }

    /// Reads the message in the fields of a form. A signature must be by `key` if there is one.
    #[must_use]
    pub fn read_form<'f>(
        fields: impl IntoIterator<Item = (&'f str, &'f str)>,
        kind: MessageKind,
        key: Option<&VerifyingKey>,
    ) -> Self {
        Self::read(&Received::from_form(fields, kind, key))
    }

    fn read(message: &Received) -> Self {
        let document = message.document();
        let root = document.root();
        let name_id = child(root, SAML, "NameID").map(|it| {
            let octets = exclusive(it, None, &[]).expect("no prefixes were asked for");
            String::from_utf8(octets).expect("XML is UTF-8")
        });
        let status = child(root, SAMLP, "Status").and_then(|it| child(it, SAMLP, "StatusCode"));
        let codes = std::iter::successors(status, |it| child(*it, SAMLP, "StatusCode"));
        Self {
            id: owned(root, "ID").unwrap_or_default(),
            destination: owned(root, "Destination"),
            in_response_to: owned(root, "InResponseTo"),
            issuer: texts(root, SAML, "Issuer").concat(),
            name_id,
            session_indexes: texts(root, SAMLP, "SessionIndex"),
            status: codes.filter_map(|code| owned(code, "Value")).collect(),
            relay_state: message.relay_state.clone(),
            is_signed: message.is_signed,
            xml: message.xml.clone(),
        }
    }
}

/// A message out of its envelope.
struct Received {
    is_signed: bool,
    relay_state: Option<String>,
    xml: String,
}

impl Received {
    fn from_redirect(url: &str, kind: MessageKind, key: Option<&VerifyingKey>) -> Self {
        let url = Url::parse(url).expect("not a URL");
        let query = url.query().expect("no query");
        let message = redirect::decode(query).expect("no message in the query");
        assert_eq!(message.kind, kind);
        let is_signed = query.contains("Signature=");
        if let Some(key) = key.filter(|_| is_signed) {
            let keys = std::slice::from_ref(key);
            message
                .verify(keys, &Algorithms::new())
                .expect("the signature does not hold");
        }
        Self {
            is_signed,
            relay_state: message.relay_state,
            xml: String::from_utf8(message.xml).expect("not UTF-8"),
        }
    }

    fn from_form<'f>(
        fields: impl IntoIterator<Item = (&'f str, &'f str)>,
        kind: MessageKind,
        key: Option<&VerifyingKey>,
    ) -> Self {
        let fields: Vec<_> = fields.into_iter().collect();
        let field = |name| {
            fields
                .iter()
                .find(|(it, _)| *it == name)
                .map(|(_, value)| *value)
        };
        let value = field(kind.parameter()).expect("no message in the form");
        let xml = post::decode(kind, value).expect("not a message");
        let document = Document::parse(&xml, &Limits::message()).expect("not XML");
        let is_signed = has_signature(document.root());
        if let Some(key) = key.filter(|_| is_signed) {
            let keys = std::slice::from_ref(key);
            verify_enveloped(document.root(), keys, &Algorithms::new())
                .expect("the signature does not hold");
        }
        Self {
            is_signed,
            relay_state: field("RelayState").map(str::to_owned),
            xml: String::from_utf8(xml.clone()).expect("not UTF-8"),
        }
    }

    fn document(&self) -> Document<'_> {
        Document::parse(self.xml.as_bytes(), &Limits::message()).expect("not XML")
    }
}

fn child<'d>(element: Element<'d>, namespace: &str, name: &str) -> Option<Element<'d>> {
    element
        .only_child(namespace, name)
        .expect("there are several")
}

fn owned(element: Element<'_>, attribute: &str) -> Option<String> {
    element.attribute(attribute).map(str::to_owned)
}

/// The texts of the children with this name.
fn texts(element: Element<'_>, namespace: &str, name: &str) -> Vec<String> {
    let text = |it: Element<'_>| it.text().expect("not text").to_owned();
    element.children_named(namespace, name).map(text).collect()
}
