//! How the domain of the demonstration begins.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sso_core::SystemClock;
use sso_core::cert::SelfSigned;
use sso_core::config::TlsKeyPair;
use sso_core::signature::{SoftSigner, VerifyingKey};
use url::Url;

use super::Settings;
use super::balancer::Front;
use super::machines::Machines;
use super::site::{ALICE, Certificates, FIRST, PASSWORD, SECOND, SERVE};
use crate::demo::identity_provider::{AcsUrls, IdentityProvider, Service};
use crate::demo::people::People;
use crate::demo::{made, new_signer, serve_idp};
use crate::failure::Failure;
use crate::server::Server;
use crate::{tls, wiring};

/// The identity provider before it runs: its metadata is needed to configure the service, and the
/// other way round.
pub(super) struct Provider {
    url: String,
    signer: SoftSigner,
    people: People,
    /// Of everybody.
    pub(super) password: String,
}

impl Provider {
    pub(super) fn new(machines: &Machines, settings: &Settings) -> Result<Self, Failure> {
        let people = made(People::many(settings.people))?;
        let password = people.iter().next().map(|it| it.password().to_owned());
        let url = format!("https://{}", machines.address("idp")?);
        let signer = new_signer()?;
        let metadata = IdentityProvider::metadata(&url, &signer);
        made(fs::write(machines.at("idp.xml"), metadata))?;
        Ok(Self {
            url,
            signer,
            people,
            password: password.unwrap_or_default(),
        })
    }

    /// Serves; the certificate that browsers have to trust.
    pub(super) fn serve(
        self,
        machines: &Machines,
        service: Service,
    ) -> Result<(Server, String), Failure> {
        let provider = IdentityProvider::new(
            &self.url,
            Arc::new(self.people),
            service,
            Arc::new(self.signer),
            Arc::new(SystemClock),
        );
        let pair = made(SelfSigned::for_tls(&["127.0.0.1"], wiring::now()))?;
        let keys = made(TlsKeyPair::from_pem(pair.key_pem(), pair.certificate_pem()))?;
        let tls = tls::of_pair(&keys);
        let server = serve_idp(machines.address("idp")?, &made(tls)?, provider.router())?;
        Ok((server, pair.certificate_pem().to_owned()))
    }
}

/// The service with the base URL `base`, which signs with the key of the certificate `signing`, as the
/// identity provider has to know it.
pub(super) fn described(base: &str, signing: &str) -> Result<Service, Failure> {
    let service = made(sso_core::config::Service::new(base))?;
    let certificate = made(CertificateDer::from_pem_slice(signing.as_bytes()))?;
    Ok(Service {
        entity_id: service.entity_id().as_str().to_owned(),
        acs_urls: AcsUrls::new(service.acs_url()),
        slo_url: made(Url::parse(&service.slo_url()))?,
        key: made(VerifyingKey::from_certificate_der(&certificate))?,
    })
}

/// Makes the hub, founds the domain on sso1, which had a configuration of its own, and enrols sso2.
/// What the service signs with.
pub(super) async fn found(
    machines: &mut Machines,
    base: &str,
    settings: &Settings,
    certificate: &SelfSigned,
) -> Result<String, Failure> {
    let hub = machines.address("hub")?;
    let reached = format!("localhost:{}", hub.port());
    made(fs::write(machines.at("password"), PASSWORD))?;
    machines
        .give("hub", &["hub", "init", "--reached-as", &reached])
        .await?;
    let file = machines.at("hub").join("hub.toml");
    let text = made(fs::read_to_string(&file))?;
    made(fs::write(
        &file,
        text.replace("[limits]", "inspection = 'off'\n[limits]"),
    ))?;
    let create = [
        "hub",
        "domain",
        "create",
        "example",
        "--administrator",
        ALICE,
    ];
    let said = machines.give("hub", &create).await?;
    let founding = said
        .split_whitespace()
        .find(|it| it.starts_with("sso-founding-1-"));
    made(fs::write(
        machines.at("founding"),
        founding.unwrap_or_default(),
    ))?;
    machines.start("hub", &["hub", "serve"]).await?;

    machines.give("sso1", &["init", "--base-url", base]).await?;
    let keys = machines.at("sso1").join("keys");
    made(fs::write(
        keys.join("tls.pem"),
        certificate.certificate_pem(),
    ))?;
    made(fs::write(keys.join("tls.key"), certificate.key_pem()))?;
    let metadata = machines.text("idp.xml");
    machines
        .give("sso1", &["idp", "add", "demo", "--metadata", &metadata])
        .await?;
    if let Some(other) = &settings.also_trust {
        let other = other.display().to_string();
        machines
            .give("sso1", &["idp", "add", "other", "--metadata", &other])
            .await?;
    }
    let signing = made(fs::read_to_string(keys.join("saml-signing.pem")))?;
    let (founding, password) = (machines.text("founding"), machines.text("password"));
    let ca = machines.text("hub/keys/tls.pem");
    let found = [
        "domain",
        "found",
        "--leave-users-behind",
        "--founding-file",
        &founding,
        "--name",
        "sso1",
        "--password-file",
        &password,
        "--hub-ca",
        &ca,
    ];
    machines.give("sso1", &found).await?;
    enrol(machines, "sso2").await?;
    machines.start("sso1", SERVE).await?;
    machines.start("sso2", SERVE).await?;
    Ok(signing)
}

/// A server joins the domain.
pub(super) async fn enrol(machines: &Machines, name: &str) -> Result<(), Failure> {
    let hub = format!("https://localhost:{}", machines.address("hub")?.port());
    let (password, ca) = (machines.text("password"), machines.text("hub/keys/tls.pem"));
    let enrol = [
        "enrol",
        "--hub",
        &hub,
        "--domain",
        "example",
        "--email",
        ALICE,
        "--name",
        name,
        "--password-file",
        &password,
        "--hub-ca",
        &ca,
    ];
    machines.give(name, &enrol).await.map(drop)
}

/// What the load balancer at `front` has to know.
pub(super) fn front(
    machines: &Machines,
    front: SocketAddr,
    entity_id: &str,
    certificates: &Certificates,
    trusted: &[String],
) -> Result<Front, Failure> {
    let servers = ["sso1", "sso2", "sso3"].map(|it| machines.address(it));
    let pair = |it: &SelfSigned| format!("{}{}", it.certificate_pem(), it.key_pem());
    Ok(Front {
        port: front.port(),
        servers: servers.into_iter().collect::<Result<_, _>>()?,
        entity_id: entity_id.into(),
        pairs: vec![pair(&certificates.first), pair(&certificates.second)],
        trusted: trusted.to_vec(),
        folder: machines.at(""),
    })
}

impl Certificates {
    /// All have another first name, so that nobody who looks for the issuer takes one for another.
    pub(super) fn new() -> Result<Self, Failure> {
        let of = |names: &[&str]| made(SelfSigned::for_tls(names, wiring::now()));
        Ok(Self {
            first: of(&[FIRST])?,
            second: of(&[SECOND])?,
            next: of(&["next.localhost", SECOND])?,
        })
    }

    /// What browsers trust: these, and the one of the identity provider.
    pub(super) fn trusted(&self, provider: String) -> Vec<String> {
        let own = [&self.first, &self.second, &self.next];
        let own = own.map(|it| it.certificate_pem().to_owned());
        own.into_iter().chain([provider]).collect()
    }
}
