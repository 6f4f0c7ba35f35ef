//! Our own metadata, for identity providers.

use rustls_pki_types::CertificateDer;
use samael::key_info::{KeyInfo, X509Data};
use samael::metadata::{
    self as md, EncryptionMethod, EntityDescriptor, IndexedEndpoint, KeyDescriptor, SpSsoDescriptor,
};
use samael::traits::ToXml as _;

use super::{Binding, PROTOCOL};
use crate::config::Service;
use crate::saml::encryption::{Cipher, Oaep};
use crate::signature::{SignError, Signer, base64, sign_enveloped};

/// What we tell identity providers about ourselves (SAML Metadata 2.4.4).
///
/// Always in it: our entity ID, where responses are posted to, and that we want assertions signed.
/// It does not change unless we do: no date, no random identifier.
#[derive(Clone, Debug)]
pub struct ServiceProviderMetadata {
    acs_urls: Vec<String>,
    encryption: Vec<CertificateDer<'static>>,
    entity_id: String,
    name_id_formats: Vec<String>,
    requests: Requests,
    signing: Vec<CertificateDer<'static>>,
    slo_urls: Vec<String>,
}

impl ServiceProviderMetadata {
    /// The metadata of a service that neither signs nor decrypts.
    #[must_use]
    pub fn new(service: &Service) -> Self {
        Self {
            acs_urls: vec![service.acs_url()],
            encryption: Vec::new(),
            entity_id: service.entity_id().to_string(),
            name_id_formats: Vec::new(),
            requests: Requests::Unsigned,
            signing: Vec::new(),
            slo_urls: vec![service.slo_url()],
        }
    }

    /// Lists the addresses of `service` too, behind those that are there: another name of the same
    /// entity.
    #[must_use]
    pub fn with_name(mut self, service: &Service) -> Self {
        self.acs_urls.push(service.acs_url());
        self.slo_urls.push(service.slo_url());
        self
    }

    /// Lists one more certificate that a signature of ours may belong to, now or soon.
    ///
    /// With the first one comes the single logout service, since logout messages are signed.
    #[must_use]
    pub fn with_signing_certificate(mut self, certificate: &CertificateDer<'_>) -> Self {
        self.signing.push(certificate.clone().into_owned());
        self
    }

    /// Lists one more certificate to encrypt to. Providers use the first, or any.
    #[must_use]
    pub fn with_encryption_certificate(mut self, certificate: &CertificateDer<'_>) -> Self {
        self.encryption.push(certificate.clone().into_owned());
        self
    }

    /// Promises that every request is signed.
    #[must_use]
    pub const fn with_signed_requests(mut self) -> Self {
        self.requests = Requests::Signed;
        self
    }

    /// Lists one more format of `NameID` that we take. Default: none is listed, we take any.
    #[must_use]
    pub fn with_name_id_format(mut self, format: impl Into<String>) -> Self {
        self.name_id_formats.push(format.into());
        self
    }

    /// The metadata, not signed.
    ///
    /// # Errors
    ///
    /// [`PublishError::Write`]; no input is known that leads there.
    pub fn to_xml(&self) -> Result<String, PublishError> {
        let xml = self.descriptor().to_string();
        let xml = xml.map_err(|error| PublishError::Write(error.to_string()))?;
        // The library leaves out the ID that a signature refers to.
        Ok(xml.replacen(ROOT, &format!("{ROOT} ID=\"{ID}\""), 1))
    }

    /// The metadata, signed by `signer`.
    ///
    /// # Errors
    ///
    /// As [`to_xml`](Self::to_xml), and [`PublishError::Sign`].
    pub async fn sign(&self, signer: &dyn Signer) -> Result<String, PublishError> {
        Ok(sign_enveloped(&self.to_xml()?, ID, signer).await?)
    }

    fn descriptor(&self) -> EntityDescriptor {
        EntityDescriptor {
            entity_id: Some(self.entity_id.clone()),
            sp_sso_descriptors: Some(vec![self.role()]),
            ..EntityDescriptor::default()
        }
    }

    fn role(&self) -> SpSsoDescriptor {
        let formats = self.name_id_formats.iter().map(|format| escaped(format));
        SpSsoDescriptor {
            protocol_support_enumeration: Some(PROTOCOL.to_owned()),
            authn_requests_signed: Some(self.requests == Requests::Signed),
            want_assertions_signed: Some(true),
            key_descriptors: Some(self.keys()),
            single_logout_services: Some(self.logout_services()),
            name_id_formats: Some(formats.collect()),
            assertion_consumer_services: (0..).zip(&self.acs_urls).map(consumer).collect(),
            ..SpSsoDescriptor::default()
        }
    }

