//! A demonstration application behind SSO Connect.
//!
//! It has no sign-in of its own. It passes the cookies of a browser on to SSO Connect and asks who
//! that is, and it encrypts a note with the secret of the user. Cookies belong to a host, whatever
//! the port (RFC 6265, 8.5), so an application on the host of SSO Connect gets them too.

mod connect;
mod note;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use self::connect::{ConnectError, Identity};
use self::note::{NoteError, SealedNote};
use super::pages::{self, Link};
use crate::http::cookies;

pub(super) use self::connect::SsoConnect;

/// The demonstration application.
#[derive(Debug)]
pub(super) struct Application {
    base: String,
    connect: SsoConnect,
    notes: Mutex<HashMap<String, SealedNote>>,
}

impl Application {
    /// The application at `base`, an origin, that `connect` signs people in to.
    pub(super) fn new(base: &str, connect: SsoConnect) -> Self {
        Self {
            base: base.to_owned(),
            connect,
            notes: Mutex::default(),
        }
    }

    /// Everything it answers.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/", get(show))
            .route("/note", post(take_note))
            .with_state(Arc::new(self))
    }

    fn note(&self, user: &str) -> Option<SealedNote> {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(user)
            .cloned()
    }

    fn keep(&self, user: String, note: SealedNote) {
        self.notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(user, note);
    }

    async fn opened_note(&self, cookies: &str, user: &str) -> Result<Option<OpenedNote>, Failed> {
        let Some(sealed) = self.note(user) else {
            return Ok(None);
        };
        let secret = self.connect.secret(cookies).await?;
        Ok(Some(OpenedNote {
            text: sealed.open(&secret)?,
            stored: sealed.to_string(),
        }))
    }
}

/// Who looks at the page, as text.
#[derive(Debug)]
pub(super) struct Visitor {
    pub(super) name: String,
    pub(super) account: String,
    pub(super) email: String,
    pub(super) groups: String,
    pub(super) started: String,
    pub(super) expires: String,
}

impl From<Identity> for Visitor {
    fn from(identity: Identity) -> Self {
        let user = identity.user;
        let name = [user.first, user.last]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ");
        Self {
            name,
            account: user.name_id,
            email: user.email.unwrap_or_default(),
            groups: user.groups.join(", "),
            started: readable(&identity.started),
            expires: readable(&identity.expires),
        }
    }
}

/// A moment of RFC 3339 for people.
fn readable(moment: &str) -> String {
    moment.replacen('T', " ", 1).replacen('Z', " UTC", 1)
}

/// A note as it is stored, and as its owner reads it.
#[derive(Debug)]
pub(super) struct OpenedNote {
    pub(super) stored: String,
    pub(super) text: String,
}

/// `GET /`: greets whoever is signed in.
async fn show(
    State(application): State<Arc<Application>>,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let cookies = cookies::of(&headers).unwrap_or_default();
    let Some(identity) = application.connect.who_is(&cookies).await? else {
        return Ok(application.offer_sign_in());
    };
    let note = application.opened_note(&cookies, &identity.user.id).await?;
    let sign_out_url = application.connect.logout_url();
    let page = pages::application(&identity.into(), note.as_ref(), &sign_out_url);
    Ok(page.into_response())
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

/// `POST /note`: encrypts a note and keeps it.
async fn take_note(
    State(application): State<Arc<Application>>,
    headers: HeaderMap,
    Form(note): Form<NewNote>,
) -> Result<Response, Failed> {
    let cookies = cookies::of(&headers).unwrap_or_default();
    let Some(identity) = application.connect.who_is(&cookies).await? else {
        return Ok((StatusCode::UNAUTHORIZED, application.offer_sign_in()).into_response());
    };
    let text: String = note.text.chars().take(MAX_NOTE_CHARS).collect();
    let secret = application.connect.secret(&cookies).await?;
    application.keep(identity.user.id, SealedNote::seal(&text, &secret)?);
    Ok(Redirect::to("/").into_response())
}

impl Application {
    fn offer_sign_in(&self) -> Response {
        let link = Link {
            name: "Sign in",
            url: self.connect.login_url(&self.base),
        };
        let detail = "This application leaves signing in to SSO Connect.";
        pages::notice("Demonstration application", detail, Some(&link)).into_response()
    }
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let page = pages::notice("This did not work", &self.to_string(), None);
        (StatusCode::BAD_GATEWAY, page).into_response()
    }
}

const MAX_NOTE_CHARS: usize = 200;
