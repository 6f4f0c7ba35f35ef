//! TLS of the public address.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::data_dir::{DataDir, DataDirError, KeyFile};

/// Makes aws-lc-rs the provider of this process, for servers and clients. Later calls do nothing.
pub fn install_provider() {
    // An error only says that the process has a provider already.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// Reads certificate and key from the data folder: TLS 1.3 and 1.2, HTTP/2 and HTTP/1.1.
///
/// # Errors
///
/// A [`TlsError`] naming the file.
pub fn load(dir: &DataDir) -> Result<Arc<ServerConfig>, TlsError> {
    let chain_file = dir.key_file(KeyFile::TlsCertificate);
    let key_file = dir.key_file(KeyFile::TlsKey);
    let chain = CertificateDer::pem_slice_iter(dir.read(&chain_file)?.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or(TlsError::NoCertificate { path: chain_file })?;
    let key = PrivateKeyDer::from_pem_slice(dir.read(&key_file)?.as_bytes()).map_err(|_| {
        TlsError::NoKey {
            path: key_file.clone(),
        }
    })?;
    server_config(chain, key).map_err(|source| TlsError::Unusable {
        path: key_file,
        source,
    })
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Why the public address has no TLS.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The file holds no certificate.
    #[error("{} holds no certificate in PEM form", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file holds no private key.
    #[error("{} holds no private key in PEM form", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The key does not fit the certificate, or is of a kind nobody uses.
    #[error("{} cannot be used: {source}", path.display())]
    Unusable {
        /// The file of the key.
        path: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

impl TlsError {
    /// The command that mends it.
    #[must_use]
    pub fn fix(&self) -> String {
        match self {
            Self::DataDir(error) => error.fix(),
            Self::NoCertificate { path } => format!(
                "openssl x509 -in {} -noout -subject shows what it is; put the certificate, then \
                 its intermediates, into it",
                path.display()
            ),
            Self::NoKey { path } => format!(
                "openssl pkey -in {} -noout shows what it is; an encrypted key has to be \
                 decrypted first",
                path.display()
            ),
            Self::Unusable { path, .. } => format!(
                "openssl pkey -in {} -pubout must print the same key as openssl x509 -in {} \
                 -noout -pubkey",
                path.display(),
                path.with_extension("pem").display()
            ),
        }
    }
}
