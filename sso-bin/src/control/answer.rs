//! The routes of the control channel.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    AcmeReport, Controlled, DrainReport, ForkReport, Refusal, Report, ServerLine, SyncDone,
    UserDetail, UserLine, Wish,
};

pub(super) fn router(controlled: Arc<dyn Controlled>) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/sync", post(sync))
        .route("/users", get(users))
        .route("/users/{user}", get(user))
        .route("/servers", get(servers))
        .route("/fork", get(fork).post(settle))
        .route("/drain", get(draining).post(drain))
        .route("/acme", get(acme).post(renew))
        .with_state(controlled)
}

/// What `POST /sync` says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SyncOrder {
    pub(super) force: bool,
}

/// What `POST /fork` says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SettleOrder {
    pub(super) hub: bool,
}

/// What `POST /drain` says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DrainOrder {
    pub(super) notice: u64,
}

/// Which users `GET /users` asks for.
#[derive(Debug, Deserialize)]
struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

/// What is answered in place of what was asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Problem {
    pub(super) code: String,
    pub(super) detail: String,
}

async fn status(State(server): State<Arc<dyn Controlled>>) -> Json<Report> {
    Json(server.report().await)
}

async fn sync(
    State(server): State<Arc<dyn Controlled>>,
    Json(order): Json<SyncOrder>,
) -> Result<Json<SyncDone>, Refusal> {
    server.sync(order.force).await.map(Json)
}

async fn users(
    State(server): State<Arc<dyn Controlled>>,
    Query(page): Query<Page>,
) -> Result<Json<Vec<UserLine>>, Refusal> {
    let limit = page.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    server.users(page.after.as_deref(), limit).await.map(Json)
}

async fn user(
    State(server): State<Arc<dyn Controlled>>,
    Path(wanted): Path<String>,
) -> Result<Json<Option<UserDetail>>, Refusal> {
    server.user(&wanted).await.map(Json)
}

async fn servers(
    State(server): State<Arc<dyn Controlled>>,
) -> Result<Json<Vec<ServerLine>>, Refusal> {
    server.servers().await.map(Json)
}

async fn fork(State(server): State<Arc<dyn Controlled>>) -> Result<Json<ForkReport>, Refusal> {
    server.fork().await.map(Json)
}

async fn settle(
    State(server): State<Arc<dyn Controlled>>,
    Json(order): Json<SettleOrder>,
) -> Result<Json<()>, Refusal> {
    server.settle(order.hub).await.map(Json)
}

async fn draining(State(server): State<Arc<dyn Controlled>>) -> Result<Json<DrainReport>, Refusal> {
    server.drain(None).await.map(Json)
}

async fn drain(
    State(server): State<Arc<dyn Controlled>>,
    Json(order): Json<DrainOrder>,
) -> Result<Json<DrainReport>, Refusal> {
    let notice = Duration::from_secs(order.notice);
    server.drain(Some(notice)).await.map(Json)
}

async fn acme(State(server): State<Arc<dyn Controlled>>) -> Result<Json<AcmeReport>, Refusal> {
    server.acme().await.map(Json)
}

async fn renew(State(server): State<Arc<dyn Controlled>>) -> Result<Json<Wish>, Refusal> {
    server.renew().await.map(Json)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = Problem::of(self);
        (StatusCode::CONFLICT, Json(problem)).into_response()
    }
}

impl Problem {
    fn of(refusal: Refusal) -> Self {
        let (code, detail) = match refusal {
            Refusal::NoDomain => (NO_DOMAIN, "this server belongs to no domain".into()),
            Refusal::Unreachable(why) => (UNREACHABLE, why),
            Refusal::Why(why) => ("refused", why),
        };
        Self {
            code: code.into(),
            detail,
        }
    }

    pub(super) fn into_refusal(self) -> Refusal {
        match self.code.as_str() {
            NO_DOMAIN => Refusal::NoDomain,
            UNREACHABLE => Refusal::Unreachable(self.detail),
            _ => Refusal::Why(self.detail),
        }
    }
}

const NO_DOMAIN: &str = "no-domain";
const UNREACHABLE: &str = "unreachable";
const MAX_PAGE: usize = 1000;
