//! `GET /` and `GET /sso-connect`: shows a person who they are.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use sso_core::config::service;

use super::App;
use super::answer::language;
use super::refusal::Refusal;
use crate::pages;

pub(super) async fn show(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refusal> {
    let language = language(&headers);
    let end = app.end();
    let page = match app.signed_in(&headers).await? {
        Some((session, user)) => pages::signed_in(language, &user, &session, service::LOGOUT, end),
        None => pages::welcome(language, service::LOGIN, end),
    };
    Ok(page.into_response())
}
