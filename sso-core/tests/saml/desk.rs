//! Where responses are taken in: a service, the providers it believes, and a browser that waits.

use std::time::Duration;

use sso_core::UnixTime;
use sso_core::config::{IdentityProvider, IdpName, Service};
use sso_core::saml::encryption::DecryptionKey;
use sso_core::saml::{Assertion, PendingRequest, Rejection, Verifier};
use sso_core::testkit::{FakeIdp, FakeRequest, FakeResponse, NOON};

/// A service that waits for an answer to one request.
///
/// The verifier has neither clock nor store, so whatever it refuses cannot have been recorded.
pub(crate) struct Desk {
    pub(crate) idp: FakeIdp,
    pub(crate) service: Service,
    pub(crate) providers: Vec<IdentityProvider>,
    pub(crate) decryption_keys: Vec<DecryptionKey>,
    pub(crate) pending: Option<PendingRequest>,
    pub(crate) now: UnixTime,
}

impl Desk {
    /// At noon, with one provider that was asked a minute ago.
    pub(crate) fn new() -> Self {
        Self::of(FakeIdp::new())
    }

    pub(crate) fn of(idp: FakeIdp) -> Self {
        Self {
            service: Service::new("https://app.example").unwrap(),
            providers: vec![idp.identity_provider("fake")],
            decryption_keys: Vec::new(),
            pending: Some(pending("fake")),
            now: NOON,
            idp,
        }
    }

    /// A provider that may send users who never asked, and nobody who asked.
    pub(crate) fn unsolicited() -> Self {
        let accepting = |it: IdentityProvider| it.dangerous().accept_unsolicited_responses().done();
        let mut desk = Self::new().configured(accepting);
        desk.pending = None;
        desk
    }

    /// Changes the settings of the provider.
    pub(crate) fn configured(
        mut self,
        change: impl FnOnce(IdentityProvider) -> IdentityProvider,
    ) -> Self {
        let provider = self.providers.remove(0);
        self.providers.insert(0, change(provider));
        self
    }

    /// Changes the request that waits.
    pub(crate) fn asked(mut self, change: impl FnOnce(&mut PendingRequest)) -> Self {
        change(self.pending.as_mut().expect("nobody asked"));
        self
    }

    /// Moves the clock of the service.
    pub(crate) fn at(mut self, now: UnixTime) -> Self {
        self.now = now;
        self
    }

    /// The request that the provider answers.
    pub(crate) fn request(&self) -> FakeRequest {
        match &self.pending {
            Some(pending) => FakeRequest::of(pending, &self.service),
            None => FakeRequest::none(&self.service),
        }
    }

    /// A good response, `_response`, with the assertion `_assertion`.
    pub(crate) fn response(&self) -> FakeResponse {
        self.idp.response(&self.request()).with(|it| {
            it.id = "_response".to_owned();
            it.assertion.id = "_assertion".to_owned();
        })
    }

    pub(crate) fn verify(&self, xml: &[u8]) -> Result<Assertion, Rejection> {
        Verifier::new(&self.service, &self.providers, &self.decryption_keys)
            .verify(xml, self.pending.as_ref(), self.now)
            .map(|verified| verified.into_inner())
    }

    /// What a response says that must be accepted.
    #[track_caller]
    pub(crate) fn accepts(&self, response: &FakeResponse) -> Assertion {
        self.accepts_xml(&response.to_xml())
    }

    #[track_caller]
    pub(crate) fn accepts_xml(&self, xml: &str) -> Assertion {
        match self.verify(xml.as_bytes()) {
            Ok(assertion) => assertion,
            Err(rejection) => panic!("{}: {rejection}\n{xml}", rejection.code()),
        }
    }

    /// Checks that a response is refused, and why.
    #[track_caller]
    pub(crate) fn refuses(&self, response: &FakeResponse, code: &str) {
        self.refuses_xml(&response.to_xml(), code);
    }

    #[track_caller]
    pub(crate) fn refuses_xml(&self, xml: &str, code: &str) {
        self.refuses_bytes(xml.as_bytes(), code);
    }

    #[track_caller]
    pub(crate) fn refuses_bytes(&self, bytes: &[u8], code: &str) {
        match self.verify(bytes) {
            Ok(assertion) => panic!("accepted, expected {code}: {assertion:?}"),
            Err(rejection) => {
                let xml = String::from_utf8_lossy(bytes);
                assert_eq!(rejection.code(), code, "{rejection}\n{xml:.4000}");
            }
        }
    }
}

/// A request that `provider` was sent a minute ago.
pub(crate) fn pending(provider: &str) -> PendingRequest {
    let provider = IdpName::new(provider).unwrap();
    let asked = NOON.earlier(Duration::from_mins(1));
    PendingRequest::new("_request-1".to_owned(), provider, asked, false, None)
}

/// The name of the user who signed in.
pub(crate) fn name(assertion: &Assertion) -> &str {
    &assertion.name_id.as_ref().expect("there is no name").value
}

/// Whether the text of `error` names everything in `words`, as an administrator needs it.
#[track_caller]
pub(crate) fn says(error: &Rejection, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
}
