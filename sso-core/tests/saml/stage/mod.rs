//! One stage for every attack: whatever comes in signed goes the whole way through [`Sso`], and the
//! stores tell what it left behind.
//!
//! The rule by which an attack passes is in [`Stage::refuses`] and [`Stage::accepts`].

mod input;
pub(crate) mod query;
mod spies;
mod take;

use std::sync::Arc;

use futures_executor::block_on;
use sso_core::Sso;
use sso_core::config::{FixedConfig, IdentityProvider, SamlKeys, Service, SharedConfig};
use sso_core::cookie::SetCookie;
use sso_core::login::{AcsPost, BrowserStep, LoginStart};
use sso_core::memory::{MemoryReplayLog, MemorySessionStore, MemoryUserDirectory};
use sso_core::saml::binding::MessageKind;
use sso_core::saml::encryption::DecryptionKey;
use sso_core::seal::SealingKeys;
use sso_core::signature::VerifyingKey;
use sso_core::testkit::{
    FakeIdp, FakeNameId, FakeRequest, FakeResponse, ManualClock, NOON, ReceivedLogout, Signed,
};

use crate::forge::{Forge, cut, swap};
pub(crate) use input::SignedInput;
use spies::{WatchedLog, WatchedSessions, Writes};

/// A host at noon, a browser that waits for one kind of message, and everything that the attacker
/// has seen of the provider.
pub(crate) struct Stage {
    pub(crate) input: SignedInput,
    /// Who signs; not always who is believed.
    pub(crate) idp: FakeIdp,
    pub(crate) sso: Sso,
    provider: IdentityProvider,
    /// Ours: requests are signed with it, and assertions encrypted to it.
    ours: FakeIdp,
    /// What the browser sent the provider: a sign-in.
    request: FakeRequest,
    /// The identifier of our logout request, if the browser waits for the answer to one.
    asked_logout: Option<String>,
    cookies: Vec<SetCookie>,
    /// Of `alice` and of `admin`, where sessions can be ended.
    sessions: Vec<String>,
    used: Writes,
    revoked: Writes,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was believed, and says what the attacker wanted.
    Evil,
    /// It was believed, and says what the provider said.
    Genuine,
    /// It was refused.
    Refused(String),
}

impl Stage {
    pub(crate) fn new(input: SignedInput) -> Self {
        Self::of(input, FakeIdp::new())
    }

    pub(crate) fn of(input: SignedInput, idp: FakeIdp) -> Self {
        Self::configured(input, idp, |it| it)
    }

    /// A stage whose provider has other settings.
    pub(crate) fn configured(
        input: SignedInput,
        idp: FakeIdp,
        change: impl FnOnce(IdentityProvider) -> IdentityProvider,
    ) -> Self {
        let provider = change(idp.identity_provider("fake"));
        Self::believing(input, idp, provider, &[])
    }

    /// A stage with further providers that are believed for themselves.
    pub(crate) fn believing(
        input: SignedInput,
        idp: FakeIdp,
        provider: IdentityProvider,
        others: &[IdentityProvider],
    ) -> Self {
        let ours = FakeIdp::another();
        let (used, revoked) = (Writes::default(), Writes::default());
        let providers = [std::slice::from_ref(&provider), others].concat();
        let mut stage = Self {
            sso: sso(providers, &ours, [&used, &revoked]),
            provider,
            input,
            idp,
            ours,
            request: FakeRequest::default(),
            asked_logout: None,
            cookies: Vec::new(),
            sessions: Vec::new(),
            used,
            revoked,
        };
        stage.prepare();
        stage
    }

