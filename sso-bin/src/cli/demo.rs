//! `sso-connect demo`: a first look.

use super::print;
use crate::args::DemoArgs;
use crate::demo::Demo;
use crate::failure::Failure;
use crate::shutdown::{Signal, Signals};
use crate::telemetry::{self, LogFormat};

pub(super) async fn run(args: &DemoArgs) -> Result<(), Failure> {
    let mut signals = Signals::listen()
        .map_err(|error| Failure::because(format!("cannot listen for signals: {error}")))?;
    let demo = Demo::start(args.listen).await?;
    print(&demo.introduction())?;
    // Only now, so that what the server says of its own start does not bury the addresses.
    telemetry::start(LogFormat::default());
    while signals.next().await == Signal::Reload {}
    tokio::select! {
        stopped = demo.stop() => stopped,
        // A second signal means: at once.
        _ = signals.next() => Ok(()),
    }
}
