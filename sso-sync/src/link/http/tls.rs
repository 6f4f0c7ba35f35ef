//! Who is believed to be the hub.

use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs as provider};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;
use sso_core::BoxError;

use super::{HttpLinkError, HttpLinkSettings};

/// For the hub: with HTTP/2 where it is offered.
///
/// # Errors
///
/// Files with certificates that are of no use.
pub(super) fn for_hub(settings: &HttpLinkSettings) -> Result<ClientConfig, HttpLinkError> {
    let provider = Arc::new(provider::default_provider());
    let verifier: Arc<dyn ServerCertVerifier> = match &settings.pinned {
        Some(path) => Arc::new(Pinned::read(path, provider)?),
        None => authorities(settings, provider)?,
    };
    config(verifier, &[b"h2", b"http/1.1"])
}

/// For a proxy that is reached by TLS. A pinned certificate is that of the hub.
///
/// # Errors
///
/// Files with certificates that are of no use.
pub(super) fn for_proxy(settings: &HttpLinkSettings) -> Result<ClientConfig, HttpLinkError> {
    let provider = Arc::new(provider::default_provider());
    config(authorities(settings, provider)?, &[b"http/1.1"])
}

fn config(
    verifier: Arc<dyn ServerCertVerifier>,
    protocols: &[&[u8]],
) -> Result<ClientConfig, HttpLinkError> {
    let provider = Arc::new(provider::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|it| it.to_vec()).collect();
    Ok(config)
}

fn authorities(
    settings: &HttpLinkSettings,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, HttpLinkError> {
    let own = match &settings.authorities {
        Some(path) => read(path)?,
        None => Vec::new(),
    };
    let verifier = Verifier::new_with_extra_roots(own, provider).map_err(unusable)?;
    Ok(Arc::new(verifier))
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, HttpLinkError> {
    let failed = |source: BoxError| HttpLinkError::Certificates {
        path: path.into(),
        source,
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|it| failed(it.into()))?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|it| failed(it.into()))?;
    if certificates.is_empty() {
        return Err(failed("there is no certificate in it".into()));
    }
    // A certificate that rustls cannot read would be refused later, without the name of the file.
    let mut roots = rustls::RootCertStore::empty();
    for certificate in &certificates {
        roots
            .add(certificate.clone())
            .map_err(|it| failed(it.into()))?;
    }
    Ok(certificates)
}

fn unusable(error: Error) -> HttpLinkError {
    HttpLinkError::SystemCertificates(error.into())
}

/// Believes one certificate.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn read(path: &Path, provider: Arc<CryptoProvider>) -> Result<Self, HttpLinkError> {
        let failed = |source: BoxError| HttpLinkError::Certificates {
            path: path.into(),
            source,
        };
        let certificate = CertificateDer::from_pem_file(path).map_err(|it| failed(it.into()))?;
        Ok(Self {
            certificate,
            provider,
        })
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if *end_entity == self.certificate {
            return Ok(ServerCertVerified::assertion());
        }
        let other = CertificateError::ApplicationVerificationFailure;
        Err(Error::InvalidCertificate(other))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
