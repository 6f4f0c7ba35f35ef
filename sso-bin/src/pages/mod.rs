//! What a person sees: small pages in English and Japanese, without scripts, pictures or
//! anything from elsewhere.
//!
//! Whatever a page prints is escaped by its template. A page carries its own
//! `Content-Security-Policy`; the other headers are those of every answer.

mod language;
pub(crate) mod policy;

use std::fmt;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use sso_core::UnixTime;
use sso_core::session::Session;
use sso_core::user::User;

pub use language::Language;
pub(crate) use language::Texts;
use policy::READ_ONLY;

use crate::handover::SealedSecret;

/// A page and what it may do. Answers 200 unless the handler says otherwise.
#[derive(Clone, Debug)]
pub struct Page {
    html: String,
    language: Language,
    policy: &'static str,
}

impl Page {
    /// The text of the page.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The value of its `Content-Security-Policy`.
    #[must_use]
    pub const fn policy(&self) -> &'static str {
        self.policy
    }

    pub(crate) fn render(template: &impl Template, texts: Texts, policy: &'static str) -> Self {
        // Writing to memory cannot fail, and no template has a filter that can.
        let html = template.render().unwrap_or_default();
        Self {
            html,
            language: texts.language(),
            policy,
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_LANGUAGE, self.language.tag()),
            (CONTENT_SECURITY_POLICY, self.policy),
            (VARY, "Accept-Language"),
        ];
        (headers, self.html).into_response()
    }
}

/// Why a person gets no further: as coarse as a stranger may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request is damaged, or was never one.
    BadRequest,
    /// The identity provider said no.
    Denied,
    /// The address exists, for another method or kind of content.
    Method,
    /// The browser has lost the cookie of its sign-in twice in a row.
    NoCookies,
    /// There is no identity provider yet.
    NotConfigured,
    /// There is no such address.
    NotFound,
    /// The answer of the identity provider did not stand up to the checks.
    Refused,
    /// The request came in too slowly.
    Slow,
    /// The request is larger than anything that makes sense.
    TooLarge,
    /// The sign-in expired, was used already, or belongs to another browser.
    TryAgain,
    /// Storage, or something else this service needs, is away for now.
    Unavailable,
}

impl Failure {
    fn texts(self, text: Texts) -> (String, String) {
        match self {
            Self::BadRequest => (
                text.say("error-bad-request-title"),
                text.say("error-bad-request-advice"),
            ),
            Self::Denied => (
                text.say("error-denied-title"),
                text.say("error-denied-advice"),
            ),
            Self::Method => (
                text.say("error-method-title"),
                text.say("error-method-advice"),
            ),
            Self::NoCookies => (
                text.say("error-no-cookies-title"),
                text.say("error-no-cookies-advice"),
            ),
            Self::NotConfigured => (
                text.say("error-not-configured-title"),
                text.say("error-not-configured-advice"),
            ),
            Self::NotFound => (
                text.say("error-not-found-title"),
                text.say("error-not-found-advice"),
            ),
            Self::Refused => (
                text.say("error-refused-title"),
                text.say("error-refused-advice"),
            ),
            Self::Slow => (text.say("error-slow-title"), text.say("error-slow-advice")),
            Self::TooLarge => (
                text.say("error-too-large-title"),
                text.say("error-too-large-advice"),
            ),
            Self::TryAgain => (
                text.say("error-try-again-title"),
                text.say("error-try-again-advice"),
            ),
            Self::Unavailable => (
                text.say("error-unavailable-title"),
                text.say("error-unavailable-advice"),
            ),
        }
    }
}

/// Something went wrong: what a person can do about it, the number that finds the line in the log,
/// and, if that may help, a link that starts again.
#[must_use]
pub fn error(language: Language, failure: Failure, trace_id: &str, restart: Option<&str>) -> Page {
    let text = Texts::new(language);
    let (title, advice) = failure.texts(text);
    Page::render(
        &ErrorPage {
            text,
            title,
            advice,
            trace_id,
            restart,
        },
        text,
        &READ_ONLY,
    )
}

/// One identity provider to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What people call it.
    pub name: String,
    /// Where the sign-in with it begins.
    pub url: String,
}

