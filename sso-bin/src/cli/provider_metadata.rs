//! The metadata of an identity provider, from a file or from the network.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use url::{Host, Url};

use crate::failure::{Failure, root_cause};

/// Reads `source`: an address that begins with `https://`, or a file.
pub(super) async fn read(source: &str) -> Result<String, Failure> {
    match Url::parse(source) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => fetch(url).await,
        _ => read_file(Path::new(source)),
    }
}

pub(super) fn read_file(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::refused(
            format!("cannot read {}: {error}", path.display()),
            "give the file that the identity provider's console exports as its metadata",
        )
    })
}

async fn fetch(url: Url) -> Result<String, Failure> {
    let shown = url.to_string();
    let failed = |detail: String| {
        Failure::refused(
            format!("cannot read {shown}: {detail}"),
            "download the metadata with a browser, and give the file instead",
        )
    };
    if !is_safe(&url) {
        return Err(failed(
            "metadata decides whom to trust, so it is read by https only".into(),
        ));
    }
    let client = client().map_err(|error| failed(error.to_string()))?;
    let response = client
        .get(url)
        .send()
        .await
        .and_then(Response::error_for_status);
    let response = response.map_err(|error| failed(root_cause(&error)))?;
    read_body(response).await.map_err(failed)
}

fn client() -> reqwest::Result<Client> {
    let redirects = Policy::custom(|attempt| match attempt.previous().len() {
        _ if !is_safe(attempt.url()) => attempt.error("it leads away from https"),
        0..=MAX_REDIRECTS => attempt.follow(),
        _ => attempt.error("it leads on and on"),
    });
    Client::builder()
        .redirect(redirects)
        .timeout(PATIENCE)
        .build()
}

/// Reads in pieces, so that no server makes us take more than we want.
async fn read_body(mut response: Response) -> Result<String, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| root_cause(&error))? {
        body.extend_from_slice(&piece);
        if body.len() > MAX_BYTES {
            return Err(format!("it has more than {MAX_BYTES} bytes"));
        }
    }
    String::from_utf8(body).map_err(|_| "it is not UTF-8".into())
}

/// TLS, or a server on this machine.
fn is_safe(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

const MAX_BYTES: usize = 16 * 1024 * 1024;
const MAX_REDIRECTS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn md_04_only_https_and_this_machine_are_asked() {
        let safe = |url: &str| is_safe(&Url::parse(url).unwrap());
        assert!(safe("https://idp.example.com/metadata"));
        assert!(safe("http://127.0.0.1:8080/metadata"));
        assert!(safe("http://[::1]/metadata"));
        assert!(!safe("http://idp.example.com/metadata"));
        assert!(!safe("http://127.0.0.1.example.com/"));
        assert!(!safe("file:///etc/passwd"));
    }
}
