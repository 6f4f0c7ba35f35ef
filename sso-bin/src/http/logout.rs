//! `GET` and `POST /sso-connect/saml/logout`: ends the session here, then at the identity provider.
//!
//! A link on a foreign page can call it: that costs a person one sign-in and nothing else.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use sso_core::config::service;
use sso_core::logout::{LogoutError, LogoutOutcome, LogoutRejection, LogoutStep};

use super::answer::language;
use super::refusal::Refusal;
use super::{App, cookies, login};
use crate::pages::{self, Failure, Language};

pub(super) async fn begin(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refusal> {
    let cookie_header = cookies::of(&headers);
    let step = app.sso().begin_logout(cookie_header.as_deref()).await;
    step.map(|step| answer(step, language(&headers)))
        .map_err(|error| refuse(&app, &error))
}

/// Sends the browser on, or says that it is signed out.
pub(super) fn answer(logout: LogoutStep, language: Language) -> Response {
    log(&logout);
    let response = match logout.step {
        Some(step) => login::step(step, language),
        None => pages::signed_out(language, service::LOGIN).into_response(),
    };
    cookies::set(response, &logout.cookies)
}

/// What an administrator should hear of a sign-out that went on nevertheless.
fn log(logout: &LogoutStep) {
    if let Some(rejection) = &logout.refused {
        log_refused(rejection);
    }
    match &logout.outcome {
        None | Some(LogoutOutcome::Complete) => {}
        Some(outcome) => tracing::info!(?outcome, "the identity provider did not end everything"),
    }
}

fn log_refused(rejection: &LogoutRejection) {
    tracing::warn!(
        code = rejection.code(),
        reason = rejection.to_string().as_str(),
        "a logout message was refused"
    );
}

pub(super) fn refuse(app: &App, error: &LogoutError) -> Refusal {
    match error {
        LogoutError::Rejected(rejection) => {
            log_refused(rejection);
            Refusal::new(StatusCode::FORBIDDEN, Failure::Refused)
        }
        LogoutError::Store(error) => app.storage_failed(error),
        _ => {
            tracing::error!(reason = error.to_string().as_str(), "the logout failed");
            Refusal::unavailable()
        }
    }
}
