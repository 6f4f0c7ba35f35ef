//! A certificate that was issued by itself, in front of those that there are otherwise.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::CertificateDer;
use sso_core::config::TlsKeyPair;
use sso_core::config::document::KeyPairDocument;

use crate::tls;

/// A certificate that was issued by itself, with its key.
#[derive(Clone, Debug)]
pub struct Issued {
    key: Arc<CertifiedKey>,
    pair: Arc<TlsKeyPair>,
}

impl Issued {
    /// Reads what the authority issued; `None` if it is of no use here.
    #[must_use]
    pub fn of(document: &KeyPairDocument) -> Option<Self> {
        let pair = TlsKeyPair::from_pem(document.key.expose(), &document.certificate).ok()?;
        let key = tls::key_of_pair(&pair).ok()?;
        let pair = Arc::new(pair);
        Some(Self { key, pair })
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.pair.chain().first()
    }

    /// The same configuration for connections, with this certificate for the names that it covers,
    /// and for who names none.
    #[must_use]
    pub fn before(&self, config: &ServerConfig) -> ServerConfig {
        let mut config = config.clone();
        config.cert_resolver = Arc::new(Before {
            issued: self.clone(),
            others: Arc::clone(&config.cert_resolver),
        });
        config
    }
}

#[derive(Debug)]
struct Before {
    issued: Issued,
    others: Arc<dyn ResolvesServerCert>,
}

impl ResolvesServerCert for Before {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        match hello.server_name() {
            Some(name) if !self.issued.pair.covers(name) => self.others.resolve(hello),
            _ => Some(Arc::clone(&self.issued.key)),
        }
    }
}
