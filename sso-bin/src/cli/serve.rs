//! `sso-connect serve`: runs the server.

use std::sync::Arc;
use std::time::Duration;

use super::place::Place;
use super::running::{self, Running, not_started};
use super::{halted, print};
use crate::args::ServeArgs;
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;
use crate::shutdown::{Signal, Signals};
use crate::status::State;
use crate::supervisor::Supervised;
use crate::telemetry;

pub(super) async fn run(dir: &DataDir, args: &ServeArgs) -> Result<(), Failure> {
    let local = LocalSettings::load(dir)?;
    telemetry::start(args.log_format.unwrap_or(local.log_format));
    let supervised = Supervised::of_process();
    let work = serve(dir, &local, args, &supervised);
    supervised.beside(work).await
}

async fn serve(
    dir: &DataDir,
    local: &LocalSettings,
    args: &ServeArgs,
    supervised: &Supervised,
) -> Result<(), Failure> {
    let domain = DomainSettings::load(dir)?;
    if !args.new_database && domain.is_none() {
        dir.expect_database()?;
    }
    let mut wishes = Wishes::listen(supervised)?;
    let start = start_when_readable(dir, local, domain, args, supervised);
    let running = tokio::select! {
        running = start => running?,
        () = wishes.next_stop() => return Ok(()),
    };
    supervised.ready(running.check());
    let end = end(&running, &mut wishes).await?;
    tracing::info!("shutting down");
    let notice = match end {
        End::Ordered(notice) => notice,
        End::Signal => local.drain(),
    };
    supervised.stopping(running.longest_stop(notice));
    let impatient = async {
        if let End::Ordered(_) = end {
            // Whoever stops the unit now wants the same, and no request cut off.
            wishes.next_stop().await;
        }
        wishes.next_stop().await;
        tracing::warn!("ending at once");
    };
    tokio::select! {
        stopped = running.stop(notice) => stopped,
        () = impatient => Ok(()),
    }
}

/// Starts the server; if a newer program wrote a file that this one cannot read, it waits until that is
/// otherwise, and says so.
async fn start_when_readable(
    dir: &DataDir,
    local: &LocalSettings,
    domain: Option<DomainSettings>,
    args: &ServeArgs,
    supervised: &Supervised,
) -> Result<Running, Failure> {
    loop {
        let place = Place::of(dir, local, args)?;
        let before = halted::Files::of(dir);
        match running::start_as(dir, local, domain.clone(), place, supervised).await {
            Err(failure) if failure.is_newer_file() => {
                supervised.waits(&format!("{}: {failure}", State::Stopped));
                halted::wait(dir, &before, &failure).await?;
            }
            started => return started,
        }
    }
}

/// Why a server leaves.
#[derive(Clone, Copy)]
enum End {
    /// `sso-connect drain`, with the time that it gives.
    Ordered(Duration),
    /// The operating system.
    Signal,
}

/// Goes on until there is a reason to leave.
async fn end(running: &Running, wishes: &mut Wishes<'_>) -> Result<End, Failure> {
    let drain = Arc::clone(running.drain());
    let mut shut = running.shut();
    shut.mark_changed();
    loop {
        tokio::select! {
            Ok(()) = shut.changed() => {
                tell(running, shut.borrow_and_update().is_none())?;
                wishes.supervised.look();
            }
            notice = drain.ordered() => return Ok(End::Ordered(notice)),
            signal = wishes.next() => match signal {
                Signal::Reload => wishes.supervised.reload(async { running.reload() }).await,
                Signal::Stop => return Ok(End::Signal),
            },
        }
    }
}

/// Says whenever the public address opens; that it is shut stands in the log and in the status.
fn tell(running: &Running, is_open: bool) -> Result<(), Failure> {
    if !is_open {
        return Ok(());
    }
    let address = running.address();
    let version = crate::version::version();
    tracing::info!(version, address = address.to_string().as_str(), "listening");
    print(&format!("listening on https://{address}\n"))
}

/// What the operating system and the supervisor ask for.
struct Wishes<'a> {
    signals: Signals,
    supervised: &'a Supervised,
}

impl<'a> Wishes<'a> {
    fn listen(supervised: &'a Supervised) -> Result<Self, Failure> {
        let signals = Signals::listen().map_err(not_started)?;
        Ok(Self {
            signals,
            supervised,
        })
    }

    async fn next(&mut self) -> Signal {
        self.supervised.next_wish(&mut self.signals).await
    }

    async fn next_stop(&mut self) {
        while self.next().await == Signal::Reload {}
    }
}
