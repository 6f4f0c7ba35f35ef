//! TLS of the public address.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert, WantsServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ConfigBuilder, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sso_core::UnixTime;
use sso_core::cert::{self, CertificateError, Coverage, PemError, Validity};
use sso_core::config::{Service, SharedConfig, TlsKeyPair};

use crate::data_dir::{DataDir, DataDirError, KeyFile};
use crate::token::{TokenKeyError, TokenKeys};

/// Makes aws-lc-rs the provider of this process, for servers and clients. Later calls do nothing.
pub fn install_provider() {
    // An error only says that the process has a provider already.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// Reads certificate and key from the data folder, or uses the key on the token that `local.toml`
/// names: TLS 1.3 and 1.2, HTTP/2 and HTTP/1.1.
///
/// # Errors
///
/// A [`TlsError`] naming the file.
pub fn load(dir: &DataDir) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = chain(dir)?;
    let on_its_token = TokenKeys::load(dir).map_err(TokenKeyError::from)?;
    if let Some(key) = on_its_token.tls(chain.clone())? {
        let path = dir.local_file();
        return with_key(key).map_err(|source| TlsError::Unusable { path, source });
    }
    let path = dir.key_file(KeyFile::TlsKey);
    let key = cert::private_key(&dir.read(&path)?).map_err(|source| TlsError::Pem {
        path: path.clone(),
        source,
    })?;
    server_config(chain, key).map_err(|source| TlsError::Unusable { path, source })
}

/// The certificates of the configuration: each browser gets the one for the name that it asks for
/// (SNI). A key is that of this server's token, else that of the configuration. `None` if the
/// configuration has no certificate.
///
/// # Errors
///
/// A [`SharedTlsError`] if there is no key, or it cannot be used.
pub fn of_config(
    config: &SharedConfig,
    keys: &TokenKeys,
) -> Result<Option<Arc<ServerConfig>>, SharedTlsError> {
    let Some(tls) = config.tls() else {
        return Ok(None);
    };
    let Some(former) = config.former_tls() else {
        return Ok(Some(with_key(certified(tls, keys)?)?));
    };
    let (own, certificate) = (certified(tls, keys)?, certified(former, keys)?);
    let hosts = config.services().filter_map(|it| it.host().ok());
    let hosts = hosts.map(|host| host.ascii());
    let former = hosts.filter(|host| !tls.covers(host) && former.covers(host));
    let former = former.map(|host| (host, Arc::clone(&certificate)));
    let by_name = ByName {
        former: former.collect(),
        own,
    };
    let builder = versions()?.with_cert_resolver(Arc::new(by_name));
    Ok(Some(finish(builder)))
}

/// A certificate and its key alone.
///
/// # Errors
///
/// A [`SharedTlsError`] if there is no key, or it cannot be used.
pub fn of_pair(pair: &TlsKeyPair) -> Result<Arc<ServerConfig>, SharedTlsError> {
    Ok(with_key(key_of_pair(pair)?)?)
}

/// The same without a configuration around it.
///
/// # Errors
///
/// Those of [`of_pair`].
pub fn key_of_pair(pair: &TlsKeyPair) -> Result<Arc<CertifiedKey>, SharedTlsError> {
    certified(pair, &TokenKeys::default())
}

/// Chooses by the name that a browser asks for.
#[derive(Debug)]
struct ByName {
    former: Vec<(String, Arc<CertifiedKey>)>,
    own: Arc<CertifiedKey>,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let asked = hello.server_name().unwrap_or_default();
        let mut former = self.former.iter();
        let found = former.find(|(name, _)| name.eq_ignore_ascii_case(asked));
        Some(Arc::clone(found.map_or(&self.own, |(_, key)| key)))
    }
}

fn certified(pair: &TlsKeyPair, keys: &TokenKeys) -> Result<Arc<CertifiedKey>, SharedTlsError> {
    let chain = || pair.chain().to_vec();
    match (keys.tls(chain()), pair.key()) {
        (Ok(Some(key)), _) => Ok(key),
        (_, Some(key)) => {
            let key = CertifiedKey::from_der(chain(), key.clone_key(), &provider())?;
            Ok(Arc::new(key))
        }
        (Ok(None), None) => Err(SharedTlsError::NoKey),
        (Err(error), None) => Err(error.into()),
    }
}

/// What is wrong with the certificate that browsers will object to, one line each.
///
/// # Errors
///
/// A [`TlsError`] naming the file.
pub fn advice(dir: &DataDir, service: &Service, now: UnixTime) -> Result<String, TlsError> {
    let host = service.host().map(|host| host.ascii());
    advice_for(dir, &host.unwrap_or_default(), now)
}

/// The same for any host name.
///
/// # Errors
///
/// A [`TlsError`] naming the file.
pub fn advice_for(dir: &DataDir, host: &str, now: UnixTime) -> Result<String, TlsError> {
    let path = dir.key_file(KeyFile::TlsCertificate);
    let chain = chain(dir)?;
    let Some(certificate) = chain.first() else {
        return Ok(String::new());
    };
    objections(certificate, host, now).map_err(|source| TlsError::Certificate { path, source })
}

