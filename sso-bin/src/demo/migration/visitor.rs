//! Somebody who signs in as a browser does, and is handed the own secret.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use reqwest::{Certificate, Client, RequestBuilder, redirect};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey};
use serde::Deserialize;
use sso_core::saml::binding::redirect as binding;
use url::Url;

use crate::demo::made;
use crate::failure::{Failure, root_cause};
use crate::handover::hpke_info;

/// A browser for many people, and the application that asks for their secrets.
pub(super) struct Browser {
    /// Whom the service says to be when it hands something over: its entity ID.
    entity_id: String,
    /// Where this one finds it: by one of its names, at the load balancer or at one server.
    at: String,
    client: Client,
    key: String,
    private: HpkePrivateKey,
}

/// What somebody is given, at whichever server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// The id that applications know.
    pub(super) id: String,
    /// The own secret.
    secret: Vec<u8>,
}

/// A sign-in that a person would have seen fail: the page that says so, or why there was none.
#[derive(Debug)]
pub(super) struct Failed(pub(super) String);

impl Browser {
    /// Comes to a service by `name` at `address`, wherever DNS leads, and trusts the certificates in
    /// `trusted`.
    pub(super) fn new(
        entity_id: &str,
        name: &str,
        address: SocketAddr,
        trusted: &[String],
    ) -> Result<Self, Failure> {
        let certificates = trusted
            .iter()
            .map(|pem| made(Certificate::from_pem(pem.as_bytes())))
            .collect::<Result<Vec<_>, _>>()?;
        let client = Client::builder()
            .tls_certs_only(certificates)
            .resolve(name, address)
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            .build();
        let pair = DH_KEM_X25519_HKDF_SHA256_AES_256.generate_key_pair();
        let (public, private) = made(pair)?;
        Ok(Self {
            entity_id: entity_id.into(),
            at: format!("https://{name}:{}", address.port()),
            client: made(client)?,
            key: BASE64_URL_SAFE_NO_PAD.encode(public.0),
            private,
        })
    }

    /// Signs somebody in from the beginning; also, how many requests were sent once more.
    pub(super) async fn sign_in(&self, name: &str, password: &str) -> (Result<Given, Failed>, u64) {
        let mut visit = Visit {
            browser: self,
            cookies: Vec::new(),
            repeated: 0,
        };
        let given = visit.sign_in(name, password).await;
        (given, visit.repeated)
    }

    /// Whether somebody answers who is ready for people.
    pub(super) async fn is_let_in(&self) -> bool {
        let answer = self.client.get(format!("{}/readyz", self.at)).send().await;
        answer.is_ok_and(|it| it.status().is_success())
    }

    fn open(&self, sealed: &Sealed) -> Option<Vec<u8>> {
        let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let enc = EncapsulatedSecret(decode(&sealed.enc)?);
        let info = hpke_info(&self.entity_id);
        let (aad, ciphertext) = (sealed.user.as_bytes(), decode(&sealed.ciphertext)?);
        let opened =
            DH_KEM_X25519_HKDF_SHA256_AES_256.open(&enc, &info, aad, &ciphertext, &self.private);
        opened.ok()
    }
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Browser({})", self.at)
    }
}

/// One person in the browser.
struct Visit<'a> {
    browser: &'a Browser,
    cookies: Vec<(String, String)>,
    repeated: u64,
}

