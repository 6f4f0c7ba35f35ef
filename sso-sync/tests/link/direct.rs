//! Without a proxy.

use std::error::Error;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Version};
use sso_sync::link::{
    CallError, HttpLink, HttpLinkError, HttpLinkSettings, Link as _, LinkError, MAX_ANSWER,
    Patience, info,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::authority::Authority;
use super::hub::Served;

#[tokio::test]
async fn a_hub_is_reached_and_sees_the_authority_that_requests_are_signed_for() {
    for (protocols, version) in [
        (&[b"h2".as_slice(), b"http/1.1"][..], Version::HTTP_2),
        (&[b"http/1.1".as_slice()][..], Version::HTTP_11),
    ] {
        let served = Served::speaking(protocols).await;
        let link = served.link();
        assert_eq!(link.authority(), format!("localhost:{}", served.port));
        served.converse(link).await;
        assert!(served.versions().iter().all(|it| *it == version));
    }
}

#[tokio::test]
async fn calls_share_connections() {
    let served = Served::new().await;
    let link = served.link();
    for _ in 0..20 {
        info(&link).await.unwrap();
    }
    assert_eq!(served.connections(), 1);
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_and_the_remedy_named() {
    let served = Served::new().await;
    let link = HttpLink::new(&served.untrusted()).unwrap();
    let error = info(&link).await.unwrap_err();
    assert!(matches!(
        error,
        CallError::Link(LinkError::Certificate { .. })
    ));
    assert!(!error.is_worth_retrying());
    assert!(
        error
            .to_string()
            .contains("the certificate of its authority")
    );
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let served = Served::new().await;
    let address = format!("https://127.0.0.1:{}", served.port);
    let settings = HttpLinkSettings::new(address).also_trusting(served.authority.file());
    let error = info(&HttpLink::new(&settings).unwrap()).await;
    assert!(matches!(
        error,
        Err(CallError::Link(LinkError::Certificate { .. }))
    ));
}

#[tokio::test]
async fn a_pinned_certificate_is_believed_and_no_other() {
    let served = Served::new().await;
    let pinned = served.untrusted().pinning(served.certificate());
    info(&HttpLink::new(&pinned).unwrap()).await.unwrap();
    let other = Authority::new();
    other.server("localhost", &[]);
    let pinned = other.folder.path().join("localhost.pem");
    let settings = served.settings().pinning(pinned);
    let error = info(&HttpLink::new(&settings).unwrap()).await;
    assert!(matches!(
        error,
        Err(CallError::Link(LinkError::Certificate { .. }))
    ));
}

#[tokio::test]
async fn files_that_hold_no_certificate_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, garbled) = (
        folder.path().join("empty.pem"),
        folder.path().join("garbled.pem"),
    );
    std::fs::write(&empty, "").unwrap();
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&garbled, garbage).unwrap();
    let absent = folder.path().join("absent.pem");
    for file in [&empty, &garbled, &absent] {
        let settings = HttpLinkSettings::new("https://localhost").also_trusting(file);
        let error = HttpLink::new(&settings).unwrap_err();
        assert!(matches!(&error, HttpLinkError::Certificates { path, .. } if path == file));
    }
    for file in [&empty, &absent] {
        let settings = HttpLinkSettings::new("https://localhost").pinning(file);
        let error = HttpLink::new(&settings).unwrap_err();
        assert!(matches!(&error, HttpLinkError::Certificates { path, .. } if path == file));
    }
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_unreachable() {
    let served = Served::new().await;
    let address = format!("https://localhost:{}", closed_port().await);
    let settings = HttpLinkSettings::new(address).also_trusting(served.authority.file());
    let link = HttpLink::new(&settings).unwrap();
    let error = info(&link).await.unwrap_err();
    assert!(matches!(
        error,
        CallError::Link(LinkError::Unreachable { .. })
    ));
    assert!(error.is_worth_retrying());
}

#[tokio::test]
async fn a_hub_that_says_nothing_is_late() {
    let stub = Stub::answering(|_| None).await;
    let mut request = Request::new(Bytes::new());
    let patience = Duration::from_millis(300);
    request.extensions_mut().insert(Patience(patience));
    let error = stub.link().send(request).await.unwrap_err();
    assert!(matches!(error, LinkError::TimedOut { after, .. } if after == patience));
}

#[tokio::test]
async fn an_answer_that_stands_still_is_late() {
    let stub = Stub::answering(|_| Some(head(100) + "half")).await;
    let settings = stub.settings().idle_for(Duration::from_millis(300));
    let link = HttpLink::new(&settings).unwrap();
    let error = link.send(Request::new(Bytes::new())).await.unwrap_err();
    assert!(matches!(error, LinkError::TimedOut { .. }));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_interrupted() {
    let stub = Stub::closing(|_| Some(head(100) + "half")).await;
    let error = stub.link().send(Request::new(Bytes::new())).await;
    assert!(matches!(error, Err(LinkError::Interrupted { .. })));
}

#[tokio::test]
async fn an_answer_is_read_up_to_the_longest_of_a_hub() {
    for (length, fits) in [(MAX_ANSWER, true), (MAX_ANSWER + 1, false)] {
        let stub = Stub::answering(move |_| Some(head(length) + &"x".repeat(length))).await;
        match stub.link().send(Request::new(Bytes::new())).await {
            Ok(answer) => assert!(fits && answer.body().len() == length),
            Err(error) => assert!(!fits && matches!(error, LinkError::TooLarge { .. })),
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let moved = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    let stub = Stub::answering(|_| Some(moved.into())).await;
    let answer = stub.link().send(Request::new(Bytes::new())).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    let error = info(&stub.link()).await;
    assert!(matches!(error, Err(CallError::Stranger(StatusCode::FOUND))));
}

#[tokio::test]
async fn what_speaks_no_tls_is_unreachable_and_not_believed() {
    let stub = Stub::answering(|_| Some(head(0))).await;
    let settings = HttpLinkSettings::new(format!("https://127.0.0.1:{}", stub.port));
    let authority = Authority::new();
    let link = HttpLink::new(&settings.also_trusting(authority.file())).unwrap();
    let error = info(&link).await;
    assert!(matches!(
        error,
        Err(CallError::Link(LinkError::Unreachable { .. }))
    ));
}

/// A port on which nobody listens.
pub(crate) async fn closed_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}

/// Answers each connection once, without TLS, with what it is told to.
struct Stub {
    port: u16,
    accepting: JoinHandle<()>,
}

impl Stub {
    async fn answering(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        Self::new(answer, false).await
    }

    /// Closes the connection after it.
    async fn closing(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        Self::new(answer, true).await
    }

    async fn new(answer: impl Fn(&str) -> Option<String> + Send + 'static, closes: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepting = tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut connection, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let Ok(length) = connection.read(&mut request).await else {
                    continue;
                };
                let request = String::from_utf8_lossy(&request[..length]);
                let answer = answer(&request).unwrap_or_default();
                // A client that has read enough closes first.
                let _ = connection.write_all(answer.as_bytes()).await;
                if !closes {
                    open.push(connection);
                }
            }
        });
        Self { port, accepting }
    }

    fn settings(&self) -> HttpLinkSettings {
        let address = format!("http://127.0.0.1:{}", self.port);
        HttpLinkSettings::new(address).dangerously_without_tls()
    }

    fn link(&self) -> HttpLink {
        HttpLink::new(&self.settings()).unwrap()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn head(length: usize) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n")
}
