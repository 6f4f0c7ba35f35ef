//! An axum service with a page of its own, and sign-in added by linking `sso-core` alone.
//!
//! `cargo run --example embed_in_axum -- https://app.example.com metadata.xml` serves it on
//! `127.0.0.1:8080`, behind a proxy that speaks TLS towards browsers.

use std::{collections::HashMap, env, error::Error, fs, sync::Arc};

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::{COOKIE, HeaderMap, HeaderName, SET_COOKIE};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sso_core::config::document::{IdentityProviderDocument, SharedConfigDocument};
use sso_core::config::{FixedConfig, Problems, service};
use sso_core::login::{AcsPost, BeginLogin, BrowserStep, LoginStart};
use sso_core::{Clock, Sso, SystemClock};
use sso_core::{cookie::SetCookie, memory::MemoryUserDirectory, seal::SealingKeys};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let (Some(base_url), Some(metadata)) = (args.next(), args.next()) else {
        return Err("usage: embed_in_axum https://HOST METADATA-FILE".into());
    };
    let sso = connect(&base_url, &fs::read_to_string(metadata)?, SystemClock)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, app(sso)).await?)
}

/// The keys and the users of this example end with the process; a real service stores them.
fn connect(base_url: &str, metadata: &str, clock: impl Clock) -> Result<Sso, Problems> {
    let mut document = SharedConfigDocument::new(base_url);
    document.identity_providers = vec![IdentityProviderDocument::new("work", metadata)];
    let config = Arc::new(FixedConfig::new(document.check(clock.now())?));
    let users = Arc::new(MemoryUserDirectory::default());
    Ok(Sso::builder(config, SealingKeys::random(), users)
        .clock(clock)
        .build())
}

fn app(sso: Sso) -> axum::Router {
    let routes = axum::Router::new().route("/", get(hello));
    let routes = routes
        .route(service::LOGIN, get(login))
        .route(service::ACS, post(finish));
    routes.with_state(sso)
}

async fn hello(State(sso): State<Sso>, headers: HeaderMap) -> Response {
    match sso.session(cookies(&headers)).await {
        Ok(Some((_, user))) => format!("Hello {}!", user.account.value).into_response(),
        Ok(None) => Redirect::to(service::LOGIN).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn login(State(sso): State<Sso>, headers: HeaderMap) -> Response {
    match sso.begin_login(&LoginStart::new(), cookies(&headers)).await {
        Ok(BeginLogin {
            step: BrowserStep::Redirect(url),
            cookies,
            ..
        }) => (set(&cookies), Redirect::to(&url)).into_response(),
        Ok(_) | Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

type Fields = Form<HashMap<String, String>>;

async fn finish(State(sso): State<Sso>, headers: HeaderMap, Form(form): Fields) -> Response {
    let field = |name| form.get(name).map(String::as_str);
    let saml_response = field("SAMLResponse").unwrap_or_default();
    let post = AcsPost {
        saml_response,
        relay_state: field("RelayState"),
    };
    match sso.finish_login(&post, cookies(&headers)).await {
        Ok(done) => (set(&done.cookies), Redirect::to(done.destination.as_str())).into_response(),
        Err(failed) => (StatusCode::FORBIDDEN, set(&failed.cookies)).into_response(),
    }
}

fn cookies(headers: &HeaderMap) -> Option<&str> {
    headers.get(COOKIE).and_then(|value| value.to_str().ok())
}

fn set(cookies: &[SetCookie]) -> AppendHeaders<Vec<(HeaderName, String)>> {
    AppendHeaders(
        cookies
            .iter()
            .map(|it| (SET_COOKIE, it.to_string()))
            .collect(),
    )
}

#[cfg(test)]
#[path = "embed_in_axum/tests.rs"]
mod tests;
