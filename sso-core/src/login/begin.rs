//! The steps of beginning a sign-in.

use url::Url;

use super::{BrowserStep, LoginError, LoginStart, MAX_ATTEMPTS, MAX_KEY_LENGTH};
use crate::UnixTime;
use crate::config::{Destination, IdentityProvider, IdpName, ProviderState, Service, SharedConfig};
use crate::saml::binding::{MessageKind, post, redirect};
use crate::saml::metadata::{Binding, Endpoint};
use crate::saml::{AuthnRequest, RequestOptions};
use crate::signature::{SignError, Signer, sign_enveloped};

/// Refuses what cannot be kept in a cookie, and a browser that goes round in circles.
pub(crate) fn check_wishes(login: &LoginStart) -> Result<(), LoginError> {
    if login.attempt >= MAX_ATTEMPTS {
        return Err(LoginError::TooManyAttempts);
    }
    match &login.key {
        Some(key) if key.len() > MAX_KEY_LENGTH => Err(LoginError::TooLong),
        Some(_) | None => Ok(()),
    }
}

/// The provider that is asked: the one that was named, or the only one.
pub(crate) fn choose_provider<'c>(
    config: &'c SharedConfig,
    name: Option<&IdpName>,
) -> Result<&'c IdentityProvider, LoginError> {
    let Some(name) = name else {
        return only_provider(config);
    };
    match config.identity_provider(name) {
        Some(idp) if idp.state() == ProviderState::Enabled => Ok(idp),
        Some(_) => Err(LoginError::Disabled { name: name.clone() }),
        None => Err(LoginError::UnknownIdentityProvider { name: name.clone() }),
    }
}

/// The request, and where it goes.
pub(crate) fn request<'c>(
    service: &Service,
    provider: &'c IdentityProvider,
    login: &LoginStart,
    now: UnixTime,
) -> Result<(&'c Endpoint, AuthnRequest), LoginError> {
    let endpoint = provider
        .sign_in_endpoint()
        .ok_or(LoginError::NotConfigured)?;
    let options = RequestOptions {
        force_authn: login.relogin,
        is_passive: login.passive,
    };
    Ok((
        endpoint,
        AuthnRequest::new(service, provider, endpoint, options, now),
    ))
}

/// Where the browser goes afterwards: where it wants to, if that is allowed.
pub(crate) fn destination(
    config: &SharedConfig,
    service: &Service,
    wanted: Option<&str>,
) -> Destination {
    let destinations = config.destinations_at(service);
    let allowed = wanted.and_then(|wanted| destinations.resolve(wanted).ok());
    allowed.unwrap_or_else(|| destinations.home().clone())
}

/// Puts the request on its way, signed if the provider wants that.
pub(crate) async fn send(
    config: &SharedConfig,
    provider: &IdentityProvider,
    endpoint: &Endpoint,
    request: &AuthnRequest,
    relay_state: &str,
) -> Result<BrowserStep, SignError> {
    let signer = match config.keys().signer() {
        Some(signer) if provider.sign_requests() => Some(signer.as_ref()),
        Some(_) | None => None,
    };
    let outgoing = Outgoing {
        kind: MessageKind::Request,
        xml: request.to_xml(),
        id: request.id(),
        relay_state: Some(relay_state),
    };
    outgoing
        .send(endpoint.binding, &endpoint.location, signer)
        .await
}

/// A message of ours on its way to a provider.
pub(crate) struct Outgoing<'a> {
    pub(crate) kind: MessageKind,
    pub(crate) xml: String,
    pub(crate) id: &'a str,
    pub(crate) relay_state: Option<&'a str>,
}

impl Outgoing<'_> {
    /// Sends the message to an address by a binding, signed if there is a signer.
    pub(crate) async fn send(
        self,
        binding: Binding,
        to: &Url,
        signer: Option<&dyn Signer>,
    ) -> Result<BrowserStep, SignError> {
        match binding {
            Binding::Redirect => {
                let url = redirect::encode(self.kind, &self.xml, to, self.relay_state, signer);
                Ok(BrowserStep::Redirect(url.await?))
            }
            Binding::Post => {
                let xml = match signer {
                    Some(signer) => sign_enveloped(&self.xml, self.id, signer).await?,
                    None => self.xml,
                };
                let form = post::encode(self.kind, &xml, to.as_str(), self.relay_state);
                Ok(BrowserStep::Form {
                    action: form.action,
                    fields: form.fields,
                })
            }
        }
    }
}

fn only_provider(config: &SharedConfig) -> Result<&IdentityProvider, LoginError> {
    let enabled: Vec<_> = config
        .identity_providers()
        .iter()
        .filter(|idp| idp.state() == ProviderState::Enabled)
        .collect();
    match enabled.as_slice() {
        [] => Err(LoginError::NotConfigured),
        [only] => Ok(only),
        several => Err(LoginError::Choose {
            among: several.iter().map(|idp| idp.name().clone()).collect(),
        }),
    }
}
