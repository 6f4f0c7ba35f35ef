//! Asking an identity provider to authenticate somebody (SAML Core 3.4.1).

use super::RequestedContext;
use crate::UnixTime;
use crate::config::{IdentityProvider, IdpName, Service};
use crate::saml::metadata::Endpoint;
use crate::xml::Writer;

/// What the user's way into a sign-in adds to the settings of the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestOptions {
    /// The user must authenticate anew, whatever session the provider has.
    pub force_authn: bool,
    /// The provider must not show anything to the user.
    pub is_passive: bool,
}

/// A request for authentication.
#[derive(Clone, Debug)]
pub struct AuthnRequest {
    id: String,
    destination: String,
    issuer: String,
    acs_url: String,
    issue_instant: UnixTime,
    options: RequestOptions,
    name_id_format: Option<String>,
    requested_context: Option<RequestedContext>,
}

impl AuthnRequest {
    /// A request to `provider` at `endpoint`, with a new random identifier of 160 bits.
    #[must_use]
    pub fn new(
        service: &Service,
        provider: &IdentityProvider,
        endpoint: &Endpoint,
        options: RequestOptions,
        now: UnixTime,
    ) -> Self {
        Self {
            id: super::random_id(),
            destination: endpoint.destination().to_owned(),
            issuer: service.entity_id().to_string(),
            acs_url: service.acs_url(),
            issue_instant: now.to_the_second(),
            options: RequestOptions {
                force_authn: options.force_authn || provider.force_authn(),
                ..options
            },
            name_id_format: provider.name_id_format().map(str::to_owned),
            requested_context: provider.requested_context().cloned(),
        }
    }

    /// The identifier, which the answer must repeat.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What must be remembered, sealed in the browser that asks, to check the answer.
    #[must_use]
    pub fn pending(&self, provider: &IdentityProvider) -> PendingRequest {
        PendingRequest {
            id: self.id.clone(),
            identity_provider: provider.name().clone(),
            issued_at: self.issue_instant,
            force_authn: self.options.force_authn,
            requested_context: self.requested_context.clone(),
        }
    }

    /// The message.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = Writer::new();
        xml.start("samlp:AuthnRequest")
            .namespace("samlp", super::SAMLP)
            .namespace("saml", super::SAML)
            .attr("ID", &self.id)
            .attr("Version", "2.0")
            .attr("IssueInstant", &self.issue_instant.to_string())
            .attr("Destination", &self.destination)
            .attr_opt("ForceAuthn", self.options.force_authn.then_some("true"))
            .attr_opt("IsPassive", self.options.is_passive.then_some("true"))
            .attr(
                "ProtocolBinding",
                "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
            )
            .attr("AssertionConsumerServiceURL", &self.acs_url)
            .element("saml:Issuer", &self.issuer)
            .start("samlp:NameIDPolicy")
            .attr_opt("Format", self.name_id_format.as_deref())
            .attr("AllowCreate", "true")
            .end();
        if let Some(context) = &self.requested_context {
            write_context(&mut xml, context);
        }
        xml.finish()
    }
}

fn write_context(xml: &mut Writer, context: &RequestedContext) {
    xml.start("samlp:RequestedAuthnContext")
        .attr("Comparison", context.comparison().as_str());
    for class in context.asked() {
        xml.element("saml:AuthnContextClassRef", class);
    }
    xml.end();
}

/// A request that waits for its answer: all that decides whether an answer is one to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingRequest {
    /// Identifier of the request.
    pub id: String,
    /// Whom it went to.
    pub identity_provider: IdpName,
    /// When.
    pub issued_at: UnixTime,
    /// Whether the user had to authenticate anew.
    pub force_authn: bool,
    /// How the user had to be authenticated.
    pub requested_context: Option<RequestedContext>,
}

impl PendingRequest {
    /// Puts together a request that was remembered.
    #[must_use]
    pub const fn new(
        id: String,
        identity_provider: IdpName,
        issued_at: UnixTime,
        force_authn: bool,
        requested_context: Option<RequestedContext>,
    ) -> Self {
        Self {
            id,
            identity_provider,
            issued_at,
            force_authn,
            requested_context,
        }
    }
}
