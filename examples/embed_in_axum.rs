//! An axum service that gets its sign-in by linking `sso-core` alone, on `127.0.0.1:8080` behind TLS:
//! `cargo run --example embed_in_axum -- https://app.example.com metadata.xml`

use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use sso_core::config::document::{IdentityProviderDocument, SharedConfigDocument};
use sso_core::config::{FixedConfig, Problems, service};
use sso_core::login::{AcsPost, BrowserStep, LoginStart};
use sso_core::{Clock, Sso, SystemClock, memory::MemoryUserDirectory, seal::SealingKeys};
use std::{collections::HashMap, env, error::Error, fs, sync::Arc};

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
    let builder = Sso::builder(config, SealingKeys::random(), users);
    Ok(builder.clock(clock).build())
}

fn app(sso: Sso) -> axum::Router {
    let app = axum::Router::new().route("/", get(hello));
    let app = app.route(service::LOGIN, get(login));
    app.route(service::ACS, post(finish)).with_state(sso)
}

async fn hello(sso: State<Sso>, headers: HeaderMap) -> Response {
    match sso.session(cookies(&headers)).await {
        Ok(Some((_, user))) => format!("Hello {}!", user.account.value).into_response(),
        Ok(None) => Redirect::to(service::LOGIN).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn login(sso: State<Sso>, headers: HeaderMap) -> Result<Response, StatusCode> {
    let begun = sso.begin_login(&LoginStart::new(), cookies(&headers)).await;
    let begun = begun.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    match begun.step {
        BrowserStep::Redirect(url) => Ok((set(&begun.cookies), Redirect::to(&url)).into_response()),
        BrowserStep::Form { .. } => Err(StatusCode::NOT_IMPLEMENTED),
    }
}

type Fields = HashMap<String, String>;
async fn finish(sso: State<Sso>, headers: HeaderMap, form: Form<Fields>) -> Response {
    let field = |name| form.get(name).map(String::as_str);
    let post = AcsPost::new(field("SAMLResponse").unwrap_or(""), field("RelayState"));
    match sso.finish_login(&post, cookies(&headers)).await {
        Ok(done) => (set(&done.cookies), Redirect::to(done.destination.as_str())).into_response(),
        Err(failed) => (StatusCode::FORBIDDEN, set(&failed.cookies)).into_response(),
    }
}

fn cookies(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::COOKIE)?.to_str().ok()
}

fn set(cookies: &[sso_core::cookie::SetCookie]) -> AppendHeaders<Vec<(HeaderName, String)>> {
    let values = cookies.iter().map(ToString::to_string);
    AppendHeaders(values.map(|it| (header::SET_COOKIE, it)).collect())
}

#[cfg(test)]
#[path = "embed_in_axum/tests.rs"]
mod tests;
