//! The domain of the demonstration, and what happens to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sso_core::SystemClock;
use sso_core::cert::SelfSigned;
use sso_sync::admin::{AdministratorName, DomainName, Password};
use sso_sync::administration::{NoCode, Saving, Who};
use zeroize::Zeroizing;

use super::Settings;
use super::balancer::Balancer;
use super::chance::Chance;
use super::crowd::Crowd;
use super::founding::{self, Provider, enrol, found};
use super::machines::Machines;
use super::visitor::Browser;
use crate::demo::identity_provider::AcsUrls;
use crate::demo::made;
use crate::domain::{HubAddress, Hubs as _, Proxy, RealHubs};
use crate::failure::Failure;
use crate::server::Server;

/// Everything that runs.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) machines: Machines,
    pub(super) crowd: Crowd,
    settings: Settings,
    /// Where browsers come to.
    front: SocketAddr,
    entity_id: String,
    /// The name that people come by.
    pub(super) name: &'static str,
    /// How they come, by the first name.
    pub(super) first_way: Option<Arc<Browser>>,
    pub(super) certificates: Certificates,
    trusted: Vec<String>,
    chance: Chance,
    pub(super) balancer: Balancer,
    /// Where the identity provider may send people back to.
    pub(super) acs_urls: AcsUrls,
    _provider: Server,
}

/// The certificates of the servers.
#[derive(Debug)]
pub(super) struct Certificates {
    /// For the name at the beginning.
    pub(super) first: SelfSigned,
    /// For the name that comes after it.
    pub(super) second: SelfSigned,
    /// What the one of the second name is replaced with.
    pub(super) next: SelfSigned,
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
        let base = format!("https://{FIRST}:{}", front.port());
        let certificates = Certificates::new()?;
        let provider = Provider::new(&machines, settings)?;
        let signing = found(&mut machines, &base, settings, &certificates.first).await?;
        let password = provider.password.clone();
        let service = founding::described(&base, &signing)?;
        let (entity_id, acs_urls) = (service.entity_id.clone(), service.acs_urls.clone());
        let (provider, shown) = provider.serve(&machines, service)?;
        let trusted = certificates.trusted(shown);
        let way = Arc::new(Browser::new(&entity_id, FIRST, front, &trusted)?);
        let crowd = Crowd::new(&way, settings.people, &password);
        let about = founding::front(&machines, front, &entity_id, &certificates, &trusted)?;
        let balancer = Balancer::start(settings.haproxy.as_deref(), about, FIRST).await?;
        until(async || way.is_let_in().await).await?;
        Ok(Self {
            machines,
            crowd,
            settings: settings.clone(),
            front,
            entity_id,
            name: FIRST,
            first_way: Some(way),
            certificates,
            trusted,
            chance: Chance::new(settings.seed),
            balancer,
            acs_urls,
            _provider: provider,
        })
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
        let next = &self.certificates.next;
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
        until(async || {
            let is_refused = |it: &Failure| it.to_string().contains("nothing was changed");
            if retired.as_ref().is_err_and(is_refused) {
                tokio::time::sleep(BETWEEN_SIGN_INS).await;
                retired = machines.ask("sso1", &line).await;
            }
            !retired.as_ref().is_err_and(is_refused)
        })
        .await?;
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
        Ok((self.browser(address)?, address))
    }

    /// A browser that comes by the load balancer.
    pub(super) fn way(&self) -> Result<Arc<Browser>, Failure> {
        self.browser(self.front)
    }

    fn browser(&self, address: SocketAddr) -> Result<Arc<Browser>, Failure> {
        let browser = Browser::new(&self.entity_id, self.name, address, &self.trusted);
        browser.map(Arc::new)
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
    pub(super) async fn spread(&self) -> Result<String, Failure> {
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
}

/// A number in what a command says.
fn number(said: &Value, place: &str) -> Option<u64> {
    said.pointer(place)?.as_u64()
}

/// Waits for `condition`; after a while that is a failure.
pub(super) async fn until(mut condition: impl AsyncFnMut() -> bool) -> Result<(), Failure> {
    let wait = async {
        while !condition().await {
            tokio::time::sleep(PACE).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, wait).await;
    waited.map_err(|_| Failure::because("it did not happen within three minutes"))
}

/// The name at the beginning.
pub(super) const FIRST: &str = "localhost";
/// The name that comes after it.
pub(super) const SECOND: &str = "sso.localhost";
/// Who administers the domain.
pub(super) const ALICE: &str = "alice@example.com";
pub(super) const PASSWORD: &str = "for this demonstration only";
pub(super) const SERVE: &[&str] = &["serve"];
/// Of an administrator, which takes a server some work.
const BETWEEN_SIGN_INS: Duration = Duration::from_secs(1);
const PACE: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_mins(3);
