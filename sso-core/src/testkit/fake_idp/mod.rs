//! An identity provider for tests: it answers requests with whatever a test wants it to say.
//!
//! ```
//! use sso_core::config::Service;
//! use sso_core::testkit::{FakeIdp, FakeRequest, NOON};
//! use sso_core::saml::Verifier;
//!
//! let service = Service::new("https://app.example").unwrap();
//! let idp = FakeIdp::new();
//! let providers = [idp.identity_provider("fake").dangerous().accept_unsolicited_responses().done()];
//! let response = idp.response(&FakeRequest::none(&service));
//! let assertion = Verifier::new(&service, &providers, &[])
//!     .verify(response.to_xml().as_bytes(), None, NOON)
//!     .unwrap();
//! assert_eq!(assertion.name_id.as_ref().unwrap().value, "alice");
//!
//! let evil = idp.response(&FakeRequest::none(&service)).tamper(|xml| xml.replace("alice", "admin"));
//! let rejection = Verifier::new(&service, &providers, &[])
//!     .verify(evil.to_xml().as_bytes(), None, NOON)
//!     .unwrap_err();
//! assert_eq!(rejection.code(), "sig.digest_mismatch");
//! ```

mod assertion;
mod key;
mod logout;
mod request;
mod response;

use std::sync::Arc;

use futures_executor::block_on;
use rustls_pki_types::CertificateDer;

pub use assertion::{FakeAssertion, FakeAuthn, FakeConfirmation, FakeNameId};
pub use key::KeyKind;
pub use logout::{FakeLogoutRequest, FakeLogoutResponse};
pub use request::{FakeRequest, ReceivedLogout};
pub use response::{FakeResponse, Place, Signed};

use crate::config::{IdentityProvider, IdpName};
use crate::saml::metadata::IdpMetadata;
use crate::signature::{SignatureAlgorithm, Signer, SoftSigner, VerifyingKey, sign_enveloped};
use crate::testkit::NOON;
use key::{Key, Owner};

/// An identity provider that says what a test wants.
///
/// Clones are the same provider. Keys are made once in a process. Whatever cannot be done panics:
/// this is for tests.
#[derive(Clone, Debug)]
pub struct FakeIdp {
    entity_id: String,
    key: Arc<Key>,
    signer: Arc<SoftSigner>,
}

impl FakeIdp {
    /// A provider with an RSA key of 2048 bits, named `https://idp.example/metadata`.
    #[must_use]
    pub fn new() -> Self {
        Self::with_key(KeyKind::Rsa2048)
    }

    /// The provider of [`new`](Self::new) with a key of another kind.
    #[must_use]
    pub fn with_key(kind: KeyKind) -> Self {
        Self::build(ENTITY_ID, Key::of(kind, Owner::Provider))
    }

    /// Another provider, with its own name and its own key.
    #[must_use]
    pub fn another() -> Self {
        let key = Key::of(KeyKind::Rsa2048, Owner::AnotherProvider);
        Self::build("https://other-idp.example/metadata", key)
    }

    /// Somebody who uses the name of [`new`](Self::new), with a key of their own.
    #[must_use]
    pub fn impostor() -> Self {
        Self::build(ENTITY_ID, Key::of(KeyKind::Rsa2048, Owner::Impostor))
    }

    fn build(entity_id: &str, key: Arc<Key>) -> Self {
        Self {
            entity_id: entity_id.to_owned(),
            signer: Arc::new(key.signer()),
            key,
        }
    }

    /// The same provider under another name.
    #[must_use]
    pub fn named(self, entity_id: &str) -> Self {
        Self {
            entity_id: entity_id.to_owned(),
            ..self
        }
    }

    /// Signs with `algorithm`, which must be one for the provider's kind of key.
    #[must_use]
    pub fn with_algorithm(self, algorithm: SignatureAlgorithm) -> Self {
        let signer = self.key.signer().with_algorithm(algorithm);
        Self {
            signer: Arc::new(signer.expect("the algorithm is for another kind of key")),
            ..self
        }
    }

    /// The provider's name.
    #[must_use]
    pub fn entity_id(&self) -> &str {
        &self.entity_id
    }

