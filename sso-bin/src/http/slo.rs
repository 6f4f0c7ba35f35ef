//! `GET` and `POST /sso-connect/saml/slo`: takes in what identity providers say about logouts.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use sso_core::logout::LogoutMessage;

use super::answer::language;
use super::parameters::Form;
use super::refusal::Refusal;
use super::{App, cookies, logout};

/// The Redirect binding: the signature is over the query as it was sent (SAML Bindings 3.4.4.1).
pub(super) async fn by_redirect(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let query = query.ok_or_else(Refusal::bad_request)?;
    receive(&app, &headers, &LogoutMessage::Redirect { query: &query }).await
}

/// The POST binding.
pub(super) async fn by_post(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let message = LogoutMessage::Post {
        saml_request: form.once("SAMLRequest")?,
        saml_response: form.once("SAMLResponse")?,
        relay_state: form.once("RelayState")?,
    };
    receive(&app, &headers, &message).await
}

async fn receive(
    app: &App,
    headers: &HeaderMap,
    message: &LogoutMessage<'_>,
) -> Result<Response, Refusal> {
    let cookie_header = cookies::of(headers);
    let sso = app.sso_for(headers);
    let step = sso.receive_logout(message, cookie_header.as_deref()).await;
    step.map(|step| logout::answer(step, language(headers)))
        .map_err(|error| logout::refuse(app, &error))
}
