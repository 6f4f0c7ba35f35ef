//! The description of an identity provider without what we do not use.

use super::{Endpoint, IdpMetadata, MD, PROTOCOL};
use crate::UnixTime;
use crate::saml::instant;
use crate::signature::{DS, base64};
use crate::xml::Writer;

impl IdpMetadata {
    /// Metadata that say what these say, and nothing else: no signature, no roles and extensions that
    /// we pass over, no names for people. It is often a tenth as long. The end of their
    /// validity is cut to the second.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let end = self.valid_until().map(instant::write);
        let wanted = self.wants_signed_requests().then_some("true");
        let mut xml = Writer::new();
        xml.start("md:EntityDescriptor")
            .namespace("md", MD)
            .namespace("ds", DS)
            .attr("entityID", self.entity_id().as_str())
            .attr_opt("validUntil", end.as_deref())
            .start("md:IDPSSODescriptor")
            .attr_opt("WantAuthnRequestsSigned", wanted)
            .attr("protocolSupportEnumeration", PROTOCOL);
        self.write_keys(&mut xml);
        write_endpoints(&mut xml, "md:SingleLogoutService", self.sign_out());
        for format in self.name_id_formats() {
            xml.element("md:NameIDFormat", format);
        }
        write_endpoints(&mut xml, "md:SingleSignOnService", self.sign_in());
        xml.finish()
    }

    /// Whether both say the same to us. Keys that were passed over say nothing, and the end of their
    /// validity counts to the second.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let end = |it: &Self| it.valid_until().map(UnixTime::to_the_second);
        self.entity_id() == other.entity_id()
            && end(self) == end(other)
            && self.wants_signed_requests() == other.wants_signed_requests()
            && self.signing_keys() == other.signing_keys()
            && self.signing_certificates() == other.signing_certificates()
            && self.sign_in() == other.sign_in()
            && self.sign_out() == other.sign_out()
            && self.name_id_formats() == other.name_id_formats()
    }

    fn write_keys(&self, xml: &mut Writer) {
        for signing in self.signing_certificates() {
            xml.start("md:KeyDescriptor")
                .attr("use", "signing")
                .start("ds:KeyInfo")
                .start("ds:X509Data")
                .element("ds:X509Certificate", &base64::encode(&signing.certificate))
                .end()
                .end()
                .end();
        }
    }
}

fn write_endpoints(xml: &mut Writer, name: &'static str, endpoints: &[Endpoint]) {
    for endpoint in endpoints {
        let answers = endpoint.response_location.as_ref();
        xml.start(name)
            .attr("Binding", endpoint.binding.uri())
            .attr("Location", endpoint.destination())
            .attr_opt("ResponseLocation", answers.map(url::Url::as_str))
            .end();
    }
}