    /// The certificate of the signing key.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        self.signer.certificate()
    }

    /// What the provider signs with.
    #[must_use]
    pub fn signer(&self) -> Arc<dyn Signer> {
        Arc::<SoftSigner>::clone(&self.signer)
    }

    /// The private key in PKCS #8, for tests that sign in ways of their own.
    #[must_use]
    pub fn private_key_der(&self) -> &[u8] {
        self.key.pkcs8()
    }

    /// What verifies the provider's signatures.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.signer
            .verifying_key()
            .expect("the certificate was read before")
    }

    /// Where the provider takes requests.
    #[must_use]
    pub fn sign_in_url(&self) -> String {
        self.at("/sso")
    }

    /// Where the provider takes logout messages.
    #[must_use]
    pub fn sign_out_url(&self) -> String {
        self.at("/slo")
    }

    /// An address beside the entity ID.
    fn at(&self, path: &str) -> String {
        let origin = self.entity_id.strip_suffix("/metadata");
        format!("{}{path}", origin.unwrap_or("https://idp.example"))
    }

    /// The provider's metadata.
    #[must_use]
    pub fn metadata(&self) -> String {
        let binding = |it| format!("urn:oasis:names:tc:SAML:2.0:bindings:{it}");
        let service = |name, url: &str| {
            ["HTTP-Redirect", "HTTP-POST"].map(|it| {
                format!(
                    r#"<md:{name} Binding="{}" Location="{}"/>"#,
                    binding(it),
                    escape(url)
                )
            })
        };
        format!(
            r#"<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>{sign_out}{sign_in}</md:IDPSSODescriptor></md:EntityDescriptor>"#,
            entity_id = escape(&self.entity_id),
            certificate = crate::signature::base64::encode(self.certificate()),
            sign_out = service("SingleLogoutService", &self.sign_out_url()).concat(),
            sign_in = service("SingleSignOnService", &self.sign_in_url()).concat(),
        )
    }

    /// The provider as it is configured from its metadata, as `name`.
    #[must_use]
    pub fn identity_provider(&self, name: &str) -> IdentityProvider {
        let name = IdpName::new(name).expect("not a name");
        let metadata = IdpMetadata::parse(self.metadata().as_bytes(), NOON).expect("own metadata");
        IdentityProvider::from_metadata(name, &metadata).expect("own metadata")
    }

    /// A response to `request`, in which everything is as it should be: `alice` signed in at
    /// [`NOON`], and the assertion is signed.
    #[must_use]
    pub fn response(&self, request: &FakeRequest) -> FakeResponse {
        FakeResponse::new(self, request)
    }

    /// A request to the service at `slo_url` to end the sessions of `name_id`.
    #[must_use]
    pub fn logout_request(&self, slo_url: &str, name_id: FakeNameId) -> FakeLogoutRequest {
        FakeLogoutRequest::new(self, slo_url, name_id)
    }

    /// The answer `Success` to the logout request `in_response_to` of the service at `slo_url`.
    #[must_use]
    pub fn logout_response(&self, slo_url: &str, in_response_to: &str) -> FakeLogoutResponse {
        FakeLogoutResponse::new(self, slo_url, in_response_to)
    }

    /// `xml` with the element `id` signed.
    #[must_use]
    pub fn sign(&self, xml: &str, id: &str) -> String {
        block_on(sign_enveloped(xml, id, &*self.signer)).expect("cannot be signed")
    }
}

impl Default for FakeIdp {
    fn default() -> Self {
        Self::new()
    }
}

/// ` name="value"`, or nothing.
fn attribute(name: &str, value: Option<impl AsRef<str>>) -> String {
    value.map_or_else(String::new, |value| {
        format!(r#" {name}="{}""#, escape(value.as_ref()))
    })
}

/// `text` as it stands in text or in a quoted value.
fn escape(text: &str) -> String {
    let escapes = [
        ('&', "&amp;"),
        ('<', "&lt;"),
        ('>', "&gt;"),
        ('"', "&quot;"),
        ('\r', "&#13;"),
    ];
    escapes
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A new identifier.
fn new_id() -> String {
    format!("_{}", crate::random::hex::<16>())
}

const ENTITY_ID: &str = "https://idp.example/metadata";

#[cfg(test)]
mod tests;
