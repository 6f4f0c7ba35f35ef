//! nginx in front, with the configuration that the documentation recommends: `auth_request` asks
//! SSO Connect before each request to an application.

use std::{path::Path, process::Command};

use tempfile::TempDir;
use tokio::net::TcpStream;

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
    assert_eq!(
        page.text,
        "/reports?year=2026&sort=asc for alice@example.com of staff,editors"
    );
}

#[tokio::test]
async fn the_application_is_told_nothing_by_the_browser_itself() {
    let site = Site::start().await;
    let forged =
        Request::get(site.server.url("/reports")).with_header("x-sso-email", "boss@example.com");
    let mut browser = site.server.browser();
    let page = browser.send(&forged).await;
    assert_eq!(page.status, 403, "{}", page.text);

    browser.open(&site.server.url("/reports")).await;
    let page = browser.send(&forged).await;
    assert_eq!(page.status, 403, "{}", page.text);
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
    assert!(
        page.status.is_redirection(),
        "{}: {}",
        page.status,
        page.text
    );
    assert!(
        page.header("location")
            .unwrap()
            .contains("/sso-connect/saml/login")
    );
}

/// A server that trusts `samlp`, with nginx in front of it and of an application.
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
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration(&service, folder.path(), public, port)).unwrap();

        let server = service.serve().await;
        let mut command = Command::new(NGINX);
        command.arg("-c").arg(&file).arg("-p").arg(folder.path());
        let mut nginx = Program::start(&mut command, &folder.path().join("log"));
        nginx
            .until(async || TcpStream::connect(("127.0.0.1", public)).await.ok())
            .await;
        Self {
            server,
            _provider: provider,
            _nginx: nginx,
            _folder: folder,
        }
    }
}

/// The server block of the documentation, with the ports of this test and an application that
/// repeats what it is told.
fn configuration(service: &Service, folder: &Path, public: u16, port: u16) -> String {
    let application = free_port();
    let recipe = recipe()
        .replace("listen 443 ssl;", &listen(service, public))
        .replace("sso.example.com", "localhost")
        .replace("127.0.0.1:8443", &format!("127.0.0.1:{port}"))
        .replace("127.0.0.1:3000", &format!("127.0.0.1:{application}"));
    let temporary: String = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"]
        .map(|it| format!("{it}_temp_path {}/{it};\n", folder.display()))
        .concat();
    format!(
        "daemon off;
        master_process off;
        pid {folder}/nginx.pid;
        error_log stderr;
        events {{}}
        http {{
            access_log off;
            {temporary}
            {recipe}
            server {{
                listen 127.0.0.1:{application};
                default_type text/plain;
                location / {{
                    return 200 '$request_uri for $http_x_sso_email of $http_x_sso_groups';
                }}
            }}
        }}",
        folder = folder.display(),
    )
}

/// What `forward_auth.md` tells administrators to write.
fn recipe() -> &'static str {
    let (_, recipe) = DOCUMENTATION.split_once("```nginx\n").unwrap();
    let (recipe, _) = recipe.split_once("```").unwrap();
    recipe
}

fn listen(service: &Service, port: u16) -> String {
    format!(
        "listen 127.0.0.1:{port} ssl;
        ssl_certificate {};
        ssl_certificate_key {};",
        service.file("keys/tls.pem").display(),
        service.file("keys/tls.key").display(),
    )
}

const DOCUMENTATION: &str = include_str!("../../src/docs/forward_auth.md");

/// Debian keeps it out of the search path of users.
const NGINX: &str = "/usr/sbin/nginx";
