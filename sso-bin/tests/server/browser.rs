//! A browser without a screen: keeps cookies, follows nothing by itself.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use http::{HeaderMap, Method, StatusCode};
use reqwest::{Client, RequestBuilder};

#[derive(Clone, Debug)]
pub(crate) struct Browser {
    base: String,
    client: Client,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Trusts the certificates in `tls_pem` alone, and finds every host at `address`.
    pub(crate) fn new(base: &str, tls_pem: &str, address: SocketAddr) -> Self {
        let certificates = reqwest::Certificate::from_pem_bundle(tls_pem.as_bytes()).unwrap();
        let client = Client::builder()
            .tls_certs_only(certificates)
            .resolve("localhost", address)
            .resolve("sso.localhost", address)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            base: base.into(),
            client,
            cookies: BTreeMap::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self
            .request(Method::GET, path)
            .header("accept", "text/html");
        self.send(request).await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("accept", "text/html")
            .form(fields);
        self.send(request).await
    }

    /// A request to add things to.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Sends a request with the cookies, and keeps those of the answer.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Answer {
        self.attempt(request).await.unwrap()
    }

    /// Sends a request that need not arrive.
    pub(crate) async fn attempt(&mut self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = match pairs.is_empty() {
            true => request,
            false => request.header("cookie", pairs.join("; ")),
        };
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            self.keep(cookie.to_str().unwrap());
        }
        let body = response.text().await?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn keep(&mut self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').unwrap();
        let (value, attributes) = rest.split_once(';').unwrap();
        match attributes.contains("Max-Age=0") {
            true => self.cookies.remove(name),
            false => self.cookies.insert(name.into(), value.into()),
        };
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.header("location")
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}
