//! `sso-connect hub status`: asks the running hub of this machine how it is.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use http::StatusCode;

use super::super::print;
use crate::failure::{Failure, Trouble, root_cause};
use crate::hub::settings::{Inspection, Settings};

pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let Inspection::At(address) = settings.inspection else {
        return Err(Failure::refused(
            "the hub answers its operator nowhere",
            "set `inspection` in hub.toml to an address of this machine, and start the hub again",
        ));
    };
    let (code, said) = ask(address)
        .await
        .map_err(|error| silent(address, &error))?;
    match code {
        StatusCode::OK => print("Running\n"),
        _ => Err(Failure::because(format!("Stopped: {}", said.trim_end()))),
    }
}

async fn ask(address: SocketAddr) -> reqwest::Result<(StatusCode, String)> {
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let health = format!("http://{address}/health");
    let answer = client.build()?.get(health).send().await?;
    Ok((answer.status(), answer.text().await?))
}

fn silent(address: SocketAddr, error: &dyn Error) -> Failure {
    let cause = root_cause(error);
    Failure::domain(
        Trouble::Unreachable,
        format!("the hub does not answer at {address}: {cause}"),
        "see whether it runs: systemctl status sso-connect-hub",
    )
}

/// More than the hub waits for its storage.
const PATIENCE: Duration = Duration::from_secs(10);
