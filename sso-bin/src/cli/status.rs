//! `sso-connect status`: asks a running server how it is.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use url::Url;

use super::domain::notice;
use super::{Context, pinned, sync, to_json};
use crate::args::{Output, StatusArgs};
use crate::control::{Client, HubReport, RefusedConfiguration, Report};
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::{Failure, Trouble, root_cause};
use crate::local_settings::LocalSettings;
use crate::status::{State, Status};
use crate::{address, settings, tls};

pub(super) async fn run(context: &Context, args: &StatusArgs) -> Result<(), Failure> {
    let dir = context.dir()?;
    let found = match args.server {
        Some(server) => ping(&dir, server).await,
        None => ask(&dir).await,
    };
    let (said, silent) = match found {
        Ok(said) => (said, None),
        Err(silent) => (stopped(&dir, &silent), Some(silent)),
    };
    context.print(&match args.output {
        Output::Json => to_json(&said)?,
        Output::Text => to_text(context, &said),
    })?;
    match (silent, said.status.status) {
        (Some(silent), _) => Err(silent),
        (None, State::Running) => Ok(()),
        (None, other) => Err(Failure::because(format!("the server is {other}"))),
    }
}

/// What the command prints: the words of `/ping`, and what only the control channel tells.
#[derive(Debug, Serialize)]
struct Said {
    #[serde(flatten)]
    status: Status,
    remedy: Option<String>,
    version: Option<String>,
    base_url: Option<String>,
    refused: Option<RefusedConfiguration>,
    domain: Option<HubReport>,
}

/// The running server by its control channel, else as a browser would.
async fn ask(dir: &DataDir) -> Result<Said, Failure> {
    match Client::find(dir).await? {
        Some(client) => Ok(of_report(client.report().await?)),
        None if DomainSettings::load(dir)?.is_some() => Err(not_running(dir)),
        None => ping(dir, reachable(LocalSettings::load(dir)?.listen())).await,
    }
}

fn of_report(report: Report) -> Said {
    let sync = report.hub.as_ref().map(|hub| hub.sync.phase.clone());
    let mut status = Status::new(report.refused.is_some(), report.status, report.reason);
    status.sync_revision = report.revision;
    status.sync = sync.unwrap_or(status.sync);
    Said {
        status,
        remedy: report.remedy,
        version: Some(report.version),
        base_url: Some(report.base_url),
        refused: report.refused,
        domain: report.hub,
    }
}

fn not_running(dir: &DataDir) -> Failure {
    let root = dir.root().display();
    Failure::domain(
        Trouble::Unreachable,
        format!("no server runs on {root}"),
        format!("systemctl start sso-connect, or: sso-connect serve --data-dir {root}"),
    )
}

/// Nobody can sign in where no server runs. If a setting of this machine is in the way, that is
/// the reason.
fn stopped(dir: &DataDir, silent: &Failure) -> Said {
    let local = LocalSettings::load(dir).map_err(Failure::from);
    let address = |local: LocalSettings| {
        let any_port = SocketAddr::new(local.listen().ip(), 0);
        address::bind(any_port).map(drop).map_err(Failure::from)
    };
    let in_the_way = local.and_then(address).err();
    let reason = in_the_way.as_ref().unwrap_or(silent);
    let status = Status::new(false, State::Stopped, Some(reason.to_string()));
    Said {
        status: Status {
            configuration: UNKNOWN.into(),
            sync: UNKNOWN.into(),
            ..status
        },
        remedy: reason.fix(),
        version: None,
        base_url: None,
        refused: None,
        domain: None,
    }
}

async fn ping(dir: &DataDir, server: SocketAddr) -> Result<Said, Failure> {
    Ok(Said {
        status: get_ping(dir, server).await?,
        remedy: None,
        version: None,
        base_url: None,
        refused: None,
        domain: None,
    })
}

/// Asks as a browser would, by the name in the base URL, but at this machine.
async fn get_ping(dir: &DataDir, server: SocketAddr) -> Result<Status, Failure> {
    let failed = |error: &dyn Error| {
        let detail = root_cause(error);
        Failure::domain(
            Trouble::Unreachable,
            format!("the server at {server} does not answer: {detail}"),
            format!(
                "see whether it runs (systemctl status sso-connect), or start it: sso-connect serve \
                 --data-dir {}",
                dir.root().display()
            ),
        )
    };
    let base = settings::base_url(dir)?;
    let mut url = Url::parse(&base).map_err(|error| failed(&error))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let _ = url.set_port(Some(server.port()));
    url.set_path("/ping");
    let client = client(dir, &host, server)?;
    let answer = client
        .get(url)
        .send()
        .await
        .map_err(|error| failed(&error))?;
    let body = answer.bytes().await.map_err(|error| failed(&error))?;
    serde_json::from_slice(&body).map_err(|error| failed(&error))
}

/// Trusts the server's own certificate and no other.
fn client(dir: &DataDir, host: &str, server: SocketAddr) -> Result<reqwest::Client, Failure> {
    let failed = |error: &dyn Error| Failure::because(format!("cannot ask: {error}"));
    let tls = pinned::client_config(tls::certificate(dir)?).map_err(|error| failed(&error))?;
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .resolve(host, server)
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .map_err(|error| failed(&error))
}

/// A server that listens on all addresses is asked at the loopback one.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn to_text(context: &Context, said: &Said) -> String {
    let status = &said.status;
    let domain = said.domain.as_ref();
    let refused = said.refused.as_ref();
    let rows = [
        ("status", Some(status.status.to_string())),
        ("reason", status.reason.clone()),
        ("to mend it", said.remedy.clone()),
        ("version", said.version.clone()),
        ("base URL", said.base_url.clone()),
        ("configuration", known(&status.configuration)),
        ("revision", status.sync_revision.map(|it| it.to_string())),
        (
            "refused",
            refused.map(|it| format!("revision {}: {}", it.revision, it.why)),
        ),
        (
            "domain",
            domain.map(|it| format!("{}, server {}", it.domain, it.server)),
        ),
        ("hub", domain.map(hub)),
        (
            "works with",
            domain.and_then(|it| Some(it.versions.as_ref()?.words())),
        ),
        ("sync", known(&status.sync)),
        (
            "users",
            domain.map(|it| indented(&sync::text(context, &it.sync))),
        ),
        (
            "deletion",
            domain.and_then(|it| {
                let deletion = it.deletion.as_ref()?;
                Some(indented(&notice::text(context, &it.domain, deletion)))
            }),
        ),
        ("keys", domain.map(|it| it.keys.protection.clone())),
        ("note", domain.and_then(|it| it.keys.warning.clone())),
    ];
    rows.into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<13}  {}\n", value?)))
        .collect()
}

fn hub(report: &HubReport) -> String {
    let version = report.versions.as_ref().and_then(|it| it.hub.as_ref());
    let version = version.map(|it| format!(", version {it}"));
    format!("{}{}", report.url, version.unwrap_or_default())
}

/// Nothing, if no server was there to say it.
fn known(word: &str) -> Option<String> {
    (word != UNKNOWN).then(|| word.to_owned())
}

/// Further lines stand below the first.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n               ")
}

const UNKNOWN: &str = "Unknown";
const PATIENCE: Duration = Duration::from_secs(10);
