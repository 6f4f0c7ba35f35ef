//! The pages of the demonstration, in English only: they are for the person who tries it out.

use askama::Template;

use super::application::{OpenedNote, Visitor};
use crate::pages::{Language, Page, Texts, policy};

/// A link with its name.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) name: &'static str,
    pub(super) url: String,
}

/// Whether a person has answered the prompt before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    First,
    Repeated,
}

/// The demonstration application for somebody who is signed in.
pub(super) fn application(
    visitor: &Visitor,
    note: Option<&OpenedNote>,
    sign_out_url: &str,
) -> Page {
    let page = ApplicationPage {
        text: TEXT,
        visitor,
        note,
        sign_out_url,
    };
    Page::render(&page, TEXT, &policy::OWN_FORM)
}

/// A page that says one thing.
pub(super) fn notice(title: &str, detail: &str, link: Option<&Link>) -> Page {
    Page::render(
        &NoticePage {
            text: TEXT,
            title,
            detail,
            link,
        },
        TEXT,
        &policy::READ_ONLY,
    )
}

/// Asks for name and password, and remembers the request that this is about.
pub(super) fn sign_in(saml_request: &str, relay_state: Option<&str>, attempt: Attempt) -> Page {
    let is_refused = attempt == Attempt::Repeated;
    let page = SignInPage {
        text: TEXT,
        saml_request,
        relay_state,
        is_refused,
    };
    Page::render(&page, TEXT, &policy::OWN_FORM)
}

#[derive(Template)]
#[template(path = "demo/application.html")]
struct ApplicationPage<'a> {
    text: Texts,
    visitor: &'a Visitor,
    note: Option<&'a OpenedNote>,
    sign_out_url: &'a str,
}

#[derive(Template)]
#[template(path = "demo/notice.html")]
struct NoticePage<'a> {
    text: Texts,
    title: &'a str,
    detail: &'a str,
    link: Option<&'a Link>,
}

#[derive(Template)]
#[template(path = "demo/sign_in.html")]
struct SignInPage<'a> {
    text: Texts,
    saml_request: &'a str,
    relay_state: Option<&'a str>,
    is_refused: bool,
}

const TEXT: Texts = Texts::new(Language::English);
