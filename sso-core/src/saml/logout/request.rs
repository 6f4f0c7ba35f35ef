//! Asking an identity provider to end a session (SAML Core 3.7.1).

use std::time::Duration;

use crate::UnixTime;
use crate::config::{IdentityProvider, IdpName, Service};
use crate::saml::metadata::Endpoint;
use crate::saml::{NameId, SAML, SAMLP, random_id};
use crate::session::Session;
use crate::xml::Writer;

/// A request to end a session everywhere.
///
/// Providers must not believe an unsigned one that came through a browser (SAML Profiles
/// 4.4.3.1), so there is no use in sending one.
#[derive(Clone, Debug)]
pub struct LogoutRequest {
    id: String,
    destination: String,
    issuer: String,
    issue_instant: UnixTime,
    name_id: NameId,
    provider: IdpName,
    session_index: Option<String>,
}

impl LogoutRequest {
    /// A request to `provider` at `endpoint` to end `session`, with a new random identifier of
    /// 160 bits.
    ///
    /// `None` if the provider did not name the user when the session began, so that we have no
    /// words to say who it is.
    #[must_use]
    pub fn new(
        service: &Service,
        provider: &IdentityProvider,
        endpoint: &Endpoint,
        session: &Session,
        now: UnixTime,
    ) -> Option<Self> {
        Some(Self {
            id: random_id(),
            destination: endpoint.destination().to_owned(),
            issuer: service.entity_id().to_string(),
            issue_instant: now.to_the_second(),
            // Read strictly and written anew: nothing that was stored becomes markup of ours.
            name_id: NameId::parse(&session.name_id)?,
            provider: provider.name().clone(),
            session_index: session.session_index.clone(),
        })
    }

    /// The identifier, which the answer must repeat.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What must be remembered, sealed in the browser that leaves, to check the answer.
    #[must_use]
    pub fn pending(&self) -> PendingLogout {
        PendingLogout::new(self.id.clone(), self.provider.clone())
    }

    /// The message.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = Writer::new();
        let end = self.issue_instant.later(LIFETIME);
        xml.start("samlp:LogoutRequest")
            .namespace("samlp", SAMLP)
            .namespace("saml", SAML)
            .attr("ID", &self.id)
            .attr("Version", "2.0")
            .attr("IssueInstant", &self.issue_instant.to_string())
            .attr("Destination", &self.destination)
            .attr("NotOnOrAfter", &end.to_string())
            .element("saml:Issuer", &self.issuer);
        self.name_id.fill(xml.start("saml:NameID")).end();
        if let Some(session_index) = &self.session_index {
            xml.element("samlp:SessionIndex", session_index);
        }
        xml.finish()
    }
}

/// A logout request of ours that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingLogout {
    /// Identifier of the request.
    pub id: String,
    /// Whom it went to.
    pub identity_provider: IdpName,
}

impl PendingLogout {
    /// Puts together a request that was remembered.
    #[must_use]
    pub const fn new(id: String, identity_provider: IdpName) -> Self {
        Self {
            id,
            identity_provider,
        }
    }
}

/// How long a request is worth something: time for the browser to get there, and for clocks that
/// differ.
const LIFETIME: Duration = Duration::from_mins(5);