    fn keys(&self) -> Vec<KeyDescriptor> {
        let signing = self.signing.iter().map(|it| key("signing", it, &[]));
        let encryption = self.encryption.iter();
        let encryption = encryption.map(|it| key("encryption", it, &ENCRYPTION_METHODS));
        signing.chain(encryption).collect()
    }

    fn logout_services(&self) -> Vec<md::Endpoint> {
        let bindings: &[_] = match self.signing.as_slice() {
            [] => &[],
            _ => &[Binding::Redirect, Binding::Post],
        };
        let at = |url: &String, binding: &Binding| md::Endpoint {
            binding: binding.uri().to_owned(),
            location: url.clone(),
            response_location: None,
        };
        let urls = self.slo_urls.iter();
        urls.flat_map(|url| bindings.iter().map(move |binding| at(url, binding)))
            .collect()
    }
}

/// Why there is no metadata.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It could not be signed.
    #[error("the metadata cannot be signed")]
    Sign(#[from] SignError),
    /// It could not be written.
    #[error("the metadata cannot be written: {0}")]
    Write(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Requests {
    Signed,
    Unsigned,
}

/// An address where responses are posted to; the first one is the default.
fn consumer((index, url): (usize, &String)) -> IndexedEndpoint {
    IndexedEndpoint {
        binding: Binding::Post.uri().to_owned(),
        location: url.clone(),
        response_location: None,
        index,
        is_default: Some(index == 0),
    }
}

fn key(usage: &str, certificate: &CertificateDer<'_>, methods: &[&str]) -> KeyDescriptor {
    let methods = methods.iter().map(|method| EncryptionMethod {
        algorithm: (*method).to_owned(),
    });
    KeyDescriptor {
        key_use: Some(usage.to_owned()),
        key_info: KeyInfo {
            id: None,
            x509_data: Some(X509Data {
                certificates: vec![base64::encode(certificate)],
            }),
        },
        encryption_methods: Some(methods.collect()),
    }
}

/// The library escapes attributes, but not texts.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// What we decrypt, the best first; CBC is not advertised, even where it is accepted.
const ENCRYPTION_METHODS: [&str; 4] = [
    Cipher::Aes256Gcm.uri(),
    Cipher::Aes128Gcm.uri(),
    Oaep::MGF1P,
    Oaep::ANY_MASK,
];
const ID: &str = "_sso-connect";
const ROOT: &str = "<md:EntityDescriptor";

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;
    use crate::signature::test_keys::{OTHER_RSA, P256, RSA};
    use crate::signature::{Algorithms, verify_enveloped};
    use crate::xml::{Document, Limits};

    #[test]
    fn says_where_we_are_and_with_which_keys() {
        let xml = whole().to_xml().unwrap();
        let named = [
            (&RSA.certificate, "FIRST"),
            (&OTHER_RSA.certificate, "SECOND"),
            (&P256.certificate, "THIRD"),
        ];
        let readable = named.into_iter().fold(xml, |text, (certificate, name)| {
            text.replace(&base64::encode(certificate), name)
        });
        insta::assert_snapshot!(readable.replace("><", ">\n<"), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <md:EntityDescriptor ID="_sso-connect" xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi" xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:idpdisc="urn:oasis:names:tc:SAML:profiles:SSO:idp-discovery-protocol" entityID="https://sso.example.com/sso-connect">
        <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true" AuthnRequestsSigned="true">
        <md:KeyDescriptor use="signing">
        <ds:KeyInfo>
        <ds:X509Data>
        <ds:X509Certificate>FIRST</ds:X509Certificate>
        </ds:X509Data>
        </ds:KeyInfo>
        </md:KeyDescriptor>
        <md:KeyDescriptor use="signing">
        <ds:KeyInfo>
        <ds:X509Data>
        <ds:X509Certificate>THIRD</ds:X509Certificate>
        </ds:X509Data>
        </ds:KeyInfo>
        </md:KeyDescriptor>
        <md:KeyDescriptor use="encryption">
        <ds:KeyInfo>
        <ds:X509Data>
        <ds:X509Certificate>FIRST</ds:X509Certificate>
        </ds:X509Data>
        </ds:KeyInfo>
        <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm">
        </md:EncryptionMethod>
        <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm">
        </md:EncryptionMethod>
        <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p">
        </md:EncryptionMethod>
        <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep">
        </md:EncryptionMethod>
        </md:KeyDescriptor>
        <md:KeyDescriptor use="encryption">
        <ds:KeyInfo>
        <ds:X509Data>
        <ds:X509Certificate>SECOND</ds:X509Certificate>
        </ds:X509Data>
        </ds:KeyInfo>
        <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm">
        </md:EncryptionMethod>
        <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm">
        </md:EncryptionMethod>
        <md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p">
        </md:EncryptionMethod>
        <md:EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#rsa-oaep">
        </md:EncryptionMethod>
        </md:KeyDescriptor>
        <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://sso.example.com/sso-connect/saml/slo">
        </md:SingleLogoutService>
        <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sso.example.com/sso-connect/saml/slo">
        </md:SingleLogoutService>
        <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>
        <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sso.example.com/sso-connect/saml/sso" index="0" isDefault="true">
        </md:AssertionConsumerService>
        </md:SPSSODescriptor>
        </md:EntityDescriptor>
        "#);
    }

    #[test]
    fn a_service_without_keys_publishes_neither_keys_nor_a_logout_service() {
        let xml = ServiceProviderMetadata::new(&service()).to_xml().unwrap();
        assert!(xml.contains("AuthnRequestsSigned=\"false\""));
        assert!(!xml.contains("KeyDescriptor") && !xml.contains("SingleLogoutService"));
    }

    #[test]
    fn stays_the_same_from_one_time_to_the_next() {
        assert_eq!(whole().to_xml().unwrap(), whole().to_xml().unwrap());
    }

    #[test]
    fn is_in_the_order_of_the_schema() {
        let xml = whole().to_xml().unwrap();
        let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
        let role = document.root().children().next().unwrap();
        let mut names: Vec<_> = role.children().map(|child| child.local_name()).collect();
        names.dedup();
        let expected = [
            "KeyDescriptor",
            "SingleLogoutService",
            "NameIDFormat",
            "AssertionConsumerService",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_signature_covers_all_of_it_and_comes_first() {
        let signed = block_on(whole().sign(&RSA.signer())).unwrap();
        let document = Document::parse(signed.as_bytes(), &Limits::message()).unwrap();
        let root = document.root();
        assert_eq!(root.children().next().unwrap().local_name(), "Signature");
        let keys = [RSA.verifying_key()];
        let verified = verify_enveloped(root, &keys, &Algorithms::new()).unwrap();
        assert!(verified.bytes().starts_with(b"<md:EntityDescriptor"));
    }

    #[test]
    fn what_we_publish_is_read_by_others_with_nothing_lost() {
        let xml = block_on(whole().sign(&RSA.signer())).unwrap();
        let read: EntityDescriptor = xml.parse().unwrap();
        assert_eq!(read.entity_id, whole().descriptor().entity_id);
        let role = &read.sp_sso_descriptors.unwrap()[0];
        let service = &role.assertion_consumer_services[0];
        assert_eq!(
            service.location,
            "https://sso.example.com/sso-connect/saml/sso"
        );
        assert_eq!(role.key_descriptors.as_ref().unwrap().len(), 4);
    }

    #[test]
    fn no_value_becomes_markup() {
        let name = crate::config::EntityId::new("urn:a\"><b>&amp;'").unwrap();
        let service = service().with_entity_id(name);
        let metadata = ServiceProviderMetadata::new(&service).with_name_id_format("</x>&");
        let xml = metadata.to_xml().unwrap();
        let document = Document::parse(xml.as_bytes(), &Limits::message()).unwrap();
        let root = document.root();
        assert_eq!(root.attribute("entityID"), Some("urn:a\"><b>&amp;'"));
        let mut formats = root
            .descendants()
            .filter(|it| it.local_name() == "NameIDFormat");
        assert_eq!(formats.next().unwrap().text(), Ok("</x>&"));
    }

    fn service() -> Service {
        Service::new("https://sso.example.com").unwrap()
    }

    fn whole() -> ServiceProviderMetadata {
        ServiceProviderMetadata::new(&service())
            .with_signing_certificate(&RSA.certificate)
            .with_signing_certificate(&P256.certificate)
            .with_encryption_certificate(&RSA.certificate)
            .with_encryption_certificate(&OTHER_RSA.certificate)
            .with_signed_requests()
            .with_name_id_format("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
    }
}