    /// Lets the browser do what the input answers.
    fn prepare(&mut self) {
        match self.input {
            SignedInput::LogoutRequest | SignedInput::LogoutRequestInQuery => {
                self.sessions = ["alice", "admin"].map(|name| self.sign_in(name)).to_vec();
            }
            SignedInput::LogoutResponse | SignedInput::LogoutResponseInQuery => {
                let session = self.sign_in("alice");
                let step = block_on(self.sso.begin_logout(Some(&session))).unwrap();
                let Some(BrowserStep::Redirect(address)) = &step.step else {
                    panic!("the provider is not asked");
                };
                let read = ReceivedLogout::read_redirect(address, MessageKind::Request, None);
                self.asked_logout = Some(read.id);
                self.cookies = step.cookies;
            }
            _ => self.begin(),
        }
        self.used.reset();
        self.revoked.reset();
    }

    /// Lets the browser begin a sign-in; what it began before is forgotten.
    pub(crate) fn begin(&mut self) {
        let start = LoginStart::new().at(self.provider.name().clone());
        let begun = block_on(self.sso.begin_login(&start, None)).unwrap();
        let BrowserStep::Redirect(address) = begun.step else {
            panic!("not a redirect");
        };
        self.request = FakeRequest::read_redirect(&address, None);
        self.cookies = begun.cookies;
    }

    /// Signs somebody in; answers the cookie of the session.
    fn sign_in(&mut self, name: &str) -> String {
        self.begin();
        let name_id = FakeNameId::persistent(name);
        let response = self.idp.response(&self.request);
        let response = response.with(|it| it.assertion.name_id = Some(name_id));
        let post = AcsPost {
            saml_response: &response.to_base64(),
            relay_state: self.request.relay_state.as_deref(),
        };
        let cookies = header(&self.cookies);
        let signed_in = block_on(self.sso.finish_login(&post, Some(&cookies))).unwrap();
        header(&signed_in.cookies[..1])
    }

    fn response(&self) -> FakeResponse {
        self.idp.response(&self.request).with(|it| {
            it.id = "_response".to_owned();
            it.assertion.id = "_assertion".to_owned();
        })
    }

