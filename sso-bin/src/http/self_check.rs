//! The server asks itself, for whoever looks after it.

use async_trait::async_trait;
use axum::body::Body;
use http::Request;
use tower::ServiceExt as _;

use super::{App, router};
use crate::status::{State, Status};
use crate::supervisor::SelfCheck;

#[async_trait]
impl SelfCheck for App {
    async fn answers(&self) -> bool {
        let Ok(request) = Request::get("/livez").body(Body::empty()) else {
            return false;
        };
        let Ok(response) = router(self.clone()).oneshot(request).await;
        response.status().is_success()
    }

    async fn summary(&self) -> String {
        let mut status = self.status().await;
        if status.status == State::Stopped
            && let Some(shut) = self.shut()
        {
            status.reason = Some(shut.to_string());
        }
        in_one_line(&status)
    }
}

fn in_one_line(status: &Status) -> String {
    let mut line = status.status.to_string();
    if let Some(reason) = &status.reason {
        line = format!("{line}: {reason}");
    }
    if status.sync != OFF {
        line = format!("{line}; sync {}", status.sync);
    }
    match status.sync_revision {
        Some(revision) => format!("{line}, revision {revision}"),
        None => line,
    }
}

/// Of a server without a domain.
const OFF: &str = "Off";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_fits_in_one_line() {
        let status = Status::new(false, State::Running, None);
        assert_eq!(in_one_line(&status), "Running");
        let status = Status {
            sync: "level".into(),
            sync_revision: Some(7),
            ..Status::new(false, State::Stopped, Some("no storage".into()))
        };
        assert_eq!(
            in_one_line(&status),
            "Stopped: no storage; sync level, revision 7"
        );
    }
}
