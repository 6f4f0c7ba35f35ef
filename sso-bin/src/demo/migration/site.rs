//! The domain of the demonstration: how it begins, and what happens to it.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use sso_core::SystemClock;
use sso_core::cert::SelfSigned;
use sso_core::config::TlsKeyPair;
use sso_core::signature::{SoftSigner, VerifyingKey};
use sso_sync::admin::{AdministratorName, DomainName, Password};
use sso_sync::administration::{NoCode, Saving, Who};
use url::Url;
use zeroize::Zeroizing;

use super::Settings;
use super::balancer::Balancer;
use super::chance::Chance;
use super::crowd::Crowd;
use super::machines::Machines;
use super::visitor::Browser;
use crate::demo::identity_provider::{IdentityProvider, Service};
use crate::demo::people::People;
use crate::demo::{made, new_signer, serve_idp};
use crate::domain::{HubAddress, Hubs as _, Proxy, RealHubs};
use crate::failure::Failure;
use crate::server::Server;
use crate::{tls, wiring};

/// Everything that runs.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) machines: Machines,
    pub(super) crowd: Crowd,
    settings: Settings,
    base: String,
    /// The certificate of the servers, and the one that comes after it.
    certificates: [SelfSigned; 2],
    chance: Chance,
    _balancer: Balancer,
    _provider: Server,
}

impl Site {
    /// A hub, the servers sso1 and sso2 of the domain *example*, a load balancer in front of them,
    /// and an identity provider.
    pub(super) async fn begin(settings: &Settings) -> Result<Self, Failure> {
        let mut machines = Machines::new(
            &settings.program,
            settings.folder.as_deref(),
            &["hub", "sso1", "sso2", "sso3", "front", "idp"],
        )?;
        let front = match settings.listen.port() {
            0 => machines.address("front")?,
            _ => settings.listen,
        };
        let base = format!("https://localhost:{}", front.port());
        // Of two names, so that nobody who looks for the issuer takes one for the other.
        let certificates = [
            certificate(&["localhost"])?,
            certificate(&["next.localhost", "localhost"])?,
        ];
        let provider = Provider::new(&machines, settings)?;
        let signing = found(&mut machines, &base, settings, &certificates).await?;
        let password = provider.password.clone();
        let server = provider.serve(&machines, &base, &signing)?;
        let trusted = trusted(&certificates, &server.1);
        let trusted: Vec<_> = trusted.iter().map(String::as_str).collect();
        let browser = Browser::new(&base, front, &trusted)?;
        let crowd = Crowd::new(browser, settings.people, &password);
        let balancer = balance(&machines, settings, front, &certificates, &trusted).await?;
        let site = Self {
            machines,
            crowd,
            settings: settings.clone(),
            base,
            certificates,
            chance: Chance::new(settings.seed),
            _balancer: balancer,
            _provider: server.0,
        };
        site.until_led(front).await?;
        Ok(site)
    }

    /// A third server joins.
    pub(super) async fn add(&mut self) -> Result<String, Failure> {
        enrol(&self.machines, "sso3").await?;
        self.machines.start("sso3", SERVE).await?;
        self.complete("sso3").await
    }

    /// A setting is changed on one server, and is in force on all.
    pub(super) async fn configure(&self) -> Result<String, Failure> {
        let password = self.machines.text("password");
        let login = ["login", "--email", ALICE, "--password-file", &password];
        self.machines.give("sso2", &login).await?;
        let set = ["config", "set", "session_lifetime", "4h", "--yes"];
        self.machines.give("sso2", &set).await?;
        self.spread().await
    }

    /// The certificate is replaced, with its key.
    pub(super) async fn certify(&self) -> Result<String, Failure> {
        let address = self.machines.address("hub")?;
        let hub = HubAddress::parse(&format!("https://localhost:{}", address.port()))?;
        let hub = HubAddress {
            ca: Some(self.machines.at("hub").join("keys/tls.pem")),
            proxy: Proxy::None,
            ..hub
        };
        let office = RealHubs.office(&hub, Arc::new(SystemClock))?;
        let who = Who {
            domain: made(DomainName::parse("example"))?,
            administrator: made(AdministratorName::parse(ALICE))?,
        };
        let password = Password::to_sign_in(Zeroizing::new(PASSWORD.into()));
        let mut administrator = office
            .sign_in(who, made(password)?, None, &mut NoCode)
            .await?;
        let (base, document) = administrator.current()?;
        let [_, next] = &self.certificates;
        let document = document
            .with("tls.certificate", next.certificate_pem().as_bytes())
            .with("tls.key", next.key_pem().as_bytes());
        match administrator.save(base, &document).await? {
            Saving::Saved(_) => self.spread().await,
            Saving::Overlaps(_) => Err(Failure::because("somebody else changed the certificate")),
        }
    }