/// The certificate that clients see first.
///
/// # Errors
///
/// A [`TlsError`] naming the file.
pub fn certificate(dir: &DataDir) -> Result<CertificateDer<'static>, TlsError> {
    let path = dir.key_file(KeyFile::TlsCertificate);
    let first = chain(dir)?.into_iter().next();
    first.ok_or(TlsError::Pem {
        path,
        source: PemError::NoCertificate,
    })
}

fn objections(
    certificate: &CertificateDer<'_>,
    host: &str,
    now: UnixTime,
) -> Result<String, CertificateError> {
    let mut lines = String::new();
    if let Coverage::NotCovered { names } = cert::covers(certificate, host)? {
        lines += &format!(
            "The certificate in keys/tls.pem is for {}, not for {host}: replace it and keys/tls.key, \
             or remove both to have a self-signed one made at the next start.\n",
            names.join(", ")
        );
    }
    let Validity { from, until, .. } = Validity::of(certificate)?;
    if now < from {
        lines += &format!("The certificate is valid from {from} only.\n");
    } else if until < now {
        lines += &format!("The certificate has expired on {until}.\n");
    } else if until.since(now) < SOON {
        lines += &format!("The certificate expires on {until}.\n");
    }
    Ok(lines)
}

fn chain(dir: &DataDir) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let path = dir.key_file(KeyFile::TlsCertificate);
    let text = dir.read(&path)?;
    cert::certificates(&text).map_err(|source| TlsError::Pem { path, source })
}

fn with_key(key: Arc<CertifiedKey>) -> Result<Arc<ServerConfig>, rustls::Error> {
    let resolver = Arc::new(SingleCertAndKey::from(key));
    Ok(finish(versions()?.with_cert_resolver(resolver)))
}

fn server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    Ok(finish(versions()?.with_single_cert(chain, key)?))
}

fn provider() -> Arc<CryptoProvider> {
    let provider = CryptoProvider::get_default().cloned();
    provider.unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()))
}

fn versions() -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_no_client_auth())
}

fn finish(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// Why the certificate of the domain cannot be used here.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum SharedTlsError {
    /// Neither the configuration nor this server has the private key.
    #[error("its private key is neither in the configuration nor on the token of this server")]
    NoKey,
    /// The key on the token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenKeyError),
    /// The key does not fit the certificate, or is of a kind nobody uses.
    #[error(transparent)]
    Unusable(#[from] rustls::Error),
}

/// Why the public address has no TLS.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate cannot be parsed.
    #[error("{}: {source}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        source: CertificateError,
    },
    /// A file cannot be read.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// A file does not hold what it should.
    #[error("{}: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is missing in it.
        source: PemError,
    },
    /// The key on the token cannot be used.
    #[error(transparent)]
    Token(#[from] TokenKeyError),
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
            Self::DataDir(DataDirError::Io { path, source })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                restore(path)
            }
            Self::DataDir(error) => error.fix(),
            Self::Token(error) => error.fix(),
            Self::Certificate { path, .. } | Self::Pem { path, .. } => restore(path),
            Self::Unusable { path, .. } => format!(
                "openssl pkey -in {} -pubout must print the same key as openssl x509 -in {} \
                 -noout -pubkey",
                path.display(),
                path.with_extension("pem").display()
            ),
        }
    }
}

/// Unlike all other keys these can be made anew.
fn restore(path: &Path) -> String {
    format!(
        "restore {0} from a backup, or remove keys/tls.pem and keys/tls.key to have a self-signed \
         certificate made at the next start",
        path.display()
    )
}

/// When an administrator should hear of the end of a certificate.
const SOON: Duration = Duration::from_hours(14 * 24);

#[cfg(test)]
mod tests {
    use sso_core::cert::SelfSigned;

    use super::*;

    #[test]
    fn a_good_certificate_meets_no_objection() {
        assert_eq!(advised("sso.example.com", NOW), "");
    }

    #[test]
    fn another_host_name_is_objected_to() {
        assert_eq!(
            advised("other.example.com", NOW),
            "The certificate in keys/tls.pem is for sso.example.com, not for other.example.com: \
             replace it and keys/tls.key, or remove both to have a self-signed one made at the \
             next start.\n"
        );
    }

    #[test]
    fn the_end_of_a_certificate_is_announced_two_weeks_ahead() {
        let days = |days: u64| NOW.later(Duration::from_hours(days * 24));
        let base = "sso.example.com";
        assert_eq!(advised(base, days(350)), "");
        assert!(advised(base, days(352)).starts_with("The certificate expires on 20"));
        assert!(advised(base, days(366)).starts_with("The certificate has expired on 20"));
    }

    fn advised(host: &str, now: UnixTime) -> String {
        let made = SelfSigned::for_tls(&["sso.example.com"], NOW).unwrap();
        objections(made.certificate(), host, now).unwrap()
    }

    const NOW: UnixTime = UnixTime::from_secs(1_800_014_400);
}
