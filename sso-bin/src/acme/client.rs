//! The way to the authority.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::{Certificate, Client};
use sso_core::config::AcmeSettings;

/// Requests over HTTPS; remembers how long the authority asked to wait.
#[derive(Clone, Debug)]
pub(super) struct AuthorityClient {
    client: Client,
    asked: Arc<Mutex<Option<Duration>>>,
}

impl AuthorityClient {
    pub(super) fn new(settings: &AcmeSettings) -> Result<Self, reqwest::Error> {
        let builder = Client::builder()
            .timeout(LONGEST)
            .user_agent(concat!("sso-connect/", env!("CARGO_PKG_VERSION")));
        let builder = match settings.ca() {
            Some(pem) => builder.tls_certs_only(Certificate::from_pem_bundle(pem.as_bytes())?),
            None => builder,
        };
        Ok(Self {
            client: builder.build()?,
            asked: Arc::default(),
        })
    }

    /// How long the authority asked to wait, when it last refused something.
    pub(super) fn asked(&self) -> Option<Duration> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(
        self,
        request: http::Request<BodyWrapper<Bytes>>,
    ) -> Result<BytesResponse, Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes());
        let body = body.unwrap_or_else(|never| match never {});
        let url = head.uri.to_string();
        let request = self.client.request(head.method, url).headers(head.headers);
        let answer = request.body(body).send().await.map_err(other)?;
        if answer.status().is_client_error() || answer.status().is_server_error() {
            let header = answer.headers().get(http::header::RETRY_AFTER);
            let seconds = header.and_then(|it| it.to_str().ok()?.parse().ok());
            *self.asked.lock().unwrap_or_else(PoisonError::into_inner) =
                seconds.map(Duration::from_secs);
        }
        let answer: http::Response<reqwest::Body> = answer.into();
        let (parts, body) = answer.into_parts();
        let body = http_body_util::Limited::new(body, MOST_BYTES)
            .collect()
            .await;
        let body = body.map_err(Error::Other)?.to_bytes();
        Ok(BytesResponse {
            parts,
            body: Box::new(body),
        })
    }
}

impl HttpClient for AuthorityClient {
    fn request(
        &self,
        request: http::Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        Box::pin(self.clone().send(request))
    }
}

fn other(error: reqwest::Error) -> Error {
    Error::Other(Box::new(error))
}

const LONGEST: Duration = Duration::from_secs(30);
const MOST_BYTES: usize = 1024 * 1024;
