//! A sign-out as the host sees it: what to answer the browser.

use crate::StoreError;
use crate::UnixTime;
use crate::config::{IdentityProvider, Service, SharedConfig};
use crate::cookie::SetCookie;
use crate::login::BrowserStep;
use crate::login::begin::Outgoing;
use crate::saml::binding::MessageKind;
use crate::saml::logout::{
    AnswerTo, LogoutRequest, LogoutResponse, LogoutStatus, PendingLogout, RefusedLogout,
};
use crate::saml::{Verifier, logout::Received};
use crate::session::Session;
use crate::signature::SignError;

pub(crate) mod pending;

pub use crate::saml::logout::{LogoutMessage, LogoutOutcome, LogoutRejection};

/// What to answer a browser that signs out.
#[derive(Debug)]
#[non_exhaustive]
pub struct LogoutStep {
    /// Where the browser goes now; `None` means that it is done: show that it is signed out.
    pub step: Option<BrowserStep>,
    /// Cookies to set on the same answer.
    pub cookies: Vec<SetCookie>,
    /// What became of the provider's own session, if the browser brought its answer; for the page
    /// and for the log.
    pub outcome: Option<LogoutOutcome>,
    /// Why the message that is answered was not believed, for the log.
    pub refused: Option<LogoutRejection>,
}

impl LogoutStep {
    /// The browser is signed out, and nobody has to be told.
    pub(crate) const fn done() -> Self {
        Self {
            step: None,
            cookies: Vec::new(),
            outcome: None,
            refused: None,
        }
    }

    /// The browser is signed out; what it brought changes nothing, and is told to the log.
    pub(crate) fn passed_over(refused: RefusedLogout) -> Self {
        Self {
            refused: Some(refused.rejection),
            ..Self::done()
        }
    }
}

/// Why a sign-out could not be carried out.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum LogoutError {
    /// The message is not believed; no session has ended.
    #[error("the logout message was refused")]
    Rejected(#[source] LogoutRejection),
    /// The sessions have ended here, but the message to the provider could not be signed.
    #[error("cannot sign the message to the identity provider")]
    Signing(#[from] SignError),
    /// A store failed; the session may go on.
    #[error("storage cannot answer")]
    Store(#[from] StoreError),
}

/// The request that ends the session at its provider too; `None` if the provider takes no such
/// requests, does not know the user by name, or could not believe us, since we have no key to sign
/// with (SAML Profiles 4.4.3.1).
pub(crate) async fn request(
    config: &SharedConfig,
    service: &Service,
    session: &Session,
    now: UnixTime,
) -> Result<Option<(BrowserStep, PendingLogout)>, SignError> {
    let provider = config.identity_provider_with_id(&session.identity_provider);
    let endpoint = provider.and_then(IdentityProvider::sign_out_endpoint);
    let (Some(provider), Some(endpoint), Some(signer)) =
        (provider, endpoint, config.keys().signer())
    else {
        return Ok(None);
    };
    let request = LogoutRequest::new(service, provider, endpoint, session, now);
    let Some(request) = request else {
        return Ok(None);
    };
    let outgoing = Outgoing {
        kind: MessageKind::Request,
        xml: request.to_xml(),
        id: request.id(),
        relay_state: None,
    };
    let step = outgoing
        .send(endpoint.binding, &endpoint.location, Some(signer.as_ref()))
        .await?;
    Ok(Some((step, request.pending())))
}

/// Whether a message is believed, and what it says.
pub(crate) fn verify(
    config: &SharedConfig,
    service: &Service,
    message: &LogoutMessage<'_>,
    pending: Option<&PendingLogout>,
    now: UnixTime,
) -> Result<Received, RefusedLogout> {
    let decryption = config.keys().decryption();
    let verifier = Verifier::new(service, config.identity_providers(), decryption);
    verifier.verify_logout(message, pending, now)
}

/// What follows from a message that is not believed. A provider whose request cannot be carried out
/// is told so; an answer that this browser waits for is passed over; anything else is an error.
pub(crate) async fn refuse(
    config: &SharedConfig,
    service: &Service,
    refused: RefusedLogout,
    waiting: Option<PendingLogout>,
    now: UnixTime,
) -> Result<LogoutStep, LogoutError> {
    let step = match (&refused.answer_to, waiting) {
        (Some(to), _) => answer(config, service, to, LogoutStatus::Requester, now).await?,
        (None, Some(_)) => None,
        (None, None) => return Err(LogoutError::Rejected(refused.rejection)),
    };
    Ok(LogoutStep {
        step,
        refused: Some(refused.rejection),
        ..LogoutStep::done()
    })
}

/// The answer to a provider's request; `None` if the provider has no address for it.
pub(crate) async fn answer(
    config: &SharedConfig,
    service: &Service,
    to: &AnswerTo,
    status: LogoutStatus,
    now: UnixTime,
) -> Result<Option<BrowserStep>, SignError> {
    let provider = config.identity_provider(&to.provider);
    let Some(endpoint) = provider.and_then(IdentityProvider::sign_out_endpoint) else {
        return Ok(None);
    };
    let response = LogoutResponse::new(service, endpoint, &to.in_response_to, status, now);
    let outgoing = Outgoing {
        kind: MessageKind::Response,
        xml: response.to_xml(),
        id: response.id(),
        relay_state: to.relay_state.as_deref(),
    };
    let address = endpoint
        .response_location
        .as_ref()
        .unwrap_or(&endpoint.location);
    let signer = config.keys().signer().map(AsRef::as_ref);
    outgoing
        .send(endpoint.binding, address, signer)
        .await
        .map(Some)
}
