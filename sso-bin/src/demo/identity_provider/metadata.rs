//! What the service has to know about the demonstration identity provider (SAML Metadata 2.4.3).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sso_core::xml::Writer;

/// The metadata of the provider at `base`, which signs with the key of `certificate`.
pub(super) fn write(base: &str, certificate: &[u8]) -> String {
    let mut xml = Writer::new();
    xml.start("md:EntityDescriptor")
        .namespace("md", "urn:oasis:names:tc:SAML:2.0:metadata")
        .namespace("ds", sso_core::signature::DS)
        .attr("entityID", &entity_id(base));
    xml.start("md:IDPSSODescriptor")
        .attr(
            "protocolSupportEnumeration",
            "urn:oasis:names:tc:SAML:2.0:protocol",
        )
        .attr("WantAuthnRequestsSigned", "false");
    xml.start("md:KeyDescriptor")
        .attr("use", "signing")
        .start("ds:KeyInfo")
        .start("ds:X509Data");
    xml.element("ds:X509Certificate", &BASE64_STANDARD.encode(certificate));
    xml.end().end().end();
    endpoint(&mut xml, "md:SingleLogoutService", &format!("{base}/slo"));
    endpoint(&mut xml, "md:SingleSignOnService", &format!("{base}/sso"));
    xml.finish()
}

/// Its entity ID.
pub(super) fn entity_id(base: &str) -> String {
    format!("{base}/demo-idp")
}

fn endpoint(xml: &mut Writer, name: &'static str, location: &str) {
    xml.start(name)
        .attr(
            "Binding",
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
        )
        .attr("Location", location)
        .end();
}
