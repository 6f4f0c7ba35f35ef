//! `GET /sso-connect/saml/metadata`: what identity providers need to know about us.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use super::App;
use super::parameters::Query;
use super::refusal::Refusal;

pub(super) async fn publish(
    State(app): State<App>,
    Query(query): Query,
) -> Result<Response, Refusal> {
    let xml = app.metadata(query.flag("signed")?).await?;
    Ok(([(CONTENT_TYPE, "application/samlmetadata+xml")], xml).into_response())
}
