//! Where logout messages are taken in, and sessions that they may end.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use sso_core::config::{FixedConfig, IdentityProvider, IdpName, Service, SharedConfig};
use sso_core::login::{AcsPost, BrowserStep, LoginStart};
use sso_core::memory::{MemorySessionStore, MemoryUserDirectory};
use sso_core::saml::binding::{MessageKind, post};
use sso_core::saml::encryption::DecryptionKey;
use sso_core::saml::logout::{
    LogoutMessage, PendingLogout, Received, ReceivedRequest, ReceivedResponse, RefusedLogout,
};
use sso_core::saml::{Verified, Verifier};
use sso_core::seal::SealingKeys;
use sso_core::session::{Session, SessionStore};
use sso_core::testkit::{
    FakeIdp, FakeLogoutRequest, FakeLogoutResponse, FakeNameId, FakeRequest, ManualClock, NOON,
};
use sso_core::{Sso, UnixTime};

/// The single logout service of a host that believes one provider.
pub(super) struct Exit {
    pub(super) idp: FakeIdp,
    pub(super) service: Service,
    pub(super) providers: Vec<IdentityProvider>,
    pub(super) decryption_keys: Vec<DecryptionKey>,
    pub(super) pending: Option<PendingLogout>,
    pub(super) now: UnixTime,
}

impl Exit {
    /// At noon; nobody has asked the provider for anything.
    pub(super) fn new() -> Self {
        let idp = FakeIdp::new();
        Self {
            service: Service::new("https://app.example").unwrap(),
            providers: vec![idp.identity_provider("fake")],
            decryption_keys: Vec::new(),
            pending: None,
            now: NOON,
            idp,
        }
    }

    /// A browser that waits for the answer to `_request`.
    pub(super) fn waiting() -> Self {
        let provider = IdpName::new("fake").unwrap();
        let pending = PendingLogout::new("_request".to_owned(), provider);
        Self {
            pending: Some(pending),
            ..Self::new()
        }
    }

    /// Changes the settings of the provider.
    pub(super) fn configured(
        mut self,
        change: impl FnOnce(IdentityProvider) -> IdentityProvider,
    ) -> Self {
        let provider = self.providers.remove(0);
        self.providers.insert(0, change(provider));
        self
    }

    /// Moves the clock of the service.
    pub(super) fn at(self, now: UnixTime) -> Self {
        Self { now, ..self }
    }

    /// A good request to end all sessions of `alice`.
    pub(super) fn request(&self) -> FakeLogoutRequest {
        let alice = FakeNameId::persistent("alice");
        self.idp.logout_request(&self.service.slo_url(), alice)
    }

    /// A good answer to `_request`.
    pub(super) fn response(&self) -> FakeLogoutResponse {
        let slo_url = self.service.slo_url();
        self.idp.logout_response(&slo_url, "_request")
    }

    pub(super) fn take(&self, message: &LogoutMessage<'_>) -> Result<Received, RefusedLogout> {
        Verifier::new(&self.service, &self.providers, &self.decryption_keys).verify_logout(
            message,
            self.pending.as_ref(),
            self.now,
        )
    }

    /// Takes a message by redirect: `address` is where the browser was sent.
    pub(super) fn take_redirect(&self, address: &str) -> Result<Received, RefusedLogout> {
        let (_, query) = address.split_once('?').expect("no query");
        self.take(&LogoutMessage::Redirect { query })
    }

    /// Takes the value of the form field of a message of this kind.
    pub(super) fn take_post(
        &self,
        kind: MessageKind,
        field: &str,
    ) -> Result<Received, RefusedLogout> {
        let of = |it| (kind == it).then_some(field);
        self.take(&LogoutMessage::Post {
            saml_request: of(MessageKind::Request),
            saml_response: of(MessageKind::Response),
            relay_state: None,
        })
    }

    /// Takes `request` in both ways; both must believe it.
    #[track_caller]
    pub(super) fn believes(&self, request: &FakeLogoutRequest) -> Verified<ReceivedRequest> {
        let [by_redirect, by_post] = self.in_both_ways(request).map(|taken| match taken {
            Ok(Received::Request(request)) => *request,
            other => panic!("not a request that is believed: {other:?}"),
        });
        assert_eq!(by_redirect.revocations(), by_post.revocations());
        by_post
    }

