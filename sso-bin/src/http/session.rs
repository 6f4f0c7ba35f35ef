//! `GET /sso-connect/session`: tells an application who is signed in.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Serialize;
use sso_core::session::Session;
use sso_core::user::User;
use std::collections::BTreeMap;

use super::refusal::Refusal;
use super::{App, auth};

pub(super) async fn show(State(app): State<App>, headers: HeaderMap) -> Result<Response, Refusal> {
    match app.signed_in(&headers).await? {
        Some((session, user)) => Ok(Json(SessionView::of(&session, &user)).into_response()),
        None => Ok(auth::unauthorized()),
    }
}

/// A session as applications see it.
#[derive(Serialize)]
struct SessionView<'a> {
    user: UserView<'a>,
    /// Entity ID of the identity provider.
    idp: &'a str,
    /// RFC 3339, UTC.
    started: String,
    /// RFC 3339, UTC.
    expires: String,
    /// Authentication context class, if the identity provider named one.
    context: Option<&'a str>,
}

#[derive(Serialize)]
struct UserView<'a> {
    id: &'a str,
    name_id: &'a str,
    first: Option<&'a str>,
    last: Option<&'a str>,
    email: Option<&'a str>,
    groups: &'a [String],
    attributes: &'a BTreeMap<String, Vec<String>>,
}

impl<'a> SessionView<'a> {
    fn of(session: &'a Session, user: &'a User) -> Self {
        Self {
            user: UserView::of(user),
            idp: &session.identity_provider,
            started: session.started.to_the_second().to_string(),
            expires: session.expires.to_the_second().to_string(),
            context: session.context_class.as_deref(),
        }
    }
}

impl<'a> UserView<'a> {
    fn of(user: &'a User) -> Self {
        let profile = &user.profile;
        Self {
            id: user.id.as_str(),
            name_id: &user.account.value,
            first: profile.first.as_deref(),
            last: profile.last.as_deref(),
            email: profile.email.as_deref(),
            groups: &profile.groups,
            attributes: &profile.attributes,
        }
    }
}
