//! `sso-connect drain`: lets the running server leave without a failed request.

use std::time::Duration;

use super::{Context, to_json};
use crate::args::{DrainArgs, Output};
use crate::control::{Client, DrainPhase, DrainReport};
use crate::data_dir::DataDir;
use crate::domain::DomainSettings;
use crate::failure::Failure;
use crate::local_settings::LocalSettings;

pub(super) async fn run(context: &Context, args: &DrainArgs) -> Result<(), Failure> {
    let dir = context.dir()?;
    if DomainSettings::load(&dir)?.is_none() {
        return Err(Failure::refused(
            "this server belongs to no domain: there is no other one that could go on",
            "set drain_seconds in local.toml, then: systemctl stop sso-connect",
        ));
    }
    let client = Client::open(&dir)?;
    let report = begin(&client, &dir, args.notice).await?;
    let report = match args.wait {
        true => follow(context, &client, &dir).await?,
        false => report,
    };
    context.print(&match args.output {
        Output::Json => to_json(&report)?,
        Output::Text => said(&report),
    })
}

/// Lets the server begin to leave.
pub(super) async fn begin(
    client: &Client,
    dir: &DataDir,
    notice: Option<Duration>,
) -> Result<DrainReport, Failure> {
    let own = match LocalSettings::load(dir)?.drain() {
        Duration::ZERO => DEFAULT_NOTICE,
        own => own,
    };
    client.drain(notice.unwrap_or(own)).await
}

/// Tells how far the server is until it has ended; its last word.
pub(super) async fn follow(
    context: &Context,
    client: &Client,
    dir: &DataDir,
) -> Result<DrainReport, Failure> {
    let mut shown = DrainPhase::Serving;
    loop {
        let report = client.draining().await?;
        if report.phase != shown {
            shown = report.phase;
            context.terminal.remark(&step(&report));
        }
        if report.phase == DrainPhase::Ended {
            gone(client, dir).await?;
            return Ok(report);
        }
        tokio::time::sleep(PACE).await;
    }
}

/// Waits until the program has taken its `control.json` away.
async fn gone(client: &Client, dir: &DataDir) -> Result<(), Failure> {
    let wait = async {
        while client.is_current(dir) {
            tokio::time::sleep(PACE).await;
        }
    };
    let waited = tokio::time::timeout(LONGEST_END, wait).await;
    waited.map_err(|_| {
        Failure::refused(
            "the server has finished everything, and does not end",
            "systemctl status sso-connect",
        )
    })
}

/// What the server does now.
fn step(report: &DrainReport) -> String {
    let DrainReport { left, .. } = report;
    match report.phase {
        DrainPhase::Ended => "Ended.".into(),
        DrainPhase::Finishing => format!(
            "Finishing {}, {left} s at most; load balancers were told {} to send nobody here.",
            count(report.under_way, "request"),
            count(report.told, "time"),
        ),
        DrainPhase::HandingOver => format!(
            "Handing {} to the hub, {left} s at most.",
            count(report.waiting, "change"),
        ),
        DrainPhase::Leaving => format!(
            "Leaving: /readyz answers 503, and everybody who comes is served for {left} s more.",
        ),
        DrainPhase::Serving => "Serving.".into(),
    }
}

/// What the command has to say in the end.
fn said(report: &DrainReport) -> String {
    match (report.phase, report.waiting) {
        (DrainPhase::Ended, 0) => {
            "The server has ended. Nothing was cut off, and nothing waits.\n".into()
        }
        (DrainPhase::Ended, waiting) => format!(
            "The server has ended. {} for the hub wait on its disk until it runs again.\n",
            count(waiting, "change")
        ),
        _ => format!(
            "{}\nTo see it end: sso-connect drain --wait\n",
            step(report)
        ),
    }
}

fn count(number: u64, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// For load balancers that ask every few seconds and want to hear it twice.
const DEFAULT_NOTICE: Duration = Duration::from_secs(10);

const PACE: Duration = Duration::from_millis(100);

/// More than closing the files takes.
const LONGEST_END: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_the_hub_is_said_in_the_end() {
        let report = |waiting| DrainReport {
            phase: DrainPhase::Ended,
            left: 0,
            told: 2,
            under_way: 0,
            waiting,
        };
        insta::assert_snapshot!(said(&report(0)), @"The server has ended. Nothing was cut off, and nothing waits.");
        insta::assert_snapshot!(said(&report(2)), @"The server has ended. 2 changes for the hub wait on its disk until it runs again.");
    }
}