    /// Takes `request` in both ways; both must refuse it, for this reason.
    #[track_caller]
    pub(super) fn refuses(&self, request: &FakeLogoutRequest, code: &str) -> RefusedLogout {
        let [by_redirect, by_post] = self.in_both_ways(request).map(Result::unwrap_err);
        assert_eq!(by_redirect.rejection.code(), code, "{by_redirect:?}");
        assert_eq!(by_post.rejection.code(), code, "{by_post:?}");
        assert_eq!(by_redirect.answer_to, by_post.answer_to);
        by_post
    }

    /// Takes `response` in both ways; both must believe it.
    #[track_caller]
    pub(super) fn believes_answer(
        &self,
        response: &FakeLogoutResponse,
    ) -> Verified<ReceivedResponse> {
        let [by_redirect, by_post] = self.answer_in_both_ways(response).map(|taken| match taken {
            Ok(Received::Response(response)) => response,
            other => panic!("not a response that is believed: {other:?}"),
        });
        assert_eq!(by_redirect.outcome, by_post.outcome);
        by_post
    }

    /// Takes `response` in both ways; both must refuse it, for this reason. Answers are not
    /// answered.
    #[track_caller]
    pub(super) fn refuses_answer(&self, response: &FakeLogoutResponse, code: &str) {
        for taken in self.answer_in_both_ways(response) {
            let refused = taken.unwrap_err();
            assert_eq!(refused.rejection.code(), code, "{refused:?}");
            assert_eq!(refused.answer_to, None);
        }
    }

    fn in_both_ways(&self, request: &FakeLogoutRequest) -> [Result<Received, RefusedLogout>; 2] {
        [
            self.take_redirect(&request.to_redirect(None)),
            self.take_post(MessageKind::Request, &request.to_base64()),
        ]
    }

    fn answer_in_both_ways(
        &self,
        response: &FakeLogoutResponse,
    ) -> [Result<Received, RefusedLogout>; 2] {
        [
            self.take_redirect(&response.to_redirect(None)),
            self.take_post(MessageKind::Response, &response.to_base64()),
        ]
    }
}

/// `xml` as the value of a form field.
pub(super) fn field(xml: &str) -> String {
    let form = post::encode(MessageKind::Request, xml, "", None);
    form.fields[0].1.clone()
}

/// The session of somebody whom `idp` calls `name_id`, begun at noon.
pub(super) fn session(idp: &FakeIdp, name_id: &FakeNameId, index: Option<&str>) -> Session {
    session_at(NOON, idp, name_id, index)
}

/// The session of somebody whom `idp` calls `name_id`, begun at `now`.
pub(super) fn session_at(
    now: UnixTime,
    idp: &FakeIdp,
    name_id: &FakeNameId,
    index: Option<&str>,
) -> Session {
    let sso = sso(idp, now);
    let begun = block_on(sso.begin_login(&LoginStart::new(), None)).unwrap();
    let BrowserStep::Redirect(address) = begun.step else {
        panic!("not a redirect");
    };
    let request = FakeRequest::read_redirect(&address, None);
    let response = idp.response(&request).at(now).with(|it| {
        it.assertion.name_id = Some(name_id.clone());
        it.assertion.authn.as_mut().unwrap().session_index = index.map(str::to_owned);
    });
    let post = AcsPost {
        saml_response: &response.to_base64(),
        relay_state: request.relay_state.as_deref(),
    };
    let cookie = &begun.cookies[0];
    let cookies = format!("{}={}", cookie.name(), cookie.value());
    let signed_in = block_on(sso.finish_login(&post, Some(&cookies))).unwrap();
    signed_in.session
}

fn sso(idp: &FakeIdp, now: UnixTime) -> Sso {
    let service = Service::new("https://app.example").unwrap();
    let config = SharedConfig::builder(service).identity_provider(idp.identity_provider("fake"));
    let config = FixedConfig::new(config.build().unwrap());
    let users = Arc::new(MemoryUserDirectory::default());
    Sso::builder(Arc::new(config), SealingKeys::random(), users)
        .clock(ManualClock::at(now))
        .build()
}

/// Which of `sessions` have ended once the request is done.
pub(super) fn ended<const N: usize>(
    request: &ReceivedRequest,
    sessions: [&Session; N],
) -> [bool; N] {
    let store = MemorySessionStore::default();
    let until = NOON.later(Duration::from_hours(8));
    for revocation in request.revocations() {
        block_on(store.revoke(&revocation, request.ends_sessions_until, until)).unwrap();
    }
    sessions.map(|session| block_on(store.is_revoked(session)).unwrap())
}
