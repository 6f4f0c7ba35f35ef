//! How each input comes in, and what is made of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_executor::block_on;
use sso_core::login::AcsPost;
use sso_core::logout::{LogoutError, LogoutMessage, LogoutStep};
use sso_core::saml::encryption::Encryption;
use sso_core::saml::logout::LogoutOutcome;
use sso_core::saml::metadata::{IdpMetadata, MetadataError};
use sso_core::testkit::{NOON, Signed};

use super::{Outcome, SignedInput, Stage, header, query};
use crate::forge::{Forge, algorithm, cut, swap};

impl Stage {
    /// Brings a document in, the way that its input takes. The provider has signed the query, if it
    /// is one.
    pub(crate) fn take(&self, document: &str) -> Outcome {
        self.take_bytes(document.as_bytes())
    }

    pub(crate) fn take_bytes(&self, document: &[u8]) -> Outcome {
        match self.input {
            SignedInput::Assertion | SignedInput::Response => self.take_response(document),
            SignedInput::Decrypted => self.take_encrypted(document),
            SignedInput::Metadata => self.take_metadata(document),
            SignedInput::LogoutRequest | SignedInput::LogoutResponse => self.take_form(document),
            SignedInput::LogoutRequestInQuery | SignedInput::LogoutResponseInQuery => {
                let octets = query::message(self.parameter(), document);
                self.take_query(&query::signed(&octets, &self.idp))
            }
        }
    }

    /// `SAMLRequest` or `SAMLResponse`, as logout messages have it.
    pub(crate) const fn parameter(&self) -> &'static str {
        match self.input {
            SignedInput::LogoutRequest | SignedInput::LogoutRequestInQuery => "SAMLRequest",
            _ => "SAMLResponse",
        }
    }

    fn take_response(&self, document: &[u8]) -> Outcome {
        let post = AcsPost {
            saml_response: &base64(document),
            relay_state: self.request.relay_state.as_deref(),
        };
        let cookies = header(&self.cookies);
        match block_on(self.sso.finish_login(&post, Some(&cookies))) {
            Ok(signed_in) => said(&signed_in.user.account.value, ["alice", "admin"]),
            Err(failed) => refused(failed.rejection.code()),
        }
    }

    fn take_encrypted(&self, document: &[u8]) -> Outcome {
        let text = str::from_utf8(document).expect("the plaintext is encrypted as text");
        let encrypted = Encryption::to(self.ours.certificate()).assertion(text);
        let shell = self.response().sign(Signed::Neither).to_xml();
        let response = swap(&shell, cut(&shell, "saml:Assertion"), &encrypted);
        self.take_response(response.as_bytes())
    }

    fn take_metadata(&self, document: &[u8]) -> Outcome {
        let (keys, algorithms) = (self.provider.keys(), self.provider.algorithms());
        let read = IdpMetadata::verify(document, keys, algorithms)
            .and_then(|signed| IdpMetadata::parse(signed.bytes(), NOON));
        match read {
            Ok(metadata) => said(metadata.sign_in()[0].location.as_str(), self.input.words()),
            Err(MetadataError::Xml(error)) => refused(error.code()),
            Err(error) => refused(error.code()),
        }
    }

    fn take_form(&self, document: &[u8]) -> Outcome {
        let field = base64(document);
        let of = |parameter| (self.parameter() == parameter).then_some(field.as_str());
        self.take_logout(&LogoutMessage::Post {
            saml_request: of("SAMLRequest"),
            saml_response: of("SAMLResponse"),
            relay_state: None,
        })
    }

    /// Brings a logout message in by redirect.
    pub(crate) fn take_query(&self, query: &str) -> Outcome {
        self.take_logout(&LogoutMessage::Redirect { query })
    }

    fn take_logout(&self, message: &LogoutMessage<'_>) -> Outcome {
        let cookies = header(&self.cookies);
        match block_on(self.sso.receive_logout(message, Some(&cookies))) {
            Ok(LogoutStep {
                refused: Some(rejection),
                ..
            })
            | Err(LogoutError::Rejected(rejection)) => refused(rejection.code()),
            Ok(step) => self.said_by_logout(step.outcome.as_ref()),
            Err(error) => panic!("{error}"),
        }
    }

    fn said_by_logout(&self, outcome: Option<&LogoutOutcome>) -> Outcome {
        let is_over = |cookie: &String| block_on(self.sso.session(Some(cookie))).unwrap().is_none();
        let ended: Vec<_> = self.sessions.iter().map(is_over).collect();
        match (outcome, &*ended) {
            (Some(LogoutOutcome::Failed { .. }), []) | (None, [true, false]) => Outcome::Genuine,
            _ => Outcome::Evil,
        }
    }

    /// Brings in the document with a signature by whatever `sign` does: in it, made as `forge` tells,
    /// or of the query, by `method`.
    pub(crate) fn take_signed_by(
        &self,
        forge: &Forge,
        method: &str,
        sign: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Outcome {
        let unsigned = self.unsigned();
        if self.input.is_in_query() {
            let octets = query::message(self.parameter(), unsigned.as_bytes());
            return self.take_query(&query::signed_by(&octets, method, sign));
        }
        let by_method = forge
            .clone()
            .with(|it| it.signature_method = algorithm("SignatureMethod", method));
        self.take(&by_method.sign_by(&unsigned, self.input.id(), sign))
    }
}

fn said(text: &str, [genuine, evil]: [&str; 2]) -> Outcome {
    match text {
        it if it == genuine => Outcome::Genuine,
        it if it == evil => Outcome::Evil,
        other => panic!("it says {other:?}"),
    }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused(code.to_owned())
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
