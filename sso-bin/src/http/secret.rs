//! `POST /sso-connect/secret`: hands the user's secret to an application, encrypted to its key.
//!
//! Only a form of the same site brings the session's cookie along, and only a page of the same
//! origin can read the answer, which is worth nothing without the private key anyway.

use std::error::Error;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use sso_core::session::Session;

use super::parameters::Form;
use super::refusal::Refusal;
use super::{App, auth};
use crate::handover::{ClientKey, SealedSecret};
use crate::pages::Failure;

pub(super) async fn hand_over(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let key = form.once("key")?.ok_or_else(Refusal::bad_request)?;
    match app.signed_in(&headers).await? {
        Some((session, _)) => Ok(Json(seal(&app, &session, key).await?).into_response()),
        None => Ok(auth::unauthorized()),
    }
}

/// Encrypts the secret of whom the session belongs to.
pub(super) async fn seal(app: &App, session: &Session, key: &str) -> Result<SealedSecret, Refusal> {
    let key = ClientKey::parse(key, app.rsa_padding()).map_err(|error| refuse(&error))?;
    let secret = app
        .sso()
        .secret(session)
        .await
        .map_err(|error| app.storage_failed(&error))?;
    let secret = secret.ok_or(Refusal::new(StatusCode::FORBIDDEN, Failure::Denied))?;
    let config = app.config();
    let entity_id = config.service().entity_id().as_str();
    key.seal(&secret, &session.user, entity_id)
        .map_err(|error| refuse(&error))
}

/// Logs why the key of a client is of no use.
pub(super) fn refuse(reason: &dyn Error) -> Refusal {
    tracing::warn!(
        reason = reason.to_string().as_str(),
        "the key of a client was refused"
    );
    Refusal::bad_request()
}