impl Visit<'_> {
    async fn sign_in(&mut self, name: &str, password: &str) -> Result<Given, Failed> {
        let Browser {
            at, client, key, ..
        } = self.browser;
        let begin = client.get(format!("{at}/sso-connect/saml/login?idp=demo"));
        let begun = self.send(begin, StatusCode::SEE_OTHER).await?;
        let location = begun
            .location()
            .ok_or_else(|| begun.failed("leads nowhere"))?;
        let page = self.at_provider(&location, name, password).await?;
        let field = |field| page.field(field).ok_or_else(|| page.failed("is no answer"));
        let (response, relay_state) = (field("SAMLResponse")?, field("RelayState")?);
        let fields = [("SAMLResponse", response), ("RelayState", relay_state)];
        let answer = client
            .post(format!("{at}/sso-connect/saml/sso"))
            .form(&fields);
        self.send(answer, StatusCode::SEE_OTHER).await?;
        let ask = client.post(format!("{at}/sso-connect/secret"));
        let handed = self.send(ask.form(&[("key", key)]), StatusCode::OK).await?;
        self.given(&handed)
            .ok_or_else(|| handed.failed("is no secret"))
    }

    /// Gives name and password to the identity provider; the page that leads back.
    async fn at_provider(
        &self,
        location: &str,
        name: &str,
        password: &str,
    ) -> Result<Page, Failed> {
        let wrong = |error: &dyn std::fmt::Display| Failed(format!("{location}: {error}"));
        let url = Url::parse(location).map_err(|error| wrong(&error))?;
        let query = url.query().unwrap_or_default();
        let message = binding::decode(query).map_err(|error| wrong(&error))?;
        let request = BASE64_STANDARD.encode(&message.xml);
        let fields = [
            ("SAMLRequest", request.as_str()),
            (
                "RelayState",
                message.relay_state.as_deref().unwrap_or_default(),
            ),
            ("name", name),
            ("password", password),
        ];
        let mut provider = url.clone();
        provider.set_query(None);
        let form = self.browser.client.post(provider).form(&fields);
        let answer = attempt(form.try_clone().unwrap_or(form)).await?;
        answer.expect(StatusCode::OK)
    }

    /// Sends a request with the cookies, and keeps those of the answer. If there is no answer at
    /// all, it is sent once more, as browsers and load balancers do.
    async fn send(&mut self, request: RequestBuilder, wanted: StatusCode) -> Result<Page, Failed> {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = match cookies.is_empty() {
            true => request,
            false => request.header(COOKIE, cookies.join("; ")),
        };
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let again = request.try_clone();
            let again = again.ok_or_else(|| Failed("cannot be sent".into()))?;
            match attempt(again).await {
                Ok(page) => {
                    let page = page.expect(wanted)?;
                    self.keep(&page.headers);
                    return Ok(page);
                }
                Err(_) if left > 0 => self.repeated += 1,
                Err(failed) => return Err(failed),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn keep(&mut self, headers: &HeaderMap) {
        let set = headers.get_all(SET_COOKIE).iter();
        for cookie in set.filter_map(|it| it.to_str().ok()) {
            let Some((name, rest)) = cookie.split_once('=') else {
                continue;
            };
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.retain(|(kept, _)| kept != name);
            if !rest.contains("Max-Age=0") {
                self.cookies.push((name.into(), value.into()));
            }
        }
    }

    fn given(&self, page: &Page) -> Option<Given> {
        let sealed: Sealed = serde_json::from_str(&page.body).ok()?;
        let secret = self.browser.open(&sealed)?;
        Some(Given {
            id: sealed.user,
            secret,
        })
    }
}

/// The answer of `/sso-connect/secret`.
#[derive(Deserialize)]
struct Sealed {
    enc: String,
    ciphertext: String,
    user: String,
}

/// What a browser shows.
struct Page {
    url: Url,
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Page {
    fn expect(self, wanted: StatusCode) -> Result<Self, Failed> {
        match self.status == wanted {
            true => Ok(self),
            false => Err(self.failed("is shown")),
        }
    }

    fn failed(&self, what: &str) -> Failed {
        let path = self.url.path();
        let body: String = self.body.chars().take(LONGEST_QUOTE).collect();
        Failed(format!("{path}: {} {what}: {body}", self.status))
    }

    fn location(&self) -> Option<String> {
        Some(self.headers.get(LOCATION)?.to_str().ok()?.to_owned())
    }

    /// The value of a hidden field.
    fn field(&self, name: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split_once('"')?.0.replace("&amp;", "&"))
    }
}

async fn attempt(request: RequestBuilder) -> Result<Page, Failed> {
    let failed = |error: reqwest::Error| {
        let url = error.url().map(Url::path).unwrap_or_default();
        Failed(format!("{url}: no answer: {}", root_cause(&error)))
    };
    let answer = request.send().await.map_err(failed)?;
    let (url, status) = (answer.url().clone(), answer.status());
    let headers = answer.headers().clone();
    let body = answer.text().await.map_err(failed)?;
    Ok(Page {
        url,
        status,
        headers,
        body,
    })
}

/// How often a request is sent that has no answer.
const ATTEMPTS: u32 = 3;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// When a person gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of a page that says that something failed.
const LONGEST_QUOTE: usize = 300;
