//! What only the operator reaches: `/health` and `/metrics`, on an address of this machine.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use sso_core::StoreError;

use super::AuditLog;
use super::metrics::Reading;
use super::service::Service;
use super::wiring::Stores;
use crate::failure::root_cause;
use crate::local_server::LocalServer;
use crate::server::Connections;

/// What is inspected.
#[derive(Clone, Debug)]
pub struct Inspected {
    /// What strangers reach.
    pub service: Service,
    /// How many do.
    pub connections: Connections,
    /// How many may.
    pub connection_limit: usize,
    /// The audit log.
    pub audit: Arc<AuditLog>,
    /// What the hub keeps its domains in.
    pub stores: Stores,
}

/// A listener for the operator, until it is dropped.
#[derive(Debug)]
pub struct Inspection(LocalServer);

impl Inspection {
    /// Answers on `listener`.
    ///
    /// # Errors
    ///
    /// If the listener cannot be used.
    pub fn start(listener: TcpListener, inspected: Inspected) -> io::Result<Self> {
        LocalServer::start(listener, router(inspected)).map(Self)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

/// The routes.
pub fn router(inspected: Inspected) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .with_state(inspected)
}

/// 200 if both stores answer, 503 with the reason if one does not.
async fn health(State(inspected): State<Inspected>) -> (StatusCode, String) {
    let asked = tokio::time::timeout(PATIENCE, inspected.stores.health()).await;
    let answer = asked.unwrap_or_else(|_| Err(StoreError::unavailable("no answer in 5 s")));
    match answer {
        Ok(()) => (StatusCode::OK, "ok\n".into()),
        Err(error) => {
            let reason = root_cause(&error);
            (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("storage: {reason}\n"),
            )
        }
    }
}

async fn metrics(State(inspected): State<Inspected>) -> impl IntoResponse {
    let hub = inspected.service.hub();
    let reading = Reading {
        audit_lost: inspected.audit.lost(),
        body_bytes: inspected.service.held(),
        connections: inspected.connections.count(),
        connection_limit: inspected.connection_limit,
        counts: hub.counts(),
        problems: hub.problems(),
        quotas: hub.quotas(),
    };
    ([(CONTENT_TYPE, TEXT)], reading.to_text())
}

/// For the stores to answer.
const PATIENCE: Duration = Duration::from_secs(5);

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
