//! `GET /ping`, `/livez` and `/readyz`: for load balancers and for people.

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use super::App;
use super::refusal::Refusal;
use crate::pages::Failure;
use crate::status::{State as Condition, Status};
use crate::wiring;

/// How the server is. Always 200: whether that is good news, the body says.
pub(super) async fn ping(State(app): State<App>) -> Json<Status> {
    let mut status = app.status().await;
    // Elsewhere what mends it has a place of its own.
    if let (Some(reason), Some(command)) = (&mut status.reason, app.add_provider(status.status)) {
        *reason = format!("{reason}: {command}");
    }
    Json(status)
}

/// The process answers. Restart it if it does not.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Whether to send browsers here: 503 while shutting down, without storage, and before there is an
/// identity provider.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Refusal> {
    app.drain().asked(wiring::now());
    match app.status().await.status {
        Condition::Running => Ok("ready\n"),
        Condition::NotConfiguredYet => Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Failure::NotConfigured,
        )),
        Condition::Stopped => Err(Refusal::unavailable()),
    }
}
