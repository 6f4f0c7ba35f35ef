//! `GET /sso-connect/saml/metadata`: what identity providers need to know about us.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use super::App;
use super::parameters::Query;
use super::refusal::Refusal;
use crate::published_metadata::publish;

pub(super) async fn show(State(app): State<App>, Query(query): Query) -> Result<Response, Refusal> {
    let xml = publish(&app.config(), query.flag("signed")?)
        .await
        .map_err(|error| {
            tracing::error!(
                reason = error.to_string().as_str(),
                "the metadata cannot be signed"
            );
            Refusal::unavailable()
        })?;
    Ok(([(CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response())
}