    /// A server dies without a word, and comes back.
    pub(super) async fn kill(&mut self) -> Result<String, Failure> {
        let names = ["sso1", "sso2", "sso3"];
        let name = names.get(self.chance.below(names.len())).copied();
        let name = name.unwrap_or("sso1");
        self.machines.kill(name).await?;
        self.crowd.more(50).await?;
        self.machines.start(name, SERVE).await?;
        self.complete(name).await?;
        Ok(format!("{name} was killed, and is back"))
    }

    /// The hub is held, and goes on.
    pub(super) async fn cut(&self) -> Result<String, Failure> {
        self.machines.signal("hub", "STOP").await?;
        tokio::time::sleep(self.settings.hub_away).await;
        self.crowd.more(50).await?;
        self.machines.signal("hub", "CONT").await?;
        let mut said = String::new();
        for name in self.servers() {
            said = self.complete(&name).await?;
        }
        Ok(said)
    }

    /// Every server gets another version, one by one.
    pub(super) async fn upgrade(&mut self) -> Result<String, Failure> {
        let Some(newer) = self.settings.newer.clone() else {
            return Ok("left out: there is one version here (--newer PROGRAM)".into());
        };
        let words = ["--version"];
        self.machines.install(&newer);
        let said = self.machines.give("hub", &words).await?;
        let version = said
            .split_whitespace()
            .last()
            .unwrap_or_default()
            .to_owned();
        self.machines.install(&self.settings.program);
        let start = ["upgrade", "start", "--to", &version];
        self.machines.give("sso2", &start).await?;
        self.machines.install(&newer);
        for name in self.servers() {
            self.drain(&name).await?;
            self.machines.start(&name, SERVE).await?;
            self.complete(&name).await?;
        }
        until(async || {
            self.machines
                .give("sso2", &["upgrade", "finalize"])
                .await
                .is_ok()
        })
        .await?;
        Ok(format!("all servers run {version}"))
    }

    /// The first server goes for good.
    pub(super) async fn retire(&mut self) -> Result<String, Failure> {
        let password = self.machines.text("password");
        let notice = self.settings.notice.to_string();
        let line = [
            "retire",
            "--yes",
            "--remaining",
            "2",
            "--notice",
            &notice,
            "--email",
            ALICE,
            "--password-file",
            &password,
        ];
        let machines = &self.machines;
        // It is refused, and changes nothing, until the others have told that they are complete.
        let mut retired = machines.ask("sso1", &line).await;
        let retire = async {
            while retired
                .as_ref()
                .is_err_and(|it| it.to_string().contains("nothing was changed"))
            {
                tokio::time::sleep(Duration::from_secs(1)).await;
                retired = machines.ask("sso1", &line).await;
            }
        };
        made(tokio::time::timeout(PATIENCE, retire).await)?;
        let retired = retired?;
        self.machines.ended("sso1").await?;
        Ok(format!(
            "sso1 is retired, key epoch {} has begun",
            number(&retired, "/epoch").unwrap_or_default()
        ))
    }

    /// The servers that run.
    pub(super) fn servers(&self) -> Vec<String> {
        let names = ["sso1", "sso2", "sso3"].into_iter();
        names
            .filter(|it| self.machines.runs(it))
            .map(Into::into)
            .collect()
    }

    /// A browser that comes to one server, past the load balancer.
    pub(super) fn browser_at(&self, server: &str) -> Result<(Arc<Browser>, SocketAddr), Failure> {
        let address = self.machines.address(server)?;
        let idp = made(fs::read_to_string(self.machines.at("idp.pem")))?;
        let trusted = trusted(&self.certificates, &idp);
        let trusted: Vec<_> = trusted.iter().map(String::as_str).collect();
        Ok((
            Arc::new(Browser::new(&self.base, address, &trusted)?),
            address,
        ))
    }

    /// Waits until a server has everybody; what it says.
    pub(super) async fn complete(&self, name: &str) -> Result<String, Failure> {
        let known = self.crowd.tally().known;
        let is_complete = async || {
            let sync = self.machines.ask(name, &["sync"]).await.unwrap_or_default();
            let phase = sync.pointer("/phase").and_then(Value::as_str);
            let is_level = matches!(phase, Some("level" | "behind"));
            let is_complete = sync.pointer("/complete").and_then(Value::as_bool);
            is_level && is_complete == Some(true) && number(&sync, "/of") >= Some(known)
        };
        until(is_complete).await?;
        let sync = self.machines.ask(name, &["sync"]).await?;
        Ok(format!(
            "{name} has all {} of {} users",
            number(&sync, "/users").unwrap_or_default(),
            number(&sync, "/of").unwrap_or_default()
        ))
    }

    /// Waits until every server works with the newest configuration.
    async fn spread(&self) -> Result<String, Failure> {
        let newest = self.machines.ask("sso2", &["config", "history"]).await?;
        let newest = number(&newest, "/0/revision");
        let newest = newest.ok_or_else(|| Failure::because("config history names no revision"))?;
        for name in self.servers() {
            until(async || {
                let status = self
                    .machines
                    .ask(&name, &["status"])
                    .await
                    .unwrap_or_default();
                number(&status, "/sync_revision") >= Some(newest)
            })
            .await?;
        }
        Ok(format!(
            "revision {newest} is in force on {} servers",
            self.servers().len()
        ))
    }

