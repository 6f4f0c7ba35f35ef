//! `sso-connect status`: asks a running server how it is.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::Client;
use url::Url;

use super::{pinned, print};
use crate::args::{Output, StatusArgs};
use crate::data_dir::DataDir;
use crate::failure::{Failure, root_cause};
use crate::local_settings::LocalSettings;
use crate::status::{State, Status};
use crate::{settings, tls};

pub(super) async fn run(dir: &DataDir, args: &StatusArgs) -> Result<(), Failure> {
    let server = match args.server {
        Some(server) => server,
        None => reachable(LocalSettings::load(dir)?.listen()),
    };
    let status = ask(dir, server).await?;
    match args.output {
        Output::Json => print(&format!("{}\n", to_json(&status)?))?,
        Output::Text => print(&to_text(&status))?,
    }
    match status.status {
        State::Running => Ok(()),
        other => Err(Failure::because(format!("the server is {other}"))),
    }
}

/// Asks as a browser would, by the name in the base URL, but at this machine.
async fn ask(dir: &DataDir, server: SocketAddr) -> Result<Status, Failure> {
    let failed = |error: &dyn Error| {
        let detail = root_cause(error);
        Failure::refused(
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
fn client(dir: &DataDir, host: &str, server: SocketAddr) -> Result<Client, Failure> {
    let failed = |error: &dyn Error| Failure::because(format!("cannot ask: {error}"));
    let tls = pinned::client_config(tls::certificate(dir)?).map_err(|error| failed(&error))?;
    Client::builder()
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

fn to_json(status: &Status) -> Result<String, Failure> {
    serde_json::to_string(status).map_err(|error| Failure::because(error.to_string()))
}

fn to_text(status: &Status) -> String {
    let reason = status
        .reason
        .as_ref()
        .map(|reason| format!("  ({reason})"))
        .unwrap_or_default();
    format!(
        "status         {}{reason}\nconfiguration  {}\nsync           {}\n",
        status.status, status.configuration, status.sync
    )
}

const PATIENCE: Duration = Duration::from_secs(10);
