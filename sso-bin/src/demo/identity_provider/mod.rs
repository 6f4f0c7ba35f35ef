//! A demonstration identity provider. **Not for production.**
//!
//! It knows two people and one service, keeps its sessions in memory, and believes what samael
//! reads out of a request, since all that a request can bring about here is a password prompt and
//! an answer to the one service it knows.

mod acs;
mod messages;
mod metadata;
mod sessions;

use std::error::Error;
use std::sync::Arc;

use axum::Form;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use sso_core::Clock;
use sso_core::saml::binding::{BindingError, MessageKind, post, redirect};
use sso_core::signature::{SignError, Signer, VerifyingKey, sign_enveloped};
use url::Url;

pub(super) use self::acs::AcsUrls;
use self::messages::{Answer, Refused, SignInRequest};
use self::sessions::{Session, Sessions};
use super::pages::{self, Attempt};
use super::people::People;
use crate::http::cookies;
use crate::pages::{Language, post_form};

/// The one service that it answers to.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) entity_id: String,
    pub(super) acs_urls: AcsUrls,
    pub(super) slo_url: Url,
    /// What it signs its logout requests with.
    pub(super) key: VerifyingKey,
}

/// The demonstration identity provider.
#[derive(Debug)]
pub(super) struct IdentityProvider {
    base: String,
    people: Arc<People>,
    service: Service,
    signer: Arc<dyn Signer>,
    clock: Arc<dyn Clock>,
    sessions: Sessions,
}

impl IdentityProvider {
    /// The provider at `base`, an origin.
    pub(super) fn new(
        base: &str,
        people: Arc<People>,
        service: Service,
        signer: Arc<dyn Signer>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let sessions = Sessions::default();
        Self {
            base: base.to_owned(),
            people,
            service,
            signer,
            clock,
            sessions,
        }
    }

    /// Metadata of the provider at `base`, for the configuration of the service.
    pub(super) fn metadata(base: &str, signer: &dyn Signer) -> String {
        metadata::write(base, signer.certificate())
    }

    /// Everything it answers.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/", get(introduce))
            .route("/slo", get(sign_out))
            .route("/sso", get(ask).post(sign_in))
            .with_state(Arc::new(self))
    }

    fn entity_id(&self) -> String {
        metadata::entity_id(&self.base)
    }

    /// The session of a browser that was here before.
    fn session(&self, headers: &HeaderMap) -> Option<Session> {
        cookies::of(headers)?
            .split("; ")
            .filter_map(|cookie| cookie.split_once('='))
            .find(|(name, _)| *name == COOKIE)
            .and_then(|(_, token)| self.sessions.find(token))
    }

    /// A page that takes an answer to the service: who signed in, or that nobody did.
    async fn answer(
        &self,
        request: &SignInRequest,
        session: Option<&Session>,
        relay_state: Option<&str>,
    ) -> Result<Response, Failed> {
        let from = self.entity_id();
        let answer = Answer {
            request_id: &request.id,
            from: &from,
            to: &self.service,
            at: &request.acs_url,
            now: self.clock.now(),
        };
        let person = session.and_then(|session| self.people.named(&session.person));
        let message = match session.zip(person) {
            Some((session, person)) => answer.accept(person, session)?,
            None => answer.decline()?,
        };
        self.post(message, &request.acs_url, relay_state).await
    }

    async fn post(
        &self,
        (xml, id): (String, String),
        acs_url: &str,
        relay_state: Option<&str>,
    ) -> Result<Response, Failed> {
        let signed = sign_enveloped(&xml, &id, &*self.signer).await?;
        let form = post::encode(MessageKind::Response, &signed, acs_url, relay_state);
        let fields: Vec<_> = form
            .fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        Ok(post_form(Language::English, &form.action, &fields).into_response())
    }
}

/// `GET /`: says what this is.
async fn introduce() -> Response {
    pages::notice(
        "Demonstration identity provider",
        "Not for production. Begin at the demonstration application, whose address stands in the terminal.",
        None,
    )
    .into_response()
}

/// `GET /sso`: a service sends a browser here.
async fn ask(
    State(provider): State<Arc<IdentityProvider>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let message = redirect::decode(&query.unwrap_or_default())?;
    let request = messages::read_sign_in(&message.xml, &provider.service)?;
    let relay_state = message.relay_state.as_deref();
    let session = provider.session(&headers);
    match session.filter(|_| !request.is_forced) {
        None if !request.is_passive => {
            let kept = BASE64_STANDARD.encode(&message.xml);
            Ok(pages::sign_in(&kept, relay_state, Attempt::First).into_response())
        }
        session => {
            provider
                .answer(&request, session.as_ref(), relay_state)
                .await
        }
    }
}

/// What a person fills in, and what the page remembers of the request.
#[derive(Deserialize)]
struct Credentials {
    #[serde(rename = "SAMLRequest")]
    saml_request: String,
    #[serde(rename = "RelayState")]
    relay_state: Option<String>,
    name: String,
    password: String,
}

/// `POST /sso`: a person answers the prompt.
async fn sign_in(
    State(provider): State<Arc<IdentityProvider>>,
    Form(form): Form<Credentials>,
) -> Result<Response, Failed> {
    let xml = post::decode(MessageKind::Request, &form.saml_request)?;
    let request = messages::read_sign_in(&xml, &provider.service)?;
    let Some(person) = provider.people.with_password(&form.name, &form.password) else {
        let page = pages::sign_in(
            &form.saml_request,
            form.relay_state.as_deref(),
            Attempt::Repeated,
        );
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    };
    let (token, session) = provider.sessions.begin(&person.name, provider.clock.now());
    let page = provider
        .answer(&request, Some(&session), form.relay_state.as_deref())
        .await?;
    let cookie = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax");
    Ok(([(SET_COOKIE, cookie)], page).into_response())
}

/// `GET /slo`: a service signs somebody out everywhere.
async fn sign_out(
    State(provider): State<Arc<IdentityProvider>>,
    RawQuery(query): RawQuery,
) -> Result<Redirect, Failed> {
    let service = &provider.service;
    let message = redirect::decode(&query.unwrap_or_default())?;
    let (id, name) = messages::read_sign_out(&message, service)?;
    provider.sessions.end(&name);
    let (from, now) = (provider.entity_id(), provider.clock.now());
    let answer = Answer {
        request_id: &id,
        from: &from,
        to: service,
        at: service.slo_url.as_str(),
        now,
    };
    let xml = answer.confirm_sign_out()?;
    let (relay_state, signer) = (message.relay_state.as_deref(), Some(&*provider.signer));
    let url = redirect::encode(
        MessageKind::Response,
        &xml,
        &service.slo_url,
        relay_state,
        signer,
    );
    Ok(Redirect::to(&url.await?))
}

/// Why a page cannot be shown; the reason goes to whoever looks at the page.
#[derive(Debug)]
struct Failed(StatusCode, String);

impl From<BindingError> for Failed {
    fn from(error: BindingError) -> Self {
        Self(StatusCode::BAD_REQUEST, error.to_string())
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        Self(StatusCode::BAD_REQUEST, refused.to_string())
    }
}

impl From<Box<dyn Error>> for Failed {
    fn from(error: Box<dyn Error>) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<SignError> for Failed {
    fn from(error: SignError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let page = pages::notice("This did not work", &self.1, None);
        (self.0, page).into_response()
    }
}

/// The session of a browser at this provider.
const COOKIE: &str = "__Host-demo-idp";

#[cfg(test)]
mod tests;
