//! The steps of finishing a sign-in.

use super::AcsPost;
use super::pending::{Found, LIFETIME};
use crate::UnixTime;
use crate::config::{
    IdentityProvider, ProviderState, Provisioning, Service, SharedConfig, Unsolicited,
};
use crate::saml::binding::{MessageKind, post};
use crate::saml::{Assertion, Rejection, Verified, Verifier};
use crate::session::{Session, SessionId};
use crate::user::User;
use crate::xml::{Document, Limits};

/// What the response proves, as an answer to the request that was found, or as one that nobody
/// asked for.
pub(crate) fn verify(
    config: &SharedConfig,
    service: &Service,
    post: &AcsPost<'_>,
    found: &Found,
    now: UnixTime,
) -> Result<Verified<Assertion>, Rejection> {
    let message = post::decode(MessageKind::Response, post.saml_response)?;
    let decryption = config.keys().decryption();
    let verifier = Verifier::new(service, config.identity_providers(), decryption);
    let verified = verifier.verify(&message, found.request(), now);
    verified.map_err(|rejection| explain(rejection, found, &message))
}

/// The provider that made an assertion.
pub(crate) fn provider_of<'c>(
    config: &'c SharedConfig,
    assertion: &Verified<Assertion>,
) -> Result<&'c IdentityProvider, Rejection> {
    let found = || assertion.issuer.clone();
    let provider = config.identity_provider_with_id(&assertion.issuer);
    provider.ok_or_else(|| Rejection::IdpUnknown { found: found() })
}

/// Whether somebody may sign in who is known or not.
pub(crate) fn check_may_sign_in(
    provider: &IdentityProvider,
    known: Option<&User>,
) -> Result<(), Rejection> {
    match (known, provider.provisioning()) {
        (Some(_), _) | (None, Provisioning::JustInTime) => Ok(()),
        (None, Provisioning::KnownUsersOnly) => Err(Rejection::UserUnknown {
            provider: provider.entity_id().to_string(),
        }),
    }
}

/// A new session with a new identifier, which ends by our limit or the provider's, whichever is
/// first.
pub(crate) fn start_session(
    config: &SharedConfig,
    user: &User,
    assertion: &Verified<Assertion>,
    now: UnixTime,
) -> Session {
    let ours = now.later(config.sessions().lifetime);
    let authn = &assertion.authn;
    Session {
        id: SessionId::random(),
        user: user.id.clone(),
        identity_provider: assertion.issuer.clone(),
        name_id: assertion
            .name_id
            .as_ref()
            .map(|name| name.xml.clone())
            .unwrap_or_default(),
        session_index: authn.session_index.clone(),
        authenticated_at: authn.instant,
        context_class: authn.context_class.clone(),
        started: now,
        expires: authn
            .session_not_on_or_after
            .map_or(ours, |theirs| theirs.min(ours)),
        mark: None,
    }
}

/// Whether a provider may send responses that nobody asked for.
pub(crate) fn has_unsolicited(config: &SharedConfig) -> bool {
    let mut providers = config.identity_providers().iter();
    providers.any(|provider| provider.unsolicited() == Unsolicited::Accepted)
}

/// Whether the provider of a session is still one that people sign in through.
pub(crate) fn is_trusted(config: &SharedConfig, session: &Session) -> bool {
    let provider = config.identity_provider_with_id(&session.identity_provider);
    provider.is_some_and(|provider| provider.state() == ProviderState::Enabled)
}

/// Without its request an answer looks as if nobody had asked for it; the cookies tell why the
/// request is missing.
fn explain(rejection: Rejection, found: &Found, message: &[u8]) -> Rejection {
    let looks_unsolicited = matches!(
        rejection,
        Rejection::Unsolicited { .. } | Rejection::UnsolicitedInResponseTo { .. }
    );
    if !looks_unsolicited || !is_answer(message) {
        return rejection;
    }
    match found {
        Found::Expired { issued_at } => Rejection::RequestExpired {
            issued_at: *issued_at,
            lifetime: LIFETIME,
        },
        Found::NoCookie => Rejection::NoCookie,
        Found::Other => Rejection::RequestOfAnotherBrowser,
        Found::Waiting(_) => rejection,
    }
}

/// Whether the message says that it answers a request; good enough for a better error.
fn is_answer(message: &[u8]) -> bool {
    let document = Document::parse(message, &Limits::message());
    document.is_ok_and(|document| document.root().attribute("InResponseTo").is_some())
}
