//! Answering an identity provider that ended a session (SAML Core 3.7.2).

use super::{PARTIAL_LOGOUT, REQUESTER, SUCCESS};
use crate::UnixTime;
use crate::config::Service;
use crate::saml::metadata::Endpoint;
use crate::saml::{SAML, SAMLP, random_id};
use crate::xml::Writer;

/// What we tell the provider about its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogoutStatus {
    /// The sessions that are ours to end have ended, but not all that belong to them.
    PartialLogout,
    /// The request is believed, but asks for nothing that can be done.
    Requester,
    /// The sessions have ended, or there were none: the provider learns no difference.
    Success,
}

impl LogoutStatus {
    /// Status codes from the outermost inwards (SAML Core 3.2.2.2 and 3.7.3.2).
    const fn codes(self) -> &'static [&'static str] {
        match self {
            Self::PartialLogout => &[SUCCESS, PARTIAL_LOGOUT],
            Self::Requester => &[REQUESTER],
            Self::Success => &[SUCCESS],
        }
    }
}

/// The answer to a logout request.
#[derive(Clone, Debug)]
pub struct LogoutResponse {
    id: String,
    destination: String,
    in_response_to: String,
    issuer: String,
    issue_instant: UnixTime,
    status: LogoutStatus,
}

impl LogoutResponse {
    /// An answer to the request `in_response_to`, which goes to the `ResponseLocation` of
    /// `endpoint` if it has one (SAML Metadata 2.2.2), with a new random identifier of 160 bits.
    #[must_use]
    pub fn new(
        service: &Service,
        endpoint: &Endpoint,
        in_response_to: &str,
        status: LogoutStatus,
        now: UnixTime,
    ) -> Self {
        let elsewhere = endpoint.response_location.as_ref();
        let destination = elsewhere.map_or_else(|| endpoint.destination(), |url| url.as_str());
        Self {
            id: random_id(),
            destination: destination.to_owned(),
            in_response_to: in_response_to.to_owned(),
            issuer: service.entity_id().to_string(),
            issue_instant: now.to_the_second(),
            status,
        }
    }

    /// The identifier, which a signature refers to.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The message.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = Writer::new();
        xml.start("samlp:LogoutResponse")
            .namespace("samlp", SAMLP)
            .namespace("saml", SAML)
            .attr("ID", &self.id)
            .attr("Version", "2.0")
            .attr("IssueInstant", &self.issue_instant.to_string())
            .attr("Destination", &self.destination)
            .attr("InResponseTo", &self.in_response_to)
            .element("saml:Issuer", &self.issuer)
            .start("samlp:Status");
        for code in self.status.codes() {
            xml.start("samlp:StatusCode").attr("Value", code);
        }
        xml.finish()
    }
}
