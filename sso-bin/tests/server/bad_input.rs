//! What should never arrive, arrives.

use http::{Method, StatusCode};

use crate::server::{ACS, TestServer};

#[tokio::test]
async fn what_is_no_response_is_a_bad_request_and_says_nothing_about_itself() {
    let server = TestServer::start();
    let not_xml = "bm90IHhtbA==";
    let doctype = "PCFET0NUWVBFIHggU1lTVEVNICJmaWxlOi8vL2V0Yy9wYXNzd2QiPjx4Lz4=";
    for response in ["", "%%%", "bm90", not_xml, doctype, "PHg+", "PHgvPg=="] {
        let fields = [("SAMLResponse", response), ("RelayState", "x")];
        let answer = server.browser().post(ACS, &fields).await;
        assert!(
            answer.status.is_client_error(),
            "{response}: {}",
            answer.status
        );
        assert!(
            !answer.body.contains("passwd") && !answer.body.contains("xml."),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn http_11_the_response_is_one_field_of_the_form() {
    let server = TestServer::start();
    let mut browser = server.browser();
    let refused = [
        browser.post(ACS, &[]).await,
        browser.post(ACS, &[("RelayState", "x")]).await,
        browser
            .post(ACS, &[("SAMLResponse", "a"), ("SAMLResponse", "b")])
            .await,
        browser
            .post(
                ACS,
                &[
                    ("SAMLResponse", "a"),
                    ("RelayState", "b"),
                    ("RelayState", "c"),
                ],
            )
            .await,
        browser
            .post(&format!("{ACS}?SAMLResponse=a"), &[("SAMLResponse", "a")])
            .await,
        browser.post(&format!("{ACS}?SAMLResponse=a"), &[]).await,
    ];
    for answer in refused {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    }
}

#[tokio::test]
async fn http_12_other_methods_are_refused_with_those_that_are_allowed() {
    let server = TestServer::start();
    let mut browser = server.browser();
    for (method, path, allowed) in [
        (Method::GET, ACS, "POST"),
        (Method::PUT, ACS, "POST"),
        (Method::DELETE, ACS, "POST"),
        (Method::OPTIONS, ACS, "POST"),
        (Method::TRACE, ACS, "POST"),
        (Method::POST, "/sso-connect/saml/login", "GET,HEAD"),
        (Method::POST, "/sso-connect/session", "GET,HEAD"),
        (Method::GET, "/sso-connect/secret", "POST"),
    ] {
        let request = browser.request(method.clone(), path);
        let answer = browser.send(request).await;
        assert_eq!(
            answer.status,
            StatusCode::METHOD_NOT_ALLOWED,
            "{method} {path}"
        );
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn http_11_other_kinds_of_content_are_refused() {
    let server = TestServer::start();
    let mut browser = server.browser();
    for content_type in [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
    ] {
        let request = browser
            .request(Method::POST, ACS)
            .header("content-type", content_type);
        let answer = browser.send(request.body("SAMLResponse=a")).await;
        assert_eq!(
            answer.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn dos_06_ten_megabytes_are_too_many() {
    let server = TestServer::start();
    let large = "A".repeat(10 * 1024 * 1024);
    let browser = server.browser();
    let sent = browser
        .request(Method::POST, ACS)
        .form(&[("SAMLResponse", &large)])
        .send()
        .await;
    // The server may hang up before the client has sent everything.
    if let Ok(answer) = sent {
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
    let answer = server.browser().get("/livez").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn dos_06_a_body_beyond_the_limit_is_named_too_large() {
    let server = TestServer::start();
    let large = "A".repeat(513 * 1024);
    let answer = server
        .browser()
        .post(ACS, &[("SAMLResponse", &large)])
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn unknown_identity_providers_and_addresses_are_not_found() {
    let server = TestServer::start();
    for path in [
        "/sso-connect/saml/login?idp=unknown",
        "/sso-connect/saml/login?idp=..%2F..",
        "/sso-connect/saml/login?idp=",
        "/sso-connect/saml",
        "/admin",
        "/sso-connect/../ping/x",
    ] {
        let answer = server.browser().get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn http_10b_odd_cookies_are_no_session_and_no_trouble() {
    let server = TestServer::start();
    let valid = server.signed_in().await.cookies["__Host-sso-session"].clone();
    let long = "A".repeat(16 * 1024);
    let other_key = format!("AAAA{}", &valid[4..]);
    for value in [
        "",
        "x",
        "====",
        &valid[..20],
        &format!("{valid}A"),
        &other_key,
        &long,
    ] {
        let mut browser = server.browser();
        browser
            .cookies
            .insert("__Host-sso-session".into(), value.into());
        browser
            .cookies
            .insert("__Host-sso-request-x".into(), value.into());
        browser.cookies.insert(
            format!("__Host-sso-request-{}", "A".repeat(22)),
            value.into(),
        );
        for path in ["/sso-connect/session", "/sso-connect/auth"] {
            assert_eq!(browser.get(path).await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(browser.get("/").await.status, StatusCode::OK);
        assert_eq!(
            browser.get("/sso-connect/saml/login").await.status,
            StatusCode::SEE_OTHER
        );
    }
}

#[tokio::test]
async fn http_03_what_came_in_is_never_printed_unescaped() {
    let server = TestServer::start();
    let script = "\"><script>alert(1)</script>";
    let mut browser = server.browser();
    let answers = [
        browser
            .post(ACS, &[("SAMLResponse", script), ("RelayState", script)])
            .await,
        browser
            .get(&format!("/sso-connect/saml/login?idp={script}"))
            .await,
        browser
            .get(&format!(
                "/sso-connect/saml/login?dest={script}&dest={script}"
            ))
            .await,
        browser.get(&format!("/{script}")).await,
    ];
    for answer in answers {
        assert!(answer.status.is_client_error());
        assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    }
}