/// Asks which identity provider to sign in with.
#[must_use]
pub fn choose(language: Language, choices: &[Choice]) -> Page {
    let text = Texts::new(language);
    Page::render(&ChoosePage { text, choices }, text, &READ_ONLY)
}

/// Shows a person who they are, and until when.
#[must_use]
pub fn signed_in(
    language: Language,
    user: &User,
    session: &Session,
    logout_url: &str,
    end: Option<End>,
) -> Page {
    let text = Texts::new(language);
    let page = SignedInPage {
        text,
        name: full_name(user),
        user,
        idp: &session.identity_provider,
        started: Moment(session.started),
        expires: Moment(session.expires),
        logout_url,
        end,
    };
    Page::render(&page, text, &READ_ONLY)
}

/// Tells that nobody is signed in yet.
#[must_use]
pub fn welcome(language: Language, login_url: &str, end: Option<End>) -> Page {
    let text = Texts::new(language);
    let (title, detail) = (text.say("welcome-title"), text.say("welcome-detail"));
    Page::render(
        &AnonymousPage {
            text,
            title,
            detail,
            login_url,
            end,
        },
        text,
        &READ_ONLY,
    )
}

/// That the domain of a service is going to be deleted, or was: as much as everybody may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its administrators have announced it; not before this moment.
    Announced(UnixTime),
    /// It was deleted.
    Confirmed,
}

impl End {
    const fn not_before(self) -> Option<Moment> {
        match self {
            Self::Announced(moment) => Some(Moment(moment)),
            Self::Confirmed => None,
        }
    }
}

/// Confirms a sign-out.
#[must_use]
pub fn signed_out(language: Language, login_url: &str) -> Page {
    let text = Texts::new(language);
    let (title, detail) = (text.say("signed-out-title"), text.say("signed-out-detail"));
    Page::render(
        &AnonymousPage {
            text,
            title,
            detail,
            login_url,
            end: None,
        },
        text,
        &READ_ONLY,
    )
}

/// A form that posts `fields` to `action` by itself, or at the press of a button where scripts are
/// off (SAML Bindings 3.5).
///
/// `action` is an address from the configuration, never from the request.
#[must_use]
pub fn post_form(language: Language, action: &str, fields: &[(&str, &str)]) -> Page {
    let text = Texts::new(language);
    Page::render(
        &PostFormPage {
            text,
            action,
            fields,
        },
        text,
        &policy::SUBMITTED_FORM,
    )
}

/// Hands the sealed secret to the application that shows this page in a browser of its own.
///
/// The application finds it in the `data-` attributes of the element `sso-connect-secret`.
#[must_use]
pub fn embedded(language: Language, sealed: &SealedSecret) -> Page {
    let text = Texts::new(language);
    Page::render(&EmbeddedPage { text, sealed }, text, &READ_ONLY)
}

/// Given and family name, as far as known.
fn full_name(user: &User) -> Option<String> {
    let parts = [user.profile.first.as_deref(), user.profile.last.as_deref()];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}

/// A moment as people read it, to the second, with its zone.
#[derive(Clone, Copy, Debug)]
struct Moment(UnixTime);

impl Moment {
    /// The same for machines (HTML, 4.5.14).
    fn datetime(self) -> String {
        self.0.to_the_second().to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            &self
                .datetime()
                .replacen('T', " ", 1)
                .replacen('Z', " UTC", 1),
        )
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    text: Texts,
    title: String,
    advice: String,
    trace_id: &'a str,
    restart: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct ChoosePage<'a> {
    text: Texts,
    choices: &'a [Choice],
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage<'a> {
    text: Texts,
    name: Option<String>,
    user: &'a User,
    idp: &'a str,
    started: Moment,
    expires: Moment,
    logout_url: &'a str,
    end: Option<End>,
}

#[derive(Template)]
#[template(path = "anonymous.html")]
struct AnonymousPage<'a> {
    text: Texts,
    title: String,
    detail: String,
    login_url: &'a str,
    end: Option<End>,
}

#[derive(Template)]
#[template(path = "post_form.html")]
struct PostFormPage<'a> {
    text: Texts,
    action: &'a str,
    fields: &'a [(&'a str, &'a str)],
}

#[derive(Template)]
#[template(path = "embedded.html")]
struct EmbeddedPage<'a> {
    text: Texts,
    sealed: &'a SealedSecret,
}

#[cfg(test)]
mod tests;
