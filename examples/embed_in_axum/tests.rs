use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use sso_core::testkit::{FakeIdp, FakeRequest, ManualClock, NOON};
use tower::ServiceExt;
use url::form_urlencoded::Serializer;

use super::*;

#[tokio::test]
async fn a_user_signs_in_and_is_greeted() {
    let idp = FakeIdp::new();
    let app = app(connect(
        "https://app.example",
        &idp.metadata(),
        ManualClock::at(NOON),
    )
    .unwrap());

    let stranger = send(&app, Request::get("/")).await;
    assert_eq!(stranger.headers()[LOCATION], service::LOGIN);

    let asked = send(&app, Request::get(service::LOGIN)).await;
    let request = FakeRequest::read_redirect(text(&asked, LOCATION), None);
    let response = idp.response(&request).to_base64();

    let posted = Request::post(service::ACS).header(COOKIE, cookie(&asked));
    let done = post_form(
        &app,
        posted,
        &response,
        request.relay_state.as_deref().unwrap(),
    )
    .await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER);
    assert_eq!(done.headers()[LOCATION], "https://app.example/");

    let known = send(&app, Request::get("/").header(COOKIE, cookie(&done))).await;
    let body = to_bytes(known.into_body(), 1024).await.unwrap();
    assert_eq!(body, "Hello alice!");
}

#[tokio::test]
async fn nobody_signs_in_with_the_answer_to_another_browser() {
    let idp = FakeIdp::new();
    let app = app(connect(
        "https://app.example",
        &idp.metadata(),
        ManualClock::at(NOON),
    )
    .unwrap());
    let asked = send(&app, Request::get(service::LOGIN)).await;
    let request = FakeRequest::read_redirect(text(&asked, LOCATION), None);
    let response = idp.response(&request).to_base64();

    let without_cookie = Request::post(service::ACS);
    let relay_state = request.relay_state.as_deref().unwrap();
    let refused = post_form(&app, without_cookie, &response, relay_state).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

async fn send(app: &axum::Router, request: http::request::Builder) -> Response {
    app.clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

async fn post_form(
    app: &axum::Router,
    request: http::request::Builder,
    response: &str,
    relay_state: &str,
) -> Response {
    let form = Serializer::new(String::new())
        .append_pair("SAMLResponse", response)
        .append_pair("RelayState", relay_state)
        .finish();
    let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    app.clone()
        .oneshot(request.body(Body::from(form)).unwrap())
        .await
        .unwrap()
}

/// The cookie that a browser would send back.
fn cookie(response: &Response) -> &str {
    text(response, SET_COOKIE).split(';').next().unwrap()
}

fn text(response: &Response, name: HeaderName) -> &str {
    response.headers()[name].to_str().unwrap()
}
