//! Where a bucket is, and who may use it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{Certificate, ClientOptions, ObjectStore, RetryConfig};
use zeroize::Zeroizing;

use super::BucketError;

/// A bucket of the S3 type.
///
/// By default: Amazon's own, in `us-east-1`, with the credentials of the machine's role.
#[derive(Clone)]
pub struct S3Settings {
    bucket: String,
    certificate_authorities: Option<Vec<u8>>,
    credentials: Option<Credentials>,
    endpoint: Option<String>,
    prefix: String,
    region: String,
    timeout: Duration,
    without_tls: bool,
}

#[derive(Clone)]
struct Credentials {
    id: String,
    secret: Zeroizing<String>,
    token: Option<Zeroizing<String>>,
}

impl S3Settings {
    /// The bucket with this name.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            certificate_authorities: None,
            credentials: None,
            endpoint: None,
            prefix: String::new(),
            region: "us-east-1".into(),
            timeout: TIMEOUT,
            without_tls: false,
        }
    }

    /// Whose certificates are trusted beside those that the system trusts, in PEM.
    #[must_use]
    pub fn certificate_authorities(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificate_authorities = Some(pem.into());
        self
    }

    /// An access key and its secret.
    #[must_use]
    pub fn credentials(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.credentials = Some(Credentials {
            id: id.into(),
            secret: Zeroizing::new(secret.into()),
            token: None,
        });
        self
    }

    /// The session token that belongs to [`credentials`](Self::credentials), if they are
    /// temporary; without effect before those.
    #[must_use]
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        if let Some(credentials) = &mut self.credentials {
            credentials.token = Some(Zeroizing::new(token.into()));
        }
        self
    }

    /// Where the store is, as `https://s3.example.com`. Default: Amazon's, for the region.
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Where in the bucket to keep everything. Default: at its top.
    #[must_use]
    pub fn below(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// The region. Default: `us-east-1`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// How long one request may take. Default: 30 s.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Allows an endpoint that begins with `http://`: for a store on the same machine. Everybody
    /// on the way can read and change what is sent.
    #[must_use]
    pub const fn dangerously_without_tls(mut self) -> Self {
        self.without_tls = true;
        self
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn connect(&self) -> Result<Arc<dyn ObjectStore>, BucketError> {
        self.check()?;
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_allow_http(self.without_tls)
            .with_client_options(self.client_options()?)
            .with_retry(once());
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(credentials) = &self.credentials {
            builder = credentials.add_to(builder);
        }
        let store = builder.build().map_err(settings_error)?;
        Ok(Arc::new(store))
    }

    fn check(&self) -> Result<(), BucketError> {
        let endpoint = self.endpoint.as_deref().unwrap_or("https://");
        if !self.without_tls && !endpoint.starts_with("https://") {
            return Err(BucketError::Settings(
                "the endpoint does not begin with https://; without TLS only if \
                 `dangerously_without_tls` allows it"
                    .into(),
            ));
        }
        Ok(())
    }

    fn client_options(&self) -> Result<ClientOptions, BucketError> {
        let options = ClientOptions::new()
            .with_allow_http(self.without_tls)
            .with_timeout(self.timeout);
        let pem = self.certificate_authorities.as_deref().unwrap_or_default();
        let authorities = Certificate::from_pem_bundle(pem).map_err(settings_error)?;
        Ok(authorities
            .into_iter()
            .fold(options, ClientOptions::with_root_certificate))
    }
}

impl Credentials {
    fn add_to(&self, builder: AmazonS3Builder) -> AmazonS3Builder {
        let builder = builder
            .with_access_key_id(&self.id)
            .with_secret_access_key(self.secret.as_str());
        match &self.token {
            Some(token) => builder.with_token(token.as_str()),
            None => builder,
        }
    }
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .field("prefix", &self.prefix)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

fn settings_error(source: object_store::Error) -> BucketError {
    BucketError::Settings(source.into())
}

/// The client would repeat a `PUT` whose connection broke, and a first one that had arrived would
/// make the second look like a conflict.
fn once() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}

const TIMEOUT: Duration = Duration::from_secs(30);