    async fn drain(&mut self, name: &str) -> Result<(), Failure> {
        let notice = self.settings.notice.to_string();
        let line = ["drain", "--wait", "--notice", &notice];
        self.machines.give(name, &line).await?;
        self.machines.ended(name).await
    }

    /// Waits until the load balancer leads to servers.
    async fn until_led(&self, front: SocketAddr) -> Result<(), Failure> {
        let idp = made(fs::read_to_string(self.machines.at("idp.pem")))?;
        let trusted = trusted(&self.certificates, &idp);
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .resolve("localhost", front);
        let certificates = trusted
            .iter()
            .map(|it| reqwest::Certificate::from_pem(it.as_bytes()));
        client = client.tls_certs_only(made(certificates.collect::<Result<Vec<_>, _>>())?);
        let client = made(client.build())?;
        let url = format!("{}/readyz", self.base);
        until(async || {
            let answer = client.get(&url).send().await;
            answer.is_ok_and(|it| it.status().is_success())
        })
        .await
    }
}

/// The identity provider before it runs: its metadata is needed to configure the service, and the
/// other way round.
struct Provider {
    url: String,
    signer: SoftSigner,
    people: People,
    password: String,
}

impl Provider {
    fn new(machines: &Machines, settings: &Settings) -> Result<Self, Failure> {
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
    fn serve(
        self,
        machines: &Machines,
        base: &str,
        signing: &str,
    ) -> Result<(Server, String), Failure> {
        let service = made(sso_core::config::Service::new(base))?;
        let certificate = made(CertificateDer::from_pem_slice(signing.as_bytes()))?;
        let service = Service {
            entity_id: service.entity_id().as_str().to_owned(),
            acs_url: service.acs_url(),
            slo_url: made(Url::parse(&service.slo_url()))?,
            key: made(VerifyingKey::from_certificate_der(&certificate))?,
        };
        let provider = IdentityProvider::new(
            &self.url,
            Arc::new(self.people),
            service,
            Arc::new(self.signer),
            Arc::new(SystemClock),
        );
        let pair = made(SelfSigned::for_tls(&["127.0.0.1"], wiring::now()))?;
        made(fs::write(machines.at("idp.pem"), pair.certificate_pem()))?;
        let keys = made(TlsKeyPair::from_pem(pair.key_pem(), pair.certificate_pem()))?;
        let tls = tls::of_pair(&keys);
        let server = serve_idp(machines.address("idp")?, &made(tls)?, provider.router())?;
        Ok((server, pair.certificate_pem().to_owned()))
    }
}

/// Makes the hub, founds the domain on sso1, which had a configuration of its own, and enrols sso2.
/// What the service signs with.
async fn found(
    machines: &mut Machines,
    base: &str,
    settings: &Settings,
    certificates: &[SelfSigned; 2],
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
    let [first, _] = certificates;
    let keys = machines.at("sso1").join("keys");
    made(fs::write(keys.join("tls.pem"), first.certificate_pem()))?;
    made(fs::write(keys.join("tls.key"), first.key_pem()))?;
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

async fn enrol(machines: &Machines, name: &str) -> Result<(), Failure> {
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

async fn balance(
    machines: &Machines,
    settings: &Settings,
    front: SocketAddr,
    certificates: &[SelfSigned; 2],
    trusted: &[&str],
) -> Result<Balancer, Failure> {
    let servers = ["sso1", "sso2", "sso3"].map(|it| machines.address(it));
    let servers = servers.into_iter().collect::<Result<Vec<_>, _>>()?;
    match &settings.haproxy {
        Some(program) => {
            let [first, next] = certificates;
            let pair = format!(
                "{}{}{}",
                first.certificate_pem(),
                first.key_pem(),
                next.certificate_pem()
            );
            Balancer::haproxy(program, front.port(), &servers, &machines.at(""), &pair)
        }
        None => Balancer::small(front.port(), &servers, trusted).await,
    }
}

fn trusted(certificates: &[SelfSigned; 2], idp: &str) -> [String; 3] {
    let [first, next] = certificates
        .each_ref()
        .map(|it| it.certificate_pem().to_owned());
    [first, next, idp.to_owned()]
}

fn certificate(names: &[&str]) -> Result<SelfSigned, Failure> {
    made(SelfSigned::for_tls(names, wiring::now()))
}

/// A number in what a command says.
fn number(said: &Value, place: &str) -> Option<u64> {
    said.pointer(place)?.as_u64()
}

/// Waits for `condition`; after a while that is a failure.
async fn until(condition: impl AsyncFn() -> bool) -> Result<(), Failure> {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(PACE).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, wait).await;
    waited.map_err(|_| Failure::because("it did not happen within three minutes"))
}

const SERVE: &[&str] = &["serve"];
const ALICE: &str = "alice@example.com";
const PASSWORD: &str = "for this demonstration only";
const PACE: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_mins(3);
