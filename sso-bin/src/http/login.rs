//! `GET /sso-connect/saml/login`: begins a sign-in.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use sso_core::config::{IdpName, service};
use sso_core::login::{BrowserStep, LoginError, LoginStart};
use url::form_urlencoded;

use super::answer::language;
use super::parameters::{Parameters, Query};
use super::refusal::Refusal;
use super::{App, cookies, secret};
use crate::handover::ClientKey;
use crate::pages::{self, Choice, Failure, Language};

pub(super) async fn begin(
    State(app): State<App>,
    Query(query): Query,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let start = read(&query)?;
    check_key(&app, start.key.as_deref())?;
    warn_of_destination(&app, start.dest.as_deref());
    let cookie_header = cookies::of(&headers);
    app.came_to_sign_in(&headers);
    let sso = app.sso_for(&headers);
    match sso.begin_login(&start, cookie_header.as_deref()).await {
        Ok(begun) => Ok(cookies::set(
            step(begun.step, language(&headers)),
            &begun.cookies,
        )),
        Err(LoginError::Choose { among }) => Ok(choose(&start, &among, language(&headers))),
        Err(error) => Err(refuse(&error)),
    }
}

/// Sends the browser on.
pub(super) fn step(step: BrowserStep, language: Language) -> Response {
    match step {
        BrowserStep::Redirect(url) => Redirect::to(&url).into_response(),
        BrowserStep::Form { action, fields } => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            pages::post_form(language, &action, &fields).into_response()
        }
    }
}

/// The address that begins `start`.
pub(super) fn address(start: &LoginStart) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let texts = [
        ("idp", start.idp.as_ref().map(IdpName::as_str)),
        ("dest", start.dest.as_deref()),
        ("key", start.key.as_deref()),
    ];
    for (name, value) in texts {
        value.map(|value| query.append_pair(name, value));
    }
    let flags = [
        ("embedded", start.embedded),
        ("passive", start.passive),
        ("relogin", start.relogin),
    ];
    for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
        query.append_pair(name, "true");
    }
    if start.attempt > 0 {
        query.append_pair("attempt", &start.attempt.to_string());
    }
    match query.finish().as_str() {
        "" => service::LOGIN.to_owned(),
        query => format!("{}?{query}", service::LOGIN),
    }
}

fn read(query: &Parameters) -> Result<LoginStart, Refusal> {
    let text = |name| query.once(name).map(|value| value.map(str::to_owned));
    let mut start = LoginStart::new();
    start.idp = query
        .once("idp")?
        .map(IdpName::new)
        .transpose()
        .map_err(|_| unknown())?;
    start.dest = text("dest")?;
    start.key = text("key")?;
    start.embedded = query.flag("embedded")?;
    start.passive = query.flag("passive")?;
    start.relogin = query.flag("relogin")?;
    let attempt = query.once("attempt")?.map(str::parse).transpose();
    start.attempt = attempt.map_err(|_| Refusal::bad_request())?.unwrap_or(0);
    Ok(start)
}

/// A key that nothing can be encrypted to is better refused before the sign-in than after it.
fn check_key(app: &App, key: Option<&str>) -> Result<(), Refusal> {
    let Some(key) = key else { return Ok(()) };
    ClientKey::parse(key, app.rsa_padding())
        .map(drop)
        .map_err(|error| secret::refuse(&error))
}

/// The sign-in goes on and ends at home; an administrator who forgot an origin should know why.
fn warn_of_destination(app: &App, wanted: Option<&str>) {
    let refused = wanted.and_then(|wanted| app.config().destinations().resolve(wanted).err());
    if let Some(refused) = refused {
        tracing::warn!(
            reason = refused.to_string().as_str(),
            setting = "destinations",
            fix = "if the application is yours, add its origin to `destinations`",
            "the sign-in will end at home instead of where it was to lead"
        );
    }
}

fn choose(start: &LoginStart, among: &[IdpName], language: Language) -> Response {
    let choices: Vec<_> = among
        .iter()
        .map(|name| Choice {
            name: name.as_str().to_owned(),
            url: address(&start.clone().at(name.clone())),
        })
        .collect();
    pages::choose(language, &choices).into_response()
}

fn refuse(error: &LoginError) -> Refusal {
    tracing::warn!(reason = error.to_string().as_str(), "no sign-in was begun");
    match error {
        LoginError::NotConfigured => {
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, Failure::NotConfigured)
        }
        LoginError::Disabled { .. } | LoginError::UnknownIdentityProvider { .. } => unknown(),
        LoginError::TooManyAttempts => Refusal::new(StatusCode::FORBIDDEN, Failure::Refused),
        LoginError::TooLong => Refusal::bad_request(),
        _ => Refusal::unavailable(),
    }
}

/// There is no such identity provider, or none that may be used: which, is nobody's business.
const fn unknown() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, Failure::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_was_read_from_it() {
        let query = "idp=work&dest=%2Fa%3Fb%26c&key=abc&embedded=true&relogin=true&attempt=2";
        let start = read(&Parameters::parse(query.as_bytes())).unwrap();
        assert_eq!(address(&start), format!("/sso-connect/saml/login?{query}"));
        assert_eq!(address(&LoginStart::new()), "/sso-connect/saml/login");
    }

    #[test]
    fn an_odd_attempt_is_refused() {
        for query in [
            "attempt=-1",
            "attempt=256",
            "attempt=x",
            "attempt=1&attempt=2",
        ] {
            assert!(
                read(&Parameters::parse(query.as_bytes())).is_err(),
                "{query}"
            );
        }
    }

    #[test]
    fn a_name_that_no_identity_provider_can_have_is_not_found() {
        let refusal = read(&Parameters::parse(b"idp=../x")).unwrap_err();
        assert_eq!(refusal.status(), StatusCode::NOT_FOUND);
    }
}
