//! `sso-connect demo`: everything that a sign-in takes, in one process, for a first look.
//!
//! SSO Connect itself runs as it does in production, with a temporary data folder. Around it are an
//! identity provider, which is not for production, and an application. Only this machine can
//! connect.

mod application;
mod identity_provider;
pub mod migration;
mod pages;
mod people;
mod ports;

use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sso_core::cert::SelfSigned;
use sso_core::config::document::{IdentityProviderDocument, SharedConfigDocument};
use sso_core::signature::{SoftSigner, VerifyingKey};
use sso_core::{SystemClock, config};
use tempfile::TempDir;
use url::Url;

use self::application::{Application, SsoConnect};
use self::identity_provider::{AcsUrls, IdentityProvider, Service};
use self::people::{People, Person};
use self::ports::Ports;
use crate::cli::{self, Running};
use crate::data_dir::{DataDir, KeyFile};
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::server::Server;
use crate::{http, key_files, settings, tls, wiring};

/// A demonstration that runs until [`stop`](Self::stop).
#[derive(Debug)]
pub struct Demo {
    service: Running,
    application: Server,
    identity_provider: Server,
    urls: Urls,
    people: Arc<People>,
    certificate: String,
    /// Removed when dropped.
    _folder: TempDir,
}

#[derive(Debug)]
struct Urls {
    service: String,
    application: String,
    identity_provider: String,
}

impl Demo {
    /// Starts SSO Connect at `listen`, the application on the next port and the identity provider
    /// on the one after it. Port 0 takes free ones.
    ///
    /// # Errors
    ///
    /// A [`Failure`] if `listen` is no loopback address, or a port is taken.
    pub async fn start(listen: SocketAddr) -> Result<Self, Failure> {
        let ports = Ports::take(listen)?;
        let urls = made(Urls::of(&ports))?;
        let people = Arc::new(made(People::new())?);
        let folder = made(TempDir::new())?;
        let signer = new_signer()?;
        let dir = configure(&folder.path().join("data"), &urls, &signer)?;

        let local = LocalSettings::default();
        let data_key = wiring::data_key(&dir, &local).await?;
        let service = cli::start(&dir, &local, &data_key, ports.service)?;
        let tls = tls::load(&dir)?;
        let certificate = dir
            .read(&dir.key_file(KeyFile::TlsCertificate))?
            .to_string();
        let connect = made(SsoConnect::new(
            &urls.service,
            service.address(),
            &certificate,
        ))?;
        let application = Application::new(&urls.application, connect).router();
        let identity_provider = IdentityProvider::new(
            &urls.identity_provider,
            Arc::clone(&people),
            described(&dir, &urls)?,
            Arc::new(signer),
            Arc::new(SystemClock),
        );
        Ok(Self {
            service,
            application: serve(ports.application, &tls, application)?,
            identity_provider: serve(ports.identity_provider, &tls, identity_provider.router())?,
            urls,
            people,
            certificate,
            _folder: folder,
        })
    }

    /// Tells the person at the terminal where to begin, passwords included.
    #[must_use]
    pub fn introduction(&self) -> String {
        let Urls {
            service,
            application,
            identity_provider,
        } = &self.urls;
        let people: String = self.people.iter().map(introduce).collect();
        format!(
            "\
A demonstration of SSO Connect. Everything in it is gone when it ends.

  Application         {application}/   <- begin here
  SSO Connect         {service}/
  Identity provider   {identity_provider}/   (not for production)

{people}
The browser will warn of the certificate at each of the three addresses:
it was made a moment ago, for this machine only. Go on in spite of it.

Ctrl-C ends everything.
"
        )
    }

    /// Where the application is: the address to begin at.
    #[must_use]
    pub fn application_url(&self) -> &str {
        &self.urls.application
    }

    /// Base URL of SSO Connect.
    #[must_use]
    pub fn service_url(&self) -> &str {
        &self.urls.service
    }

    /// The certificate of all three, in PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The password of a person of the demonstration.
    #[must_use]
    pub fn password_of(&self, name: &str) -> Option<&str> {
        self.people.named(name).map(Person::password)
    }

    /// Ends all three and removes the data folder.
    ///
    /// # Errors
    ///
    /// If a server ended by itself before.
    pub async fn stop(self) -> Result<(), Failure> {
        for server in [self.application, self.identity_provider] {
            made(server.stop(PATIENCE).await)?;
        }
        self.service.stop(Duration::ZERO).await
    }
}

impl Urls {
    fn of(ports: &Ports) -> io::Result<Self> {
        Ok(Self {
            service: ports.service_url()?,
            application: ports.application_url()?,
            identity_provider: ports.identity_provider_url()?,
        })
    }
}

fn introduce(person: &Person) -> String {
    format!(
        "  Name {:<7}  password {}\n",
        person.name,
        person.password()
    )
}

/// Makes a data folder as `init` does, for a service that trusts the owner of `signer`.
fn configure(root: &Path, urls: &Urls, signer: &SoftSigner) -> Result<DataDir, Failure> {
    let dir = DataDir::create(root)?;
    key_files::create(&dir, "localhost", wiring::now())?;
    let mut document = SharedConfigDocument::new(&urls.service);
    document.destinations.push(urls.application.clone());
    let metadata = IdentityProvider::metadata(&urls.identity_provider, signer);
    document
        .identity_providers
        .push(IdentityProviderDocument::new("demo", metadata));
    settings::write(&dir, &document)?;
    Ok(dir)
}

/// The service as the identity provider has to know it.
fn described(dir: &DataDir, urls: &Urls) -> Result<Service, Failure> {
    let service = made(config::Service::new(&urls.service))?;
    let certificate = dir.read(&dir.key_file(KeyFile::SigningCertificate))?;
    let certificate = made(CertificateDer::from_pem_slice(certificate.as_bytes()))?;
    Ok(Service {
        entity_id: service.entity_id().as_str().to_owned(),
        acs_urls: AcsUrls::new(service.acs_url()),
        slo_url: made(Url::parse(&service.slo_url()))?,
        key: made(VerifyingKey::from_certificate_der(&certificate))?,
    })
}

fn new_signer() -> Result<SoftSigner, Failure> {
    let pair = made(SelfSigned::for_saml(
        "demonstration identity provider",
        wiring::now(),
    ))?;
    made(SoftSigner::from_pem(pair.key_pem(), pair.certificate_pem()))
}

fn serve(
    listener: TcpListener,
    tls: &Arc<ServerConfig>,
    router: Router,
) -> Result<Server, Failure> {
    let router = http::surround(router, Arc::new([]));
    made(Server::start(
        listener,
        Arc::clone(tls),
        router,
        MAX_CONNECTIONS,
    ))
}

/// Serves an identity provider at `address`.
fn serve_idp(
    address: SocketAddr,
    tls: &Arc<ServerConfig>,
    router: Router,
) -> Result<Server, Failure> {
    serve(crate::address::bind(address)?, tls, router)
}

/// A part of the demonstration, which only a broken machine lacks.
fn made<T, E: Error>(part: Result<T, E>) -> Result<T, Failure> {
    part.map_err(|error| Failure::because(format!("the demonstration cannot run: {error}")))
}

/// More than a person opens.
const MAX_CONNECTIONS: usize = 64;

/// For requests that are under way when it ends.
const PATIENCE: Duration = Duration::from_secs(2);
