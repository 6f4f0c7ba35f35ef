//! `sso-connect hub serve`: runs the hub.

use std::io;
use std::net::{SocketAddr, TcpListener};

use super::super::print;
use crate::data_dir::DataDir;
use crate::failure::Failure;
use crate::hub::args::HubServeArgs;
use crate::hub::settings::{Inspection, Settings};
use crate::hub::{self, HubError, Listeners, Running, wiring};
use crate::shutdown::{Signal, Signals};
use crate::supervisor::Supervised;
use crate::{address, telemetry};

pub(super) async fn run(
    dir: &DataDir,
    settings: &Settings,
    args: &HubServeArgs,
) -> Result<(), Failure> {
    telemetry::start(args.log_format.unwrap_or(settings.log_format));
    let supervised = Supervised::of_process();
    let work = serve(dir, settings, args, &supervised);
    supervised.beside(work).await
}

async fn serve(
    dir: &DataDir,
    settings: &Settings,
    args: &HubServeArgs,
    supervised: &Supervised,
) -> Result<(), Failure> {
    if args.new_database {
        wiring::create_database(dir, settings)?;
    }
    let mut signals = Signals::listen().map_err(not_started)?;
    let listeners = Listeners {
        public: listen(args.listen.unwrap_or(settings.listen), "listen")?,
        inspection: inspection(settings)?,
    };
    let running = hub::start(dir, settings, listeners).await?;
    supervised.ready(running.check());
    say_where(&running)?;
    while supervised.next_wish(&mut signals).await == Signal::Reload {
        supervised.reload(running.reload()).await;
    }
    tracing::info!("shutting down");
    supervised.stopping(running.longest_stop());
    tokio::select! {
        stopped = running.stop() => stopped,
        () = next_stop(supervised, &mut signals) => Ok(()),
    }
}

fn say_where(running: &Running) -> Result<(), Failure> {
    let address = running.address();
    print(&format!("listening on https://{address}\n"))?;
    let (address, version) = (address.to_string(), crate::version::version());
    tracing::info!(version, address = address.as_str(), "listening");
    if let Some(inspection) = running.inspection_address() {
        tracing::info!(address = inspection.to_string().as_str(), "inspection");
    }
    Ok(())
}

fn inspection(settings: &Settings) -> Result<Option<TcpListener>, Failure> {
    match settings.inspection {
        Inspection::At(address) => Ok(Some(listen(address, "inspection")?)),
        Inspection::Off => Ok(None),
    }
}

fn listen(address: SocketAddr, setting: &'static str) -> Result<TcpListener, HubError> {
    address::bind(address).map_err(|source| HubError::Address { source, setting })
}

/// A second signal to stop means: at once.
async fn next_stop(supervised: &Supervised, signals: &mut Signals) {
    while supervised.next_wish(signals).await == Signal::Reload {}
    tracing::warn!("ending at once");
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn not_started(error: io::Error) -> Failure {
    Failure::because(format!("the hub cannot run: {error}"))
}
