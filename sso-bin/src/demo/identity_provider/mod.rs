//! A demonstration identity provider. **Not for production.**
//!
//! It knows two people and one service, keeps its sessions in memory, and believes what samael
//! reads out of a request, since all that a request can bring about here is a password prompt and
//! an answer to the one service it knows.

mod messages;
mod metadata;
mod redirect;

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

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
use sso_core::session::SessionId;
use sso_core::signature::{SignError, Signer, VerifyingKey, sign_enveloped};

use self::messages::{Prompt, Refused, SignInRequest};
use self::redirect::Incoming;
use super::pages;
use super::people::{People, Person};
use crate::pages::{Language, post_form};

/// The one service that it answers to.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) entity_id: String,
    pub(super) acs_url: String,
    pub(super) slo_url: String,
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
    sessions: Mutex<HashMap<String, &'static str>>,
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
        let sessions = Mutex::default();
        Self { base: base.to_owned(), people, service, signer, clock, sessions }
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

    /// The person whose browser sends this cookie, and the session.
    fn remembered(&self, headers: &HeaderMap) -> Option<(&Person, String)> {
        let token = pages::cookie(headers, COOKIE)?;
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let person = self.people.named(sessions.get(token)?)?;
        Some((person, token.to_owned()))
    }

    fn remember(&self, person: &Person) -> String {
        let token = SessionId::random().as_str().to_owned();
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(token.clone(), person.name);
        token
    }

    fn forget(&self, name: &str) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, person| *person != name);
    }

    /// A page that takes the answer to the service.
    async fn accept(
        &self,
        person: &Person,
        session: &str,
        request: &SignInRequest,
        relay_state: Option<&str>,
    ) -> Result<Response, Failed> {
        let now = self.clock.now();
        let from = self.entity_id();
        let message = messages::accept(person, session, &request.id, &from, &self.service, now)?;
        self.post(message, relay_state).await
    }

    /// Tells the service that a person would have to be asked.
    async fn decline(
        &self,
        request: &SignInRequest,
        relay_state: Option<&str>,
    ) -> Result<Response, Failed> {
        let from = self.entity_id();
        let message = messages::decline(&request.id, &from, &self.service, self.clock.now())?;
        self.post(message, relay_state).await
    }

    async fn post(
        &self,
        (xml, id): (String, String),
        relay_state: Option<&str>,
    ) -> Result<Response, Failed> {
        let signed = sign_enveloped(&xml, &id, &*self.signer).await?;
        let encoded = BASE64_STANDARD.encode(signed);
        let mut fields = vec![("SAMLResponse", encoded.as_str())];
        fields.extend(relay_state.map(|relay_state| ("RelayState", relay_state)));
        Ok(post_form(Language::English, &self.service.acs_url, &fields).into_response())
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
    let incoming = redirect::read(&query.unwrap_or_default())?;
    let request = messages::read_sign_in(&incoming.xml, &provider.service)?;
    let relay_state = incoming.relay_state.as_deref();
    match (provider.remembered(&headers), request.prompt) {
        (Some((person, session)), Prompt::IfNeeded | Prompt::Never) => {
            provider.accept(person, &session, &request, relay_state).await
        }
        (None, Prompt::Never) => provider.decline(&request, relay_state).await,
        (_, Prompt::Always | Prompt::IfNeeded) => Ok(prompt(&incoming).into_response()),
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
    let incoming = incoming(&form)?;
    let request = messages::read_sign_in(&incoming.xml, &provider.service)?;
    let Some(person) = provider.people.with_password(&form.name, &form.password) else {
        let page = pages::sign_in(&form.saml_request, form.relay_state.as_deref(), true);
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    };
    let session = provider.remember(person);
    let page = provider.accept(person, &session, &request, form.relay_state.as_deref()).await?;
    let cookie = format!("{COOKIE}={session}; Path=/; Secure; HttpOnly; SameSite=Lax");
    Ok(([(SET_COOKIE, cookie)], page).into_response())
}

/// `GET /slo`: a service signs somebody out everywhere.
async fn sign_out(
    State(provider): State<Arc<IdentityProvider>>,
    RawQuery(query): RawQuery,
) -> Result<Redirect, Failed> {
    let service = &provider.service;
    let incoming = redirect::read_signed(&query.unwrap_or_default(), &service.key)?;
    let (id, name) = messages::read_sign_out(&incoming.xml, service)?;
    provider.forget(&name);
    let now = provider.clock.now();
    let xml = messages::confirm_sign_out(&id, &provider.entity_id(), service, now)?;
    let relay_state = incoming.relay_state.as_deref();
    let url = redirect::write_signed(&service.slo_url, &xml, relay_state, &*provider.signer);
    Ok(Redirect::to(&url.await?))
}

fn prompt(incoming: &Incoming) -> crate::pages::Page {
    let saml_request = BASE64_STANDARD.encode(&incoming.xml);
    pages::sign_in(&saml_request, incoming.relay_state.as_deref(), false)
}

fn incoming(form: &Credentials) -> Result<Incoming, Refused> {
    let xml = BASE64_STANDARD.decode(&form.saml_request).map_err(|_| Refused::Unreadable)?;
    let xml = String::from_utf8(xml).map_err(|_| Refused::Unreadable)?;
    Ok(Incoming { xml, relay_state: form.relay_state.clone() })
}

/// Why a page cannot be shown; the reason goes to whoever looks at the page.
#[derive(Debug)]
struct Failed(StatusCode, String);

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
