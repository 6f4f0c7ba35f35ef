//! Answering the authority: by TLS at the public address (RFC 8737), or by HTTP (RFC 8555, 8.3).

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sso_core::cert::SelfSigned;

use super::shelf::Challenge;

/// What this server answers while an order is under way, whoever orders. Clones are the same.
#[derive(Clone, Default)]
pub struct Answers(Arc<RwLock<Vec<Answer>>>);

struct Answer {
    challenge: Challenge,
    certificate: Option<Arc<CertifiedKey>>,
}

impl Answers {
    /// Answers these, and no others.
    pub fn replace(&self, challenges: &[Challenge]) {
        let mut answers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = answers.iter().map(|it| &it.challenge);
        if known.eq(challenges) {
            return;
        }
        *answers = challenges.iter().cloned().map(Answer::to).collect();
    }

    /// The same configuration for connections, which answers the authority as well.
    #[must_use]
    pub fn with(&self, config: &ServerConfig) -> Arc<ServerConfig> {
        let mut config = config.clone();
        config.cert_resolver = Arc::new(Resolver {
            others: Arc::clone(&config.cert_resolver),
            answers: self.clone(),
        });
        config.alpn_protocols.push(ACME_TLS.to_vec());
        Arc::new(config)
    }

    fn certificate(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let answers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.iter().find(|it| it.challenge.name == name)?;
        answer.certificate.clone()
    }

    fn authorization(&self, token: &str) -> Option<String> {
        let answers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.iter().find(|it| it.challenge.token == token)?;
        Some(answer.challenge.authorization.clone())
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Answers({})", answers.len())
    }
}

impl Answer {
    fn to(challenge: Challenge) -> Self {
        let certificate = certificate(&challenge).map(Arc::new);
        if certificate.is_none() {
            tracing::error!(
                name = challenge.name.as_str(),
                "cannot answer the authority by TLS"
            );
        }
        Self {
            challenge,
            certificate,
        }
    }
}

/// The certificate that proves that we know what was asked for; nobody else ever sees it.
fn certificate(challenge: &Challenge) -> Option<CertifiedKey> {
    let digest = digest(&SHA256, challenge.authorization.as_bytes());
    let made = SelfSigned::for_acme(&challenge.name, digest.as_ref().try_into().ok()?).ok()?;
    let key = sso_core::cert::private_key(made.key_pem()).ok()?;
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(default_provider()));
    let key = provider.key_provider.load_private_key(key).ok()?;
    // `from_der` would read the certificate, and refuse the extension that makes it an answer.
    Some(CertifiedKey::new(vec![made.certificate().clone()], key))
}

#[derive(Debug)]
struct Resolver {
    others: Arc<dyn ResolvesServerCert>,
    answers: Answers,
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let protocols = hello.alpn().map(Iterator::collect::<Vec<_>>);
        match protocols.as_deref() {
            Some([ACME_TLS]) => self.answers.certificate(hello.server_name()?),
            _ => self.others.resolve(hello),
        }
    }
}

/// What the authority asks for by HTTP. It begins at port 80, and follows a redirection to us.
pub(crate) fn routes(answers: Answers) -> Router {
    Router::new()
        .route("/.well-known/acme-challenge/{token}", get(answer))
        .with_state(answers)
}

async fn answer(
    State(answers): State<Answers>,
    Path(token): Path<String>,
) -> Result<String, StatusCode> {
    answers.authorization(&token).ok_or(StatusCode::NOT_FOUND)
}

/// The protocol of RFC 8737.
const ACME_TLS: &[u8] = b"acme-tls/1";
