//! What an application asks SSO Connect: who is that, and what is their secret?

use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::COOKIE;
use reqwest::{Certificate, Client, RequestBuilder, redirect};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sso_core::user::UserSecret;
use url::form_urlencoded::byte_serialize;

use crate::handover::hpke_info;

/// SSO Connect, seen from an application.
#[derive(Debug)]
pub(crate) struct SsoConnect {
    base: String,
    client: Client,
}

impl SsoConnect {
    /// The server with the base URL `base` at `address`, which identifies itself by the
    /// `certificate` in PEM.
    ///
    /// # Errors
    ///
    /// [`ConnectError::Client`] if the certificate is none.
    pub(crate) fn new(
        base: &str,
        address: SocketAddr,
        certificate: &str,
    ) -> Result<Self, ConnectError> {
        let certificate = Certificate::from_pem(certificate.as_bytes());
        let client = Client::builder()
            .tls_certs_only([certificate.map_err(ConnectError::Client)?])
            .resolve("localhost", address)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(ConnectError::Client)?;
        Ok(Self {
            base: base.to_owned(),
            client,
        })
    }

    /// Who sends these cookies; `None` if nobody is signed in.
    pub(crate) async fn who_is(&self, cookies: &str) -> Result<Option<Identity>, ConnectError> {
        let request = self
            .client
            .get(format!("{}/sso-connect/session", self.base));
        answer(request.header(COOKIE, cookies)).await
    }

    /// The secret of whoever sends these cookies.
    pub(crate) async fn secret(&self, cookies: &str) -> Result<UserSecret, ConnectError> {
        let (public, private) = DH_KEM_X25519_HKDF_SHA256_AES_256
            .generate_key_pair()
            .map_err(|_| ConnectError::Secret)?;
        let key = BASE64_URL_SAFE_NO_PAD.encode(public.0);
        let request = self
            .client
            .post(format!("{}/sso-connect/secret", self.base));
        let request = request.header(COOKIE, cookies).form(&[("key", key)]);
        let sealed = answer::<Sealed>(request)
            .await?
            .ok_or(ConnectError::SignedOut)?;
        self.open(&sealed, &private).ok_or(ConnectError::Secret)
    }

    /// Where a sign-in begins that ends at `destination`.
    pub(crate) fn login_url(&self, destination: &str) -> String {
        let destination: String = byte_serialize(destination.as_bytes()).collect();
        format!("{}/sso-connect/saml/login?dest={destination}", self.base)
    }

    /// Where everything ends.
    pub(crate) fn logout_url(&self) -> String {
        format!("{}/sso-connect/saml/logout", self.base)
    }

    fn open(&self, sealed: &Sealed, private: &HpkePrivateKey) -> Option<UserSecret> {
        let decode = |text| BASE64_URL_SAFE_NO_PAD.decode::<&String>(text).ok();
        let enc = EncapsulatedSecret(decode(&sealed.enc)?);
        let info = hpke_info(&format!("{}/sso-connect", self.base));
        let (aad, ciphertext) = (sealed.user.as_bytes(), decode(&sealed.ciphertext)?);
        let secret = DH_KEM_X25519_HKDF_SHA256_AES_256
            .open(&enc, &info, aad, &ciphertext, private)
            .ok()?;
        Some(UserSecret::from_bytes(secret.try_into().ok()?))
    }
}

/// The answer of `/sso-connect/session`.
#[derive(Debug, Deserialize)]
pub(crate) struct Identity {
    pub(crate) user: IdentifiedUser,
    pub(crate) started: String,
    pub(crate) expires: String,
}

/// The user in it.
#[derive(Debug, Deserialize)]
pub(crate) struct IdentifiedUser {
    pub(crate) id: String,
    pub(crate) name_id: String,
    pub(crate) first: Option<String>,
    pub(crate) last: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) groups: Vec<String>,
}

/// Why SSO Connect gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("the client of SSO Connect cannot be set up")]
    Client(#[source] reqwest::Error),
    #[error("SSO Connect answers with status {status}")]
    Refused { status: StatusCode },
    #[error("SSO Connect answers something unreadable")]
    Unreadable(#[source] serde_json::Error),
    #[error("SSO Connect is out of reach")]
    Unreachable(#[source] reqwest::Error),
    #[error("the secret cannot be opened")]
    Secret,
    #[error("nobody is signed in any more")]
    SignedOut,
}

/// The answer of `/sso-connect/secret`.
#[derive(Deserialize)]
struct Sealed {
    enc: String,
    ciphertext: String,
    user: String,
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<Option<T>, ConnectError> {
    let answer = request.send().await.map_err(ConnectError::Unreachable)?;
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return Ok(None),
        status => return Err(ConnectError::Refused { status }),
    }
    let body = answer.bytes().await.map_err(ConnectError::Unreachable)?;
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(ConnectError::Unreadable)
}
