//! Where etcd is, and who may use it.

use std::fmt;
use std::time::Duration;

use etcd_client::{Certificate, Client, ConnectOptions, Identity, TlsOptions};
use sso_core::StoreError;
use zeroize::Zeroizing;

use super::EtcdError;

/// An etcd cluster, and where in it to keep everything.
#[derive(Clone)]
pub struct EtcdSettings {
    certificate_authorities: Option<Vec<u8>>,
    client_certificate: Option<ClientCertificate>,
    endpoints: Vec<String>,
    prefix: String,
    timeout: Duration,
    user: Option<(String, Zeroizing<String>)>,
    without_tls: bool,
}

#[derive(Clone)]
struct ClientCertificate {
    chain: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl EtcdSettings {
    /// A cluster with members at these addresses, as `https://etcd-1.example.com:2379`.
    pub fn new(endpoints: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            certificate_authorities: None,
            client_certificate: None,
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            prefix: "sso-connect/".into(),
            timeout: TIMEOUT,
            user: None,
            without_tls: false,
        }
    }

    /// Whose certificates the members have, in PEM. There is no default: etcd is rarely certified
    /// by those that a system trusts.
    #[must_use]
    pub fn certificate_authorities(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificate_authorities = Some(pem.into());
        self
    }

    /// The certificate, with its chain, and the key by which etcd knows us, both in PEM. Default:
    /// none.
    #[must_use]
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.client_certificate = Some(ClientCertificate {
            chain: chain.into(),
            key: Zeroizing::new(key.into()),
        });
        self
    }

    /// A name and its password. Default: none.
    #[must_use]
    pub fn user(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.user = Some((name.into(), Zeroizing::new(password.into())));
        self
    }

    /// What every key begins with; not empty. Default: `sso-connect/`.
    #[must_use]
    pub fn below(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long one request may take. Default: 5 s.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Allows addresses that begin with `http://`: for an etcd on the same machine. Everybody on
    /// the way can read and change what is sent, passwords included.
    #[must_use]
    pub const fn dangerously_without_tls(mut self) -> Self {
        self.without_tls = true;
        self
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) const fn timeout_of_requests(&self) -> Duration {
        self.timeout
    }

    pub(super) async fn connect(&self) -> Result<Client, EtcdError> {
        self.check()?;
        let connecting = Client::connect(&self.endpoints, Some(self.options()));
        match tokio::time::timeout(self.timeout, connecting).await {
            Ok(connected) => connected.map_err(connect_error),
            Err(_) => Err(EtcdError::Unreachable(StoreError::unavailable(
                "no member has answered",
            ))),
        }
    }

    fn check(&self) -> Result<(), EtcdError> {
        if self.endpoints.is_empty() {
            return Err(nonsense("there is no address"));
        }
        if self.prefix.is_empty() {
            return Err(nonsense("the prefix is empty"));
        }
        let with_tls = |endpoint: &String| endpoint.starts_with("https://");
        if !self.without_tls && !self.endpoints.iter().all(with_tls) {
            return Err(nonsense(
                "an address does not begin with https://; without TLS only if \
                 `dangerously_without_tls` allows it",
            ));
        }
        if self.endpoints.iter().any(with_tls) && self.certificate_authorities.is_none() {
            return Err(nonsense("no certificate authority is named"));
        }
        Ok(())
    }

    fn options(&self) -> ConnectOptions {
        let options = ConnectOptions::new()
            .with_connect_timeout(self.timeout)
            .with_keep_alive(KEEP_ALIVE, self.timeout)
            .with_auto_token_refresh(true);
        let options = match &self.certificate_authorities {
            Some(authorities) => options.with_tls(self.tls(authorities)),
            None => options,
        };
        match &self.user {
            Some((name, password)) => options.with_user(name, password.as_str()),
            None => options,
        }
    }

    fn tls(&self, authorities: &[u8]) -> TlsOptions {
        let tls = TlsOptions::new().ca_certificate(Certificate::from_pem(authorities));
        match &self.client_certificate {
            Some(ours) => tls.identity(Identity::from_pem(&ours.chain, &ours.key)),
            None => tls,
        }
    }
}

impl fmt::Debug for EtcdSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdSettings")
            .field("endpoints", &self.endpoints)
            .field("prefix", &self.prefix)
            .field("user", &self.user.as_ref().map(|(name, _)| name))
            .finish_non_exhaustive()
    }
}

fn nonsense(what: &str) -> EtcdError {
    EtcdError::Settings(what.into())
}

fn connect_error(error: etcd_client::Error) -> EtcdError {
    match error {
        etcd_client::Error::GRpcStatus(_) => EtcdError::Unreachable(StoreError::unavailable(error)),
        error => EtcdError::Settings(error.into()),
    }
}

const TIMEOUT: Duration = Duration::from_secs(5);
/// How often an open connection is tried while requests are under way.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
