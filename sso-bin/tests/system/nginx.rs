//! nginx in front: `auth_request` asks SSO Connect before each request to an application.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use crate::{
    browserless::Request,
    program::{Program, free_port},
    provider::Provider,
    server::{Server, Service},
};

#[tokio::test]
async fn a_stranger_signs_in_and_lands_on_the_page_that_was_asked_for() {
    let site = Site::start().await;
    let mut browser = site.server.browser();
    let page = browser
        .open(&site.server.url("/reports?year=2026&sort=asc"))
        .await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.url, site.server.url("/reports?year=2026&sort=asc"));
    assert!(
        page.text.contains("email=alice@example.com"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn the_application_is_told_nothing_by_the_browser_itself() {
    let site = Site::start().await;
    let mut browser = site.server.browser();
    let forged = |url| Request::get(url).with_header("x-sso-email", "boss@example.com");
    let page = browser.send(&forged(site.server.url("/reports"))).await;
    assert_eq!(page.status, 302, "a header signs nobody in");

    browser.open(&site.server.url("/reports")).await;
    let page = browser.send(&forged(site.server.url("/reports"))).await;
    assert!(
        page.text.contains("email=alice@example.com"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("boss"), "{}", page.text);
}

#[tokio::test]
async fn the_application_is_closed_after_the_sign_out() {
    let site = Site::start().await;
    let mut browser = site.server.browser();
    browser.open(&site.server.url("/reports")).await;
    browser
        .open(&site.server.url("/sso-connect/saml/logout"))
        .await;

    let page = browser
        .send(&Request::get(site.server.url("/reports")))
        .await;
    assert_eq!(page.status, 302);
    assert!(
        page.header("location")
            .unwrap()
            .contains("/sso-connect/saml/login")
    );
}

/// A server that trusts `samlp`, with nginx in front of it.
struct Site {
    server: Server,
    _provider: Provider,
    _nginx: Program,
    _folder: TempDir,
}

impl Site {
    async fn start() -> Self {
        let (public, port) = (free_port(), free_port());
        let service = Service::behind(public, port, &[]);
        let provider = Provider::start("samlp", "/metadata", &service.metadata(), &[]).await;
        service.trust(
            "startup",
            &provider.download("/metadata?sign=both").await,
            &[],
        );
        let folder = tempfile::tempdir().unwrap();
        let configuration = folder.path().join("nginx.conf");
        std::fs::write(
            &configuration,
            filled_in(&service, folder.path(), public, port),
        )
        .unwrap();

        let server = service.serve().await;
        let mut nginx = Program::start(
            Command::new(NGINX)
                .arg("-c")
                .arg(&configuration)
                .arg("-p")
                .arg(folder.path()),
            &folder.path().join("log"),
        );
        nginx
            .until(async || {
                tokio::net::TcpStream::connect(("127.0.0.1", public))
                    .await
                    .ok()
            })
            .await;
        Self {
            server,
            _provider: provider,
            _nginx: nginx,
            _folder: folder,
        }
    }
}

/// The configuration beside this file, with the server's own certificate for browsers.
fn filled_in(service: &Service, folder: &Path, public: u16, port: u16) -> String {
    include_str!("nginx/nginx.conf")
        .replace("@FOLDER@", folder.to_str().unwrap())
        .replace(
            "@CERTIFICATE@",
            service.file("keys/tls.pem").to_str().unwrap(),
        )
        .replace("@KEY@", service.file("keys/tls.key").to_str().unwrap())
        .replace("@PUBLIC@", &public.to_string())
        .replace("@SERVICE@", &port.to_string())
        .replace("@APPLICATION@", &free_port().to_string())
}

/// Debian keeps it out of the search path of users.
const NGINX: &str = "/usr/sbin/nginx";
