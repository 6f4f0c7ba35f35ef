//! `GET /sso-connect/saml/metadata`: what identity providers need to know about us.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use sso_core::saml::metadata::PublishError;

use super::App;
use super::parameters::Query;
use super::refusal::Refusal;
use crate::pages::Failure;

/// `?signed` asks for a signature, which a server without a signing key cannot give.
pub(super) async fn show(
    State(app): State<App>,
    Query(query): Query,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let sso = app.sso_for(&headers);
    let published = match query.flag("signed")? {
        true => sso.signed_metadata().await,
        false => sso.metadata().map(Some),
    };
    let xml = published.map_err(|error| refuse(&error))?;
    let xml = xml.ok_or(Refusal::new(StatusCode::NOT_FOUND, Failure::NotFound))?;
    Ok(([(CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response())
}

fn refuse(error: &PublishError) -> Refusal {
    tracing::error!(
        reason = error.to_string().as_str(),
        "the metadata cannot be published"
    );
    Refusal::unavailable()
}