    /// The document as the provider writes it, before it signs.
    pub(crate) fn unsigned(&self) -> String {
        let id = self.input.id().to_owned();
        let slo_url = service().slo_url();
        match self.input {
            SignedInput::Assertion | SignedInput::Response => {
                self.response().sign(Signed::Neither).to_xml()
            }
            SignedInput::Decrypted => {
                let response = self.response().sign(Signed::Neither).to_xml();
                cut(&response, "saml:Assertion").to_owned()
            }
            SignedInput::LogoutRequest | SignedInput::LogoutRequestInQuery => {
                let alice = FakeNameId::persistent("alice");
                let request = self.idp.logout_request(&slo_url, alice);
                request.with(|it| it.id = id).to_xml()
            }
            SignedInput::LogoutResponse | SignedInput::LogoutResponseInQuery => {
                let asked = self.asked_logout.as_deref().unwrap();
                let response = self.idp.logout_response(&slo_url, asked);
                let response = response.with(|it| it.id = id).to_xml();
                swap(&response, "status:Success", "status:Responder")
            }
            SignedInput::Metadata => {
                let root = "<md:EntityDescriptor ";
                swap(&self.idp.metadata(), root, &format!(r#"{root}ID="{id}" "#))
            }
        }
    }

    /// The document as the provider sends it. That of a query carries no signature.
    pub(crate) fn signed(&self) -> String {
        self.sign(&self.unsigned())
    }

    /// `xml`, signed by the provider where the input has its signature.
    pub(crate) fn sign(&self, xml: &str) -> String {
        match self.input.is_in_query() {
            true => xml.to_owned(),
            false => self.idp.sign(xml, self.input.id()),
        }
    }

    /// The document, signed as `forge` tells.
    pub(crate) fn forged(&self, forge: &Forge) -> String {
        forge.sign(&self.idp, &self.unsigned(), self.input.id())
    }

    /// `xml` with what the attacker wants in it. Whatever else stands there stays.
    pub(crate) fn altered(&self, xml: &str) -> String {
        let [genuine, evil] = self.input.words();
        let altered = xml.replace(genuine, evil);
        assert_ne!(altered, xml, "{genuine} is not in it");
        altered
    }

    /// The same under other identifiers; a signature in it stays as it is.
    pub(crate) fn evil(&self, xml: &str) -> String {
        self.altered(xml).replace(r#" ID="_"#, r#" ID="_evil_"#)
    }

    /// How often a store was asked to keep something.
    pub(crate) fn writes(&self) -> usize {
        self.used.count() + self.revoked.count()
    }

    /// Checks that a document is refused, with this code, and that nothing is left of it: nothing
    /// marked as used, no session ended, nobody signed in.
    #[track_caller]
    pub(crate) fn refuses(&self, document: &str, code: &str) {
        self.refuses_with_one_of(document, &[code]);
    }

    /// The same where several codes are as good.
    #[track_caller]
    pub(crate) fn refuses_with_one_of(&self, document: &str, codes: &[&str]) {
        self.check_refused_with_one_of(&self.take(document), codes, document);
    }

    #[track_caller]
    pub(crate) fn check_refused(&self, outcome: &Outcome, code: &str, document: &str) {
        self.check_refused_with_one_of(outcome, &[code], document);
    }

    #[track_caller]
    fn check_refused_with_one_of(&self, outcome: &Outcome, codes: &[&str], document: &str) {
        let input = self.input;
        let is_refused = matches!(outcome, Outcome::Refused(code) if codes.contains(&&**code));
        assert!(
            is_refused,
            "{input}: {outcome:?}, expected {codes:?}: {document:.6000}"
        );
        assert_eq!(self.used.count(), 0, "{input}: marked as used\n{document}");
        assert_eq!(
            self.revoked.count(),
            0,
            "{input}: sessions ended\n{document}"
        );
    }

    /// Checks that a document is believed, and says exactly what the provider said.
    #[track_caller]
    pub(crate) fn accepts(&self, document: &str) {
        let outcome = self.take(document);
        assert_eq!(
            outcome,
            Outcome::Genuine,
            "{}: {document:.6000}",
            self.input
        );
    }
}

/// The provider with these keys instead of its own.
pub(crate) fn with_keys(provider: &IdentityProvider, keys: Vec<VerifyingKey>) -> IdentityProvider {
    let (name, entity_id) = (provider.name().clone(), provider.entity_id().clone());
    let sign_in = vec![provider.sign_in_endpoint().unwrap().clone()];
    let sign_out = provider.sign_out_endpoint().cloned();
    IdentityProvider::new(name, entity_id, keys, sign_in)
        .unwrap()
        .with_sign_out(Vec::from_iter(sign_out))
}

fn sso(providers: Vec<IdentityProvider>, ours: &FakeIdp, writes: [&Writes; 2]) -> Sso {
    let [used, revoked] = writes.map(Clone::clone);
    let decryption =
        DecryptionKey::from_pkcs8_der(ours.private_key_der(), ours.certificate().clone());
    let keys = SamlKeys::none()
        .with_signer(ours.signer())
        .with_decryption_key(decryption.unwrap());
    let config = SharedConfig::builder(service()).keys(keys);
    let config = providers
        .into_iter()
        .fold(config, |config, it| config.identity_provider(it));
    let config = FixedConfig::new(config.build().unwrap());
    let users = Arc::new(MemoryUserDirectory::default());
    Sso::builder(Arc::new(config), SealingKeys::random(), users)
        .clock(ManualClock::at(NOON))
        .replay_log(Arc::new(WatchedLog(used, MemoryReplayLog::default())))
        .session_store(Arc::new(WatchedSessions(
            revoked,
            MemorySessionStore::default(),
        )))
        .build()
}

pub(crate) fn service() -> Service {
    Service::new("https://app.example").unwrap()
}

fn header(cookies: &[SetCookie]) -> String {
    let pairs: Vec<_> = cookies
        .iter()
        .map(|it| format!("{}={}", it.name(), it.value()))
        .collect();
    pairs.join("; ")
}
