//! Logout messages, right in everything that a test does not change.

use futures_executor::block_on;
use url::Url;

use super::response::{LIFETIME, SUCCESS, issuer, moment, status};
use super::{FakeIdp, FakeNameId, attribute, new_id};
use crate::UnixTime;
use crate::saml::binding::{MessageKind, redirect};
use crate::signature::{Signer, base64};
use crate::testkit::NOON;

/// A request of the provider to end sessions. All fields can be changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FakeLogoutRequest {
    /// `ID`.
    pub id: String,
    /// `Version`.
    pub version: Option<String>,
    /// `IssueInstant`.
    pub issue_instant: UnixTime,
    /// `NotOnOrAfter`. Default: five minutes after noon.
    pub not_on_or_after: Option<UnixTime>,
    /// `Destination`.
    pub destination: Option<String>,
    /// `Issuer`.
    pub issuer: Option<String>,
    /// Whose sessions.
    pub name_id: Option<FakeNameId>,
    /// Which of them; all if there is none.
    pub session_indexes: Vec<String>,
    idp: FakeIdp,
    slo_url: String,
}

impl FakeLogoutRequest {
    pub(super) fn new(idp: &FakeIdp, slo_url: &str, name_id: FakeNameId) -> Self {
        Self {
            id: new_id(),
            version: Some("2.0".to_owned()),
            issue_instant: NOON,
            not_on_or_after: Some(NOON.later(LIFETIME)),
            destination: Some(slo_url.to_owned()),
            issuer: Some(idp.entity_id().to_owned()),
            name_id: Some(name_id),
            session_indexes: Vec::new(),
            idp: idp.clone(),
            slo_url: slo_url.to_owned(),
        }
    }

    /// Changes fields.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The message, not signed.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let attributes = [
            attribute("ID", Some(&self.id)),
            attribute("Version", self.version.as_ref()),
            attribute("IssueInstant", Some(self.issue_instant.to_string())),
            moment("NotOnOrAfter", self.not_on_or_after),
            attribute("Destination", self.destination.as_ref()),
        ];
        let index = |it: &String| {
            format!(
                "<samlp:SessionIndex>{}</samlp:SessionIndex>",
                super::escape(it)
            )
        };
        [
            &start("LogoutRequest", &attributes.concat()),
            &issuer(self.issuer.as_deref()),
            &self
                .name_id
                .as_ref()
                .map_or_else(String::new, FakeNameId::to_xml),
            &self.session_indexes.iter().map(index).collect::<String>(),
            "</samlp:LogoutRequest>",
        ]
        .concat()
    }

    /// The address that the browser is sent to, signed.
    #[must_use]
    pub fn to_redirect(&self, relay_state: Option<&str>) -> String {
        self.idp.redirect(
            MessageKind::Request,
            &self.to_xml(),
            &self.slo_url,
            relay_state,
        )
    }

    /// The value of the form field `SAMLRequest`, signed.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(self.idp.sign(&self.to_xml(), &self.id).as_bytes())
    }
}

/// The provider's answer to a logout request. All fields can be changed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FakeLogoutResponse {
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
    idp: FakeIdp,
    slo_url: String,
}

impl FakeLogoutResponse {
    pub(super) fn new(idp: &FakeIdp, slo_url: &str, in_response_to: &str) -> Self {
        Self {
            id: new_id(),
            version: Some("2.0".to_owned()),
            issue_instant: NOON,
            destination: Some(slo_url.to_owned()),
            in_response_to: Some(in_response_to.to_owned()),
            issuer: Some(idp.entity_id().to_owned()),
            status: vec![SUCCESS.to_owned()],
            idp: idp.clone(),
            slo_url: slo_url.to_owned(),
        }
    }

    /// Changes fields.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The message, not signed.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let attributes = [
            attribute("ID", Some(&self.id)),
            attribute("Version", self.version.as_ref()),
            attribute("IssueInstant", Some(self.issue_instant.to_string())),
            attribute("Destination", self.destination.as_ref()),
            attribute("InResponseTo", self.in_response_to.as_ref()),
        ];
        [
            &start("LogoutResponse", &attributes.concat()),
            &issuer(self.issuer.as_deref()),
            &status(&self.status, None),
            "</samlp:LogoutResponse>",
        ]
        .concat()
    }

    /// The address that the browser is sent to, signed.
    #[must_use]
    pub fn to_redirect(&self, relay_state: Option<&str>) -> String {
        self.idp.redirect(
            MessageKind::Response,
            &self.to_xml(),
            &self.slo_url,
            relay_state,
        )
    }

    /// The value of the form field `SAMLResponse`, signed.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64::encode(self.idp.sign(&self.to_xml(), &self.id).as_bytes())
    }
}

impl FakeIdp {
    /// The address that takes a message to `destination`, signed.
    #[must_use]
    pub fn redirect(
        &self,
        kind: MessageKind,
        xml: &str,
        destination: &str,
        relay_state: Option<&str>,
    ) -> String {
        let destination = Url::parse(destination).expect("not a URL");
        let signer: &dyn Signer = &*self.signer;
        block_on(redirect::encode(
            kind,
            xml,
            &destination,
            relay_state,
            Some(signer),
        ))
        .expect("cannot be signed")
    }
}

fn start(name: &str, attributes: &str) -> String {
    format!(
        r#"<samlp:{name} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"{attributes}>"#
    )
}
